"""Switching plugins off and on: `disabled_plugins` in plugin_config.json, edited in its place."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

from pipeline.errors import PluginError, SettingsError, did_you_mean
from pipeline.plugins.system import PluginSystem
from pipeline.settings import CONFIG_NAME, read_settings

__all__ = ["switch"]

_KEY = "disabled_plugins"
_lock = threading.Lock()


def switch(system: PluginSystem, plugin_id: str, *, on: bool) -> bool:
    """Switch a plugin of the project on or off; False when it was so already.

    Graphs that use a plugin that is off cannot run (TG820); what it computed stays. Raises PluginError TG201 for an id
    that nobody has, TG416 for one that ships, SettingsError when plugin_config.json cannot be changed.
    """
    with _lock:
        found = system.current()
        off = system.settings.disabled_plugins
        names = {name for record in found.records if record.origin != "shipped" for name in record.ids}
        if plugin_id in found.registry and plugin_id not in names:
            hint = "Only plugins of the project can be switched off."
            raise PluginError(f"{plugin_id!r} ships with tradegraph", code="TG416", hint=hint)
        if plugin_id not in names and plugin_id not in off:
            hint = did_you_mean(plugin_id, {*names, *off}, otherwise="`tradegraph plugin list` shows what there is.")
            raise PluginError(f"there is no plugin {plugin_id!r}", code="TG201", hint=hint)
        if (plugin_id in off) != on:
            return False
        wanted = [name for name in off if name != plugin_id] if on else [*off, plugin_id]
        _write(system, wanted)
        system.reload()
        return True


def _write(system: PluginSystem, names: list[str]) -> None:
    """Put the names into the file; every other key stays as it is, in its place."""
    path = system.project.root / CONFIG_NAME
    read_settings(path)  # a faulty file is not written over
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    content[_KEY] = names
    if not names:
        del content[_KEY]
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SettingsError(f"cannot write {path}: {error.strerror}", code="TG010") from error
