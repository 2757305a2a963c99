"""What can be said of a project's plugins: one by one, and all together."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline.errors import PluginError, did_you_mean
from pipeline.model.scalar import type_name
from pipeline.plugins.discover import Discovery
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.log import LOG_FILE
from pipeline.plugins.system import PluginSystem

__all__ = ["described", "find_plugin", "information", "overview"]


def find_plugin(found: Discovery, plugin_id: str, kind: str = "") -> GuidePlugin:
    """The plugin of the guide with this id. Raises PluginError TG201, with the reason where its file was refused."""
    plugin = found.plugins.get(plugin_id)
    if plugin is not None and plugin.kind == (kind or plugin.kind):
        return plugin
    if plugin is not None:
        call = "create_strategy" if plugin.kind == "strategy" else "calculate_indicator"
        raise PluginError(f"{plugin_id!r} is a plugin of type {plugin.kind}", code="TG201", hint=f"Use {call}.")
    refused = next((r for r in found.records if r.fault and plugin_id in (*r.ids, _stem(r.path))), None)
    if refused is not None and refused.fault is not None:
        fault = refused.fault
        said = fault.message.removeprefix(f"{_stem(refused.path)}: ")
        raise PluginError(
            f"the plugin {plugin_id!r} was refused: {said}",
            code=fault.code,
            place=fault.place,
            hint=fault.hint,
        )
    if plugin_id in found.registry:
        hint = "It is a node type for graphs: `{use: " + plugin_id + "}`."
        raise PluginError(f"{plugin_id!r} is no plugin of the guide's kind", code="TG201", hint=hint)
    names = [known.id for known in found.plugins.values() if known.kind == (kind or known.kind)]
    hint = did_you_mean(plugin_id, names, otherwise="`tradegraph plugin list` shows what there is.")
    raise PluginError(f"there is no {kind or 'plugin'} {plugin_id!r}", code="TG201", hint=hint)


def described(found: Discovery, kind: str) -> dict[str, dict[str, Any]]:
    """The plugins of a kind by id, with what they say of themselves."""
    return {name: information(found, plugin) for name, plugin in found.plugins.items() if plugin.kind == kind}


def information(found: Discovery, plugin: GuidePlugin) -> dict[str, Any]:
    """What a plugin says of itself, its params as they are checked, and what became of its file."""
    metadata, node = plugin.metadata, found.registry[plugin.id]
    record = next((record for record in found.records if plugin.id in record.ids), None)
    return {
        **{name: value for name, value in metadata.given.items() if name != "parameters"},
        "parameters": {
            param.name: {
                "type": type_name(param.type),
                "default": None if param.required else param.default,
                "min": param.param.bounds.ge,
                "max": param.param.bounds.le,
                "range": param.describe_range(),
                "description": param.param.description,
            }
            for param in plugin.params
        },
        "inputs": dict(metadata.inputs),
        "outputs": [output.name for output in node.outputs],
        "dependencies": list(plugin.requirements),
        "dataframe": "pandas" if plugin.real else "adapter",
        "file": plugin.path,
        "code": node.code,
        "signature": record.signature if record else "",
        "status": record.status if record else "loaded",
    }


def overview(system: PluginSystem) -> dict[str, Any]:
    """Plugins, refused files, settings and timings of a project, as plain data."""
    found = system.current()
    mine = [record for record in found.records if record.origin != "shipped"]
    kinds = Counter(plugin.kind for plugin in found.plugins.values())
    return {
        "project": str(system.project.root),
        "strategies": sorted(name for name, plugin in found.plugins.items() if plugin.kind == "strategy"),
        "indicators": sorted(name for name, plugin in found.plugins.items() if plugin.kind == "indicator"),
        "total_strategies": kinds["strategy"],
        "total_indicators": kinds["indicator"],
        "node_types": len(found.registry),
        "files": len(mine),
        "refused": [
            {
                "file": record.path,
                "line": record.fault.place.line if record.fault and record.fault.place else None,
                "code": record.fault.code if record.fault else "",
                "reason": record.reason,
                "hint": record.fault.hint if record.fault else "",
                "kept": record.status == "kept",
            }
            for record in mine
            if record.status != "loaded"
        ],
        "plugin_directories": [str(folder) for folder in system.project.plugin_directories],
        "log": str(system.project.root / LOG_FILE),
        "settings": system.settings.model_dump(exclude={"schema_file"}),
        "performance": system.monitor.summary(),
    }


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")
