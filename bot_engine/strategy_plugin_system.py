"""The abstract classes of plugins, where the guide says that they are."""

from pipeline.plugins.contract import IndicatorPlugin, StrategyPlugin

__all__ = ["IndicatorPlugin", "StrategyPlugin"]
