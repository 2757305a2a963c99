"""The plugin guide's Python API: the manager of a project's plugins, and its functions without an object."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from bot_engine.indicator_manager import IndicatorManager
from bot_engine.strategy_factory import StrategyFactory
from pipeline.errors import TradegraphError
from pipeline.plugins.install import install, write_template
from pipeline.plugins.overview import overview
from pipeline.plugins.system import PluginSystem
from pipeline.settings import Project
from pipeline.store.events import EventJournal

__all__ = [
    "PluginManagerIntegration",
    "calculate_indicator",
    "create_strategy",
    "get_available_indicators",
    "get_available_strategies",
    "get_plugin_manager",
    "get_system_overview",
    "install_plugin",
]


class PluginManagerIntegration:
    """The plugins of one project, by default that of the working directory (or of TRADEGRAPH_PROJECT).

    Raises SettingsError TG002 where there is no project. Every function of this module is a method, too.
    """

    def __init__(self, project: str | Path | None = None) -> None:
        opened = Project.nearest() if project is None else Project.open(Path(project))
        self._journal = EventJournal(opened.private)
        self.system = PluginSystem(opened, self._journal)
        atexit.register(self.flush)

    @cached_property
    def strategy_factory(self) -> StrategyFactory:
        """Makes strategies."""
        return StrategyFactory(self.system)

    @cached_property
    def indicator_manager(self) -> IndicatorManager:
        """Calculates indicators."""
        return IndicatorManager(self.system)

    def create_strategy(self, strategy_name: str, **kwargs: Any) -> Any:
        """A strategy by its id, with these parameters. Raises PluginError TG201, ParameterError."""
        return self.strategy_factory.create_strategy(strategy_name, **kwargs)

    def calculate_indicator(self, indicator_name: str, data: Any, **kwargs: Any) -> Any:
        """What an indicator gives for `data`, in the kind of `data`. Raises PluginError TG201, ParameterError."""
        return self.indicator_manager.calculate_indicator(indicator_name, data, **kwargs)

    def get_available_strategies(self) -> dict[str, dict[str, Any]]:
        """Strategies by id, each with its name, description, version, author, parameters and file."""
        return self.strategy_factory.get_available_strategies()

    def get_available_indicators(self) -> dict[str, dict[str, Any]]:
        """Indicators by id, each with its name, description, version, author, parameters and file."""
        return self.indicator_manager.get_available_indicators()

    def install_plugin(self, plugin_file: str | Path) -> str | None:
        """Copy a plugin file into the project and load it; gives its id. None when it is refused: the log says why."""
        try:
            return install(self.system, Path(plugin_file))
        except TradegraphError:  # it stands in the log, with file, line, reason and hint
            return None

    def create_custom_strategy_template(self, name: str) -> Path:
        """Write a strategy plugin to begin with, its page and its test; gives its file. Raises PluginError TG416."""
        return write_template(self.system, "strategy", name)

    def create_custom_indicator_template(self, name: str) -> Path:
        """Write an indicator plugin to begin with, its page and its test; gives its file. Raises PluginError TG416."""
        return write_template(self.system, "indicator", name)

    def get_system_overview(self) -> dict[str, Any]:
        """What there is: plugins, refused files, settings, and how long calls took since this manager was made."""
        return overview(self.system)

    def reload(self) -> None:
        """Load settings and plugins anew."""
        self.system.reload()

    def flush(self) -> None:
        """Put what was noted of plugins and their calls into the project's database. Also done when Python ends."""
        if self._journal.write():
            # duckdb takes 0.2 s to import: only who has something to tell waits for it
            from pipeline.store.publish import publish

            project = self.system.project
            try:
                publish(project.database, project.private)
            except TradegraphError as error:
                self.system.failed(error)


_managers: dict[Path, PluginManagerIntegration] = {}


def get_plugin_manager() -> PluginManagerIntegration:
    """The manager of the project of the working directory (or of TRADEGRAPH_PROJECT); one per project and process."""
    root = Project.nearest().root
    if root not in _managers:
        _managers[root] = PluginManagerIntegration(root)
    return _managers[root]


def create_strategy(strategy_name: str, **kwargs: Any) -> Any:
    """A strategy by its id, with these parameters. Raises PluginError TG201, ParameterError."""
    return get_plugin_manager().create_strategy(strategy_name, **kwargs)


def calculate_indicator(indicator_name: str, data: Any, **kwargs: Any) -> Any:
    """What an indicator gives for `data`, in the kind of `data`. Raises PluginError TG201, ParameterError."""
    return get_plugin_manager().calculate_indicator(indicator_name, data, **kwargs)


def get_available_strategies() -> Mapping[str, dict[str, Any]]:
    """Strategies by id, each with its name, description, version, author, parameters and file."""
    return get_plugin_manager().get_available_strategies()


def get_available_indicators() -> Mapping[str, dict[str, Any]]:
    """Indicators by id, each with its name, description, version, author, parameters and file."""
    return get_plugin_manager().get_available_indicators()


def install_plugin(plugin_file: str | Path) -> str | None:
    """Copy a plugin file into the project and load it; gives its id. None when it is refused: the log says why."""
    return get_plugin_manager().install_plugin(plugin_file)


def get_system_overview() -> dict[str, Any]:
    """What there is: plugins, refused files, settings, and how long calls took."""
    return get_plugin_manager().get_system_overview()
