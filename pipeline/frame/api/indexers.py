"""``pandas.api.indexers``: where windows begin and end, said by an author."""

from pipeline.frame.windows.bounded import BaseIndexer, FixedForwardWindowIndexer, VariableOffsetWindowIndexer

__all__ = ["BaseIndexer", "FixedForwardWindowIndexer", "VariableOffsetWindowIndexer"]
