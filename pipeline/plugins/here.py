"""Plugins in this process, for who asks for their objects: a strategy instance, a profile, a replay.

Everything else leaves their code to workers.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from pipeline.errors import PluginError
from pipeline.model.captured import Captured
from pipeline.model.node import NodeType
from pipeline.plugins.describe import Absent
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.load import Loaded, Loader

__all__ = ["plugin_here", "type_here"]

_MOST = 64
_loaded: OrderedDict[str, Loaded] = OrderedDict()


def plugin_here(plugin: GuidePlugin) -> GuidePlugin:
    """The plugin with its classes. Runs its file in this process; raises PluginError."""
    if plugin.home is None:
        return plugin
    return next(found for found in _load(plugin.home).plugins if found.id == plugin.id)


def type_here(node: NodeType) -> NodeType:
    """The node type with its function. Runs its file in this process; raises PluginError."""
    if node.captured is None or not isinstance(node.fn, Absent):
        return node
    found = next((found for found in _load(node.captured).types if found.id == node.id), None)
    if found is None:
        raise PluginError(f"{node.id!r} is not declared by {node.origin}", code="TG406")
    return replace(found, code=node.code, captured=node.captured)


def _load(captured: Captured) -> Loaded:
    """The file, run once as long as it is one of the last few."""
    found = _loaded.get(captured.digest)
    if found is None:
        found = _loaded[captured.digest] = Loader(captured=captured).load(captured.path, captured.root)
    _loaded.move_to_end(captured.digest)
    while len(_loaded) > _MOST:
        _loaded.popitem(last=False)
    return found
