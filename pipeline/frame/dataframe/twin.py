"""Two columns of one name. Inside a frame each column has a key of its own: the first of a name is keyed by the name
itself, each further one by a `Twin`, which prints as the name. So whatever goes column by column needs not know.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

__all__ = ["Twin", "keyed", "keys_of", "label_of"]


class Twin:
    """The key of the second, third, … column named `label`; `number` counts from 1."""

    __slots__ = ("label", "number")

    def __init__(self, label: Hashable, number: int) -> None:
        self.label = label
        self.number = number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Twin) and (self.label, self.number) == (other.label, other.number)

    def __hash__(self) -> int:
        return hash((Twin, self.label, self.number))

    def __repr__(self) -> str:
        return repr(self.label)

    def __str__(self) -> str:
        return str(self.label)


def label_of(key: Any) -> Any:
    """The name of a column, by its key."""
    return key.label if isinstance(key, Twin) else key


def keyed(labels: Iterable[Any]) -> list[Hashable]:
    """A key for each column name, in order."""
    names = [label_of(label) for label in labels]
    if len(set(names)) == len(names):
        return names
    seen: dict[Any, int] = {}
    keys: list[Hashable] = []
    for name in names:
        number = seen.get(name, 0)
        keys.append(Twin(name, number) if number else name)
        seen[name] = number + 1
    return keys


def keys_of(label: Any, columns: Mapping[Hashable, Any]) -> list[Hashable]:
    """The keys of all columns of one name; none when there is no such column."""
    if label not in columns:
        return []
    if Twin(label, 1) not in columns:
        return [label]
    return [key for key in columns if label_of(key) == label]
