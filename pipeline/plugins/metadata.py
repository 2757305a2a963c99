"""What a plugin of the guide says of itself in `get_metadata`, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import PluginError
from pipeline.model.declare import ID
from pipeline.plugins.printable import printable

__all__ = ["Metadata", "read_metadata"]

_TEXTS = ("id", "name", "version", "author", "description", "type")
_LONGEST = 2_000
_RESERVED = frozenset({"timestamp", "open", "high", "low", "close", "volume", "bars"})


@dataclass(frozen=True)
class Metadata:
    """The metadata of one plugin. `outputs` is empty when an indicator does not name them; `inputs` are columns that
    it wants beside those of the bars, by name with a description; `given` is the whole as the plugin wrote it.
    """

    id: str
    name: str
    version: str
    author: str
    description: str
    type: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)


def read_metadata(given: object, kind: str, owner: str) -> Metadata:
    """The metadata that the plugin class `owner`, a strategy or indicator, gave. Raises PluginError TG403."""
    if not isinstance(given, dict):
        raise _wrong(f"{owner}.get_metadata() gave {type(given).__name__}, expected a dict")
    missing = [key for key in _TEXTS if not isinstance(given.get(key), str)]
    if missing:
        raise _wrong(f"the metadata of {owner} lacks {', '.join(missing)}", "Each is a text; the guide shows all six.")
    unfit = [key for key in _TEXTS if printable(given[key], _LONGEST) != given[key]]
    if unfit:
        hint = f"Leave out control characters, and keep to {_LONGEST} characters."
        raise _wrong(f"the {unfit[0]} of {owner} cannot be shown: {given[unfit[0]][:40]!r}", hint)
    if given["type"] != kind:
        raise _wrong(f"{owner} is a {kind}, its metadata says type {given['type']!r}")
    if not ID.fullmatch(given["id"]):
        raise _wrong(f"the id {given['id']!r} is not lower case letters, digits and _")
    parameters = given.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        raise _wrong(f"the metadata's parameters are a {type(parameters).__name__}, expected a dict")
    texts = {key: given[key] for key in _TEXTS}
    outputs = tuple(_names(given.get("outputs"), "outputs"))
    return Metadata(**texts, parameters=parameters, outputs=outputs, inputs=_inputs(given.get("inputs")), given=given)


def _inputs(listed: object) -> dict[str, str]:
    named = listed if isinstance(listed, Mapping) else dict.fromkeys(_names(listed, "inputs"), "")
    for name in named:
        if not (isinstance(name, str) and ID.fullmatch(name)) or name in _RESERVED:
            hint = "Lower-case letters, digits and _; the columns of the bars are there anyway."
            raise _wrong(f"the input {name!r} cannot be called so", hint)
    return {name: str(said or name) for name, said in named.items()}


def _names(listed: object, what: str) -> list[str]:
    if listed is None:
        return []
    if not isinstance(listed, list | tuple | dict) or not all(isinstance(name, str) for name in listed):
        raise _wrong(f"the metadata's {what} are {listed!r}, expected a list of names")
    return list(listed)


def _wrong(message: str, hint: str = "") -> PluginError:
    return PluginError(message, code="TG403", hint=hint)
