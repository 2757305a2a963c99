"""The guide's indicator manager: indicators of a project by id."""

from __future__ import annotations

from typing import Any

from pipeline.plugins.instance import calculate_indicator
from pipeline.plugins.overview import described, find_plugin
from pipeline.plugins.system import PluginSystem

__all__ = ["IndicatorManager"]


class IndicatorManager:
    """Calculates indicators of plugins."""

    def __init__(self, system: PluginSystem) -> None:
        self._system = system

    def get_available_indicators(self) -> dict[str, dict[str, Any]]:
        """Indicators by id, each with its name, description, version, author, parameters and file."""
        return described(self._system.current(), "indicator")

    def calculate_indicator(self, indicator_name: str, data: Any, **kwargs: Any) -> Any:
        """What an indicator gives for `data`, in the kind of `data`. Raises PluginError TG201, ParameterError."""
        plugin = find_plugin(self._system.current(), indicator_name, "indicator")
        self._system.check_here(plugin)
        return calculate_indicator(plugin, data, kwargs, self._system.monitor, self._system.settings.plugin_timeout)
