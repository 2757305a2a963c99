"""Params: the typed, bounded, documented keywords of a node type or of a graph."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from types import SimpleNamespace, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pipeline.errors import did_you_mean
from pipeline.model.scalar import plain, read_scalar, shown, type_name

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["REQUIRED", "DeclaredParam", "Param", "ParamFault", "ParamSet", "Values"]


class _Required:
    """The default of a param that has none."""

    def __repr__(self) -> str:
        return "required"


REQUIRED = _Required()


class Values(SimpleNamespace):
    """Checked params by name, as `warmup` functions get them: `lambda p: p.period - 1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of a numeric param; None leaves a side open."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def given(self) -> dict[str, Any]:
        """The limits that are set, by name."""
        named = {"ge": self.ge, "gt": self.gt, "le": self.le, "lt": self.lt}
        return {name: value for name, value in named.items() if value is not None}

    def allow(self, value: Any) -> bool:
        """True when a number lies within the limits."""
        return not (
            (self.ge is not None and not value >= self.ge)
            or (self.gt is not None and not value > self.gt)
            or (self.le is not None and not value <= self.le)
            or (self.lt is not None and not value < self.lt)
        )


class Param:
    """What an author says of a param: a description (it must say something) and bounds."""

    __slots__ = ("bounds", "description")

    def __init__(
        self,
        description: str,
        *,
        ge: float | None = None,
        gt: float | None = None,
        le: float | None = None,
        lt: float | None = None,
    ) -> None:
        self.description = description
        self.bounds = Bounds(ge=ge, gt=gt, le=le, lt=lt)


@dataclass(frozen=True, slots=True)
class DeclaredParam:
    """A param of a node type or graph: its name, Python type, default and what the author said."""

    name: str
    type: Any
    default: Any
    param: Param

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def problem(self) -> str:
        """Why no value, or not the default, could ever be taken; "" when all is well.

        Said here by hand, not by pydantic, because declaring must cost nothing.
        """
        if not _known(self.type):
            return f"has the type {type_name(self.type)}, which a graph file cannot write"
        bounds = self.param.bounds
        if bounds.given() and not _numeric(self.type):
            return f"is {type_name(self.type)}: only numbers have bounds"
        low = [limit for limit in (bounds.ge, bounds.gt) if limit is not None]
        high = [limit for limit in (bounds.le, bounds.lt) if limit is not None]
        if low and high and max(low) > min(high):
            return f"allows nothing: {self.describe_range()}"
        if self.required or (self.default is None and type(None) in get_args(self.type)):
            return ""
        if not _fits(self.default, self.type):
            return f"takes {type_name(self.type)}, but its default is {shown(self.default)}"
        if not bounds.allow(self.default):
            return f"allows {self.describe_range()}, but its default is {shown(self.default)}"
        return ""

    def describe_range(self) -> str:
        """The allowed values in a few words, "" when unbounded: `2 … 200`, `> 0`, `a | b`."""
        bounds = self.param.bounds.given()
        if get_origin(self.type) is Literal:
            return " | ".join(map(plain, get_args(self.type)))
        if "ge" in bounds and "le" in bounds:
            return f"{bounds['ge']} … {bounds['le']}"
        signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
        return ", ".join(f"{signs[name]} {value}" for name, value in bounds.items())


@dataclass(frozen=True, slots=True)
class ParamFault:
    """Why a value was refused: the code, the param it is about, a message and a hint."""

    code: str
    name: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class ParamSet:
    """The params of one node type or graph. Checking is strict: an int stays an int, True is no 1."""

    params: tuple[DeclaredParam, ...] = ()

    def __iter__(self) -> Iterator[DeclaredParam]:
        return iter(self.params)

    def __len__(self) -> int:
        return len(self.params)

    def get(self, name: str) -> DeclaredParam | None:
        """The param called `name`, if there is one."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, DeclaredParam]:
        return {param.name: param for param in self.params}

    @cached_property
    def model(self) -> type[BaseModel]:
        """The pydantic model: strict, closed, frozen. Also the source of JSON Schema."""
        # imported here because pydantic takes 0.3 s and declaring nodes must cost nothing
        from pydantic import ConfigDict, Field, create_model

        fields: dict[str, Any] = {}
        for param in self.params:
            info = Field(
                ... if param.required else param.default,
                alias=param.name,
                description=param.param.description,
                **param.param.bounds.given(),
            )
            # a field may not be called `copy` or `_x`; a param may: outside, the alias is the name
            fields[f"param_{param.name}"] = (Annotated[param.type, info], ... if param.required else param.default)
        config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)
        return create_model("Params", __config__=config, **fields)

    def check(self, given: Mapping[str, Any], *, owner: str) -> tuple[dict[str, Any], list[ParamFault]]:
        """Checked values with defaults filled in, in declaration order, and every fault found.

        A str is read as the declared type says (see `scalar`); any other value must be of that type
        already. `owner` names the node type or graph in messages.
        """
        faults: list[ParamFault] = []
        typed: dict[str, Any] = {}
        for name, value in given.items():
            declared = self._by_name.get(name)
            if declared is None:
                hint = did_you_mean(name, self._by_name, otherwise=self._known())
                faults.append(ParamFault("TG221", name, f"{owner} has no param {name!r}", hint))
                continue
            try:
                typed[name] = _read(value, declared.type)
            except ValueError as error:
                faults.append(ParamFault("TG222", name, f"param {name!r} of {owner}: {error}"))
        missing = [p.name for p in self.params if p.required and p.name not in given]
        faults += [
            ParamFault("TG224", name, f"{owner} needs the param {name!r}", f"Add `{name}: …` under `with`.")
            for name in missing
        ]
        checked, found = self._validate(typed, owner, {fault.name for fault in faults})
        return checked, faults + found

    def _validate(self, typed: dict[str, Any], owner: str, said: set[str]) -> tuple[dict[str, Any], list[ParamFault]]:
        """Checked values, and the faults of params of which nothing was `said` yet."""
        if not self.params:
            return {}, []
        from pydantic import ValidationError  # see `model`

        try:
            checked = self.model.model_validate(typed)
        except ValidationError as error:
            return typed, [self._fault(item, owner) for item in error.errors() if str(item["loc"][0]) not in said]
        return {param.name: getattr(checked, f"param_{param.name}") for param in self.params}, []

    def _fault(self, item: Any, owner: str) -> ParamFault:
        name = str(item["loc"][0])
        declared = self._by_name[name]
        said = declared.param.description
        hint = said if said != name else ""  # a graph param without description
        ranged = item["type"] in {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "literal_error"}
        if ranged:
            message = f"param {name!r} of {owner} is {shown(item['input'])}, allowed: {declared.describe_range()}"
            return ParamFault("TG223", name, message, hint)
        message = f"param {name!r} of {owner} takes {type_name(declared.type)}, got {shown(item['input'])}"
        return ParamFault("TG222", name, message, hint)

    def _known(self) -> str:
        return "It takes: " + ", ".join(self._by_name) + "." if self.params else "It takes no params."


_SCALARS = frozenset({int, float, bool, str, dt.date, dt.datetime, dt.time, dt.timedelta})


def _options(declared: Any) -> tuple[Any, ...]:
    """The types of a union without None, or the one type itself."""
    if get_origin(declared) not in (Union, UnionType):
        return (declared,)
    return tuple(inner for inner in get_args(declared) if inner is not type(None))


def _known(declared: Any) -> bool:
    if get_origin(declared) in (list, tuple):
        return _known(get_args(declared)[0])
    return all(inner in _SCALARS or get_origin(inner) is Literal for inner in _options(declared))


def _numeric(declared: Any) -> bool:
    return set(_options(declared)) <= {int, float}


def _fits(value: Any, declared: Any) -> bool:
    """True when a default is of the declared type; True is no 1, but 1 is a number."""
    if get_origin(declared) is Literal:
        return any(type(value) is type(option) and value == option for option in get_args(declared))
    if get_origin(declared) in (list, tuple):
        return type(value) is get_origin(declared) and all(_fits(item, get_args(declared)[0]) for item in value)
    if get_origin(declared) in (Union, UnionType):
        return any(_fits(value, inner) for inner in _options(declared))
    if declared is float and type(value) in (int, float):
        return isfinite(value)
    return type(value) is declared


def _read(value: Any, declared: Any) -> Any:
    if get_origin(declared) in (list, tuple) and isinstance(value, list | tuple):
        inner = get_args(declared)[0]
        return get_origin(declared)(_read(item, inner) for item in value)
    return read_scalar(value, declared) if isinstance(value, str) and declared is not str else value
