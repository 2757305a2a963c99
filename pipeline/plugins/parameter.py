"""Params of the guide's plugins: declared in the metadata, bounded by the strategy, or found in the code."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Literal

from pipeline.errors import PluginError
from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet
from pipeline.plugins.keyword import Keywords
from pipeline.plugins.metadata import Metadata

__all__ = ["found_defaults", "params_of"]

_TYPES: dict[Any, Any] = {
    int: int,
    float: float,
    bool: bool,
    str: str,
    "int": int,
    "integer": int,
    "float": float,
    "number": float,
    "bool": bool,
    "boolean": bool,
    "str": str,
    "string": str,
    "choice": str,
    "select": str,
}


def params_of(metadata: Metadata, found: Mapping[str, Any], bounds: object, origin: str) -> ParamSet:
    """The declared params, then those that were `found` in the code; limits of `get_parameter_bounds` apply too.

    Raises PluginError TG403 for a declaration that no value could satisfy.
    """
    limits = _limits(bounds, origin)
    declared = [_declared(name, said, limits.get(name, {}), origin) for name, said in metadata.parameters.items()]
    known = {param.name for param in declared}
    for name, default in found.items():
        if name in known or type(default) not in (int, float, bool, str):
            continue
        said = {"type": type(default), "default": default, "description": f"{name} (not described by the plugin)"}
        declared.append(_declared(name, said, limits.get(name, {}), origin))
    return ParamSet(tuple(declared))


def found_defaults(made: type[Any], instance: object, keywords: Keywords) -> dict[str, Any]:
    """Names and defaults in the constructor's signature, in what it reads of its keywords, and in `get_parameters`."""
    found: dict[str, Any] = {}
    for arg in inspect.signature(made).parameters.values():
        if arg.kind in (arg.POSITIONAL_OR_KEYWORD, arg.KEYWORD_ONLY) and arg.default is not arg.empty:
            found[arg.name] = arg.default
    found.update({name: default for name, default in keywords.names.items() if default is not None})
    if hasattr(instance, "get_parameters"):
        told = instance.get_parameters()
        found.update(told if isinstance(told, Mapping) else {})
    return found


def _limits(bounds: object, origin: str) -> dict[str, dict[str, Any]]:
    """`get_parameter_bounds` as min and max by name: it may give dicts, or pairs."""
    if not bounds:
        return {}
    if not isinstance(bounds, Mapping):
        raise _wrong(f"get_parameter_bounds gave {type(bounds).__name__}, expected a dict", origin)
    found: dict[str, dict[str, Any]] = {}
    for name, said in bounds.items():
        if isinstance(said, list | tuple) and len(said) == 2:
            said = {"min": said[0], "max": said[1]}
        if not isinstance(said, Mapping):
            raise _wrong(f"the bounds of {name!r} are {said!r}, expected a dict with min and max", origin)
        found[str(name)] = dict(said)
    return found


def _declared(name: str, said: Any, limits: Mapping[str, Any], origin: str) -> DeclaredParam:
    wanted = said.get("type") if isinstance(said, Mapping) else None
    kind = _TYPES.get(wanted) if isinstance(wanted, str | type) else None
    if kind is None:
        got = said.get("type") if isinstance(said, Mapping) else said
        raise PluginError(
            f"parameter {name!r} has the type {got!r}", code="TG403", hint=f"Use int, float, bool or str ({origin})."
        )
    default = said.get("default", REQUIRED)
    numbers = [said.get("min"), said.get("max"), limits.get("min"), limits.get("max")]
    odd = [bound for bound in numbers if bound is not None and type(bound) not in (int, float)]
    if odd:
        raise PluginError(f"parameter {name!r} has the bound {odd[0]!r}, expected a number", code="TG403")
    if kind is float and type(default) is int:
        default = float(default)
    lows, highs = [[n for n in pair if n is not None] for pair in (numbers[0::2], numbers[1::2])]
    bounds = {"ge": max(lows, default=None), "le": min(highs, default=None)}
    options = said.get("options") or limits.get("options")
    if options:
        kind, bounds = Literal[tuple(_options(name, options, kind, origin))], {}
    if default is None:  # as authors say that it may be left open
        kind = kind | None
    declared = DeclaredParam(name, kind, default, Param(str(said.get("description") or name), **bounds))
    if problem := declared.problem():
        raise _wrong(f"parameter {name!r} {problem}", origin)
    return declared


def _options(name: str, options: object, kind: type[Any], origin: str) -> list[Any]:
    """The options of a param, each of its type; whole numbers do where floats are declared."""
    if not isinstance(options, list | tuple | set | frozenset):
        raise _wrong(f"the options of {name!r} are {options!r}, expected a list", origin)
    listed = sorted(options, key=repr) if isinstance(options, set | frozenset) else options
    found = [float(item) if kind is float and type(item) is int else item for item in listed]
    odd = [item for item in found if type(item) is not kind]
    if odd:
        raise _wrong(f"parameter {name!r} is {kind.__name__}, its option {odd[0]!r} is not", origin)
    return found


def _wrong(message: str, origin: str) -> PluginError:
    return PluginError(message, code="TG403", hint=f"In {origin}.")
