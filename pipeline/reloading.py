"""Plugins that are loaded again while nobody asks.

with Reloading(engine.plugins):
    ...  # `engine.registry` is that of the files as they were saved last
"""

from __future__ import annotations

import threading
from typing import Self

from pipeline.plugins.lock import LOCK_NAME
from pipeline.plugins.system import PluginSystem
from pipeline.settings import CONFIG_NAME
from pipeline.watch import EventSource, Place, Watcher

__all__ = ["Reloading", "plugin_places"]


def plugin_places(plugins: PluginSystem) -> tuple[Place, ...]:
    """The files that plugins are made of, the settings that say where they are, the lock that says which may run."""
    homes = (Place(folder, (".py", ".sig")) for folder in plugins.homes)
    return (Place(plugins.project.root / CONFIG_NAME), Place(plugins.project.root / LOCK_NAME), *homes)


class Reloading:
    """While it is open, plugins are loaded again as soon as their files are saved, in a thread of its own.

    A plugin system looks at its files when it is asked; this is for those who want to be told: by the log, by
    `plugin_events` in SQL, and by a registry that is there already when they ask. A run that goes on keeps the node
    types that it began with. Where `auto_reload` is off, nothing is loaded.
    """

    def __init__(self, plugins: PluginSystem, *, observer: EventSource | None = None) -> None:
        self._plugins = plugins
        plugins.expect()
        plugins.current()
        self._watcher = Watcher(plugin_places(plugins), observer=observer)
        self._thread = threading.Thread(target=self._run, name="tradegraph-reload", daemon=True)
        self._looked = threading.Condition()
        self._count = 0

    def __enter__(self) -> Self:
        self._watcher.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watcher.close()
        self._thread.join()
        self._watcher.__exit__()

    def wait(self, count: int = 1, timeout: float | None = None) -> bool:
        """Wait until changes were taken in so many times; False when `timeout` seconds are over first."""
        with self._looked:
            return self._looked.wait_for(lambda: self._count >= count, timeout)

    def _run(self) -> None:
        while self._watcher.wait():
            if self._plugins.reloads:
                self._plugins.reload()
                self._watcher.watch(plugin_places(self._plugins))
            with self._looked:
                self._count += 1
                self._looked.notify_all()
