"""Which node types are meant by ids and patterns."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from pipeline.errors import PluginError, did_you_mean
from pipeline.model.node import NodeType
from pipeline.model.registry import Registry

__all__ = ["types_named"]


def types_named(registry: Registry, names: Sequence[str]) -> list[NodeType]:
    """Node types by id or pattern (`talib.*`), each once; all when none is named. Raises PluginError TG201."""
    found: dict[str, NodeType] = {}
    for name in names or ("*",):
        matching = [node for node in registry if fnmatchcase(node.id, name)]
        if not matching:
            hint = did_you_mean(name, registry.ids, otherwise="`tradegraph nodes list` shows them all.")
            raise PluginError(f"no node type {name!r}", code="TG201", hint=hint)
        found.update({node.id: node for node in matching})
    return list(found.values())
