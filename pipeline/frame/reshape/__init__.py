"""Frames put together and turned around: ``merge``, ``concat``, ``pivot``, ``melt``, ``cut``, ``set_index``."""
