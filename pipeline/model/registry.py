"""The registry: an immutable snapshot of id → NodeType."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from pipeline.errors import Fault, PluginError
from pipeline.model.node import NodeType

__all__ = ["Registry"]


class Registry:
    """Node types by id, and the faults of files that could not be loaded. Never changes; build a new one."""

    __slots__ = ("_contested", "_refused", "_types")

    def __init__(
        self,
        types: Iterable[NodeType] = (),
        *,
        refused: Iterable[Fault] = (),
        contested: Mapping[str, str] | None = None,
    ) -> None:
        found: dict[str, NodeType] = {}
        for node in types:
            if node.id in found:
                first = found[node.id]
                raise PluginError(
                    f"the id {node.id!r} is declared twice: in {first.origin} and in {node.origin}", code="TG404"
                )
            found[node.id] = node
        self._types: Mapping[str, NodeType] = MappingProxyType(dict(sorted(found.items())))
        self._refused: tuple[Fault, ...] = tuple(refused)
        self._contested: Mapping[str, str] = MappingProxyType(dict(contested or {}))

    @property
    def refused(self) -> tuple[Fault, ...]:
        """Why files could not be loaded."""
        return self._refused

    @property
    def contested(self) -> Mapping[str, str]:
        """Ids that another file claims as well: id → the file that was refused for it."""
        return self._contested

    def get(self, type_id: str) -> NodeType | None:
        """The node type with this id, if there is one."""
        return self._types.get(type_id)

    def __getitem__(self, type_id: str) -> NodeType:
        return self._types[type_id]

    def __contains__(self, type_id: object) -> bool:
        return type_id in self._types

    def __iter__(self) -> Iterator[NodeType]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, sorted."""
        return tuple(self._types)
