"""The base class of strategies, where the guide says that it is."""

from pipeline.plugins.contract import BaseStrategy

__all__ = ["BaseStrategy"]
