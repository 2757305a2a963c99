"""The part of ``pandas.api`` that indicator libraries import. May import pipeline.frame's own modules only."""

from pipeline.frame.api import extensions, indexers, types

__all__ = ["extensions", "indexers", "types"]
