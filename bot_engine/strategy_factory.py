"""The guide's strategy factory: strategies of a project by id."""

from __future__ import annotations

from typing import Any

from pipeline.plugins.instance import create_strategy
from pipeline.plugins.overview import described, find_plugin
from pipeline.plugins.system import PluginSystem

__all__ = ["StrategyFactory"]


class StrategyFactory:
    """Makes strategy objects of plugins."""

    def __init__(self, system: PluginSystem) -> None:
        self._system = system

    def get_available_strategies(self) -> dict[str, dict[str, Any]]:
        """Strategies by id, each with its name, description, version, author, parameters and file."""
        return described(self._system.current(), "strategy")

    def create_strategy(self, strategy_name: str, **kwargs: Any) -> Any:
        """A strategy by its id, with these parameters. Raises PluginError TG201, ParameterError."""
        plugin = find_plugin(self._system.current(), strategy_name, "strategy")
        self._system.check_here(plugin)
        return create_strategy(plugin, kwargs, self._system.monitor, self._system.settings.plugin_timeout)
