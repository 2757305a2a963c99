"""Node types: declared computations, and the decorators that declare them.

The signature is the declaration. Before the star: ports, which YAML wires. After the star: params,
which YAML sets. The return annotation: the outputs (a NamedTuple of kinds for several). Nothing
registers itself; a declaration is a value, collected by whoever loads the file.

Four styles, told apart by `style=`:

- ``expression`` (the default): ports are polars expressions, the result is one (or a tuple of them).
- ``kernel``: ports are float64 arrays of ONE symbol (NaN where missing), the result is an array of the
  same length (or a tuple); numba compiles it on first use.
- ``frame``: ports are pandas-like frames or series of one symbol; the style of the guide's plugins.
- ``table``: ports arrive as one polars frame (symbol, ts, a column per port) of all symbols; the result
  is a polars frame with rows of its own, for metrics, trades and other tables.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, get_args, get_origin, overload

from pipeline.errors import PluginError
from pipeline.model.kind import EVENT, NUMBER, SIGNAL, WEIGHT, Dtype, Kind, Same
from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet, Values

__all__ = ["NodeType", "Output", "Port", "Warmup", "indicator", "portfolio", "strategy"]

Style: TypeAlias = Literal["expression", "kernel", "frame", "table"]
Scope: TypeAlias = Literal["symbol", "cross-section"]
Category: TypeAlias = Literal["indicator", "strategy", "portfolio"]
Warmup: TypeAlias = int | Callable[[Any], int]

ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
SINGLE_OUTPUT = "value"
"""The name of a node's only output; its column in SQL has this name too."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input of a node type. An optional port that is not wired is given as None."""

    name: str
    kind: Kind | Same
    optional: bool = False

    @property
    def takes(self) -> Kind:
        """The widest kind that may be wired here."""
        return self.kind if isinstance(self.kind, Kind) else NUMBER


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a node type."""

    name: str
    kind: Kind | Same


@dataclass(frozen=True, eq=False)
class NodeType:
    """A declared computation. Immutable; `code` is the digest of its source, "" until it is loaded.

    `warmup` is the number of leading rows of a symbol whose output is null because the window is not
    full; `recursive` says that a value depends on the whole history before it. Calling a NodeType
    checks the params and calls the function, without any graph.
    """

    id: str
    category: Category
    style: Style
    scope: Scope
    ports: tuple[Port, ...]
    outputs: tuple[Output, ...]
    params: ParamSet
    fn: Callable[..., Any] = field(repr=False)
    warmup: Warmup = 0
    recursive: bool = False
    doc: str = field(default="", repr=False)
    code: str = ""
    origin: str = ""

    def __call__(self, *ports: Any, **params: Any) -> Any:
        checked, faults = self.params.check(params, owner=self.id)
        if faults:
            raise PluginError(faults[0].message, code=faults[0].code, hint=faults[0].hint)
        return self.fn(*ports, **checked)

    @property
    def ranged(self) -> bool:
        """True for nodes that keep or summarise an account: they see the asked range only."""
        return self.category == "portfolio"

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.doc.strip().partition("\n")[0]

    def port(self, name: str) -> Port | None:
        """The port called `name`, if there is one."""
        return next((port for port in self.ports if port.name == name), None)

    def warmup_of(self, params: Mapping[str, Any]) -> int:
        """Leading rows of a symbol that are null for these params."""
        return self.warmup if isinstance(self.warmup, int) else int(self.warmup(Values(**params)))

    def columns(self, kinds: Mapping[str, Kind]) -> tuple[tuple[str, Dtype], ...]:
        """The columns that the outputs take, for the output kinds that a graph resolved.

        A column kind is one column; a bundle is one per field, named by the field alone when it is the
        only output; a table has none.
        """
        found: list[tuple[str, Dtype]] = []
        for output in self.outputs:
            kind = kinds[output.name]
            if kind.dtype == "bundle":
                prefix = "" if len(self.outputs) == 1 else f"{output.name}_"
                found += [(prefix + name, inner.dtype) for name, inner in kind.fields]
            elif kind.on_axis:
                found.append((output.name, kind.dtype))
        return tuple(found)

    def loaded(self, *, code: str, origin: str) -> NodeType:
        """The type as loaded from a file: with its code digest and where it comes from."""
        return replace(self, code=code, origin=origin)


Declaration: TypeAlias = Callable[[Callable[..., Any]], NodeType]


def _decorator(category: Category, extra: str) -> Any:
    @overload
    def declare(fn: Callable[..., Any], /) -> NodeType: ...
    @overload
    def declare(
        *,
        id: str | None = None,
        style: Style = "expression",
        scope: Scope = "symbol",
        warmup: Warmup = 0,
        recursive: bool = False,
    ) -> Declaration: ...
    def declare(
        fn: Callable[..., Any] | None = None,
        /,
        *,
        id: str | None = None,  # noqa: A002
        style: Style = "expression",
        scope: Scope = "symbol",
        warmup: Warmup = 0,
        recursive: bool = False,
    ) -> NodeType | Declaration:
        def bind(function: Callable[..., Any]) -> NodeType:
            ports, params, outputs = read_signature(function)
            node = NodeType(
                id=id or function.__name__,
                category=category,
                style=style,
                scope=scope,
                ports=ports,
                outputs=outputs,
                params=params,
                fn=function,
                warmup=warmup,
                recursive=recursive,
                doc=inspect.getdoc(function) or "",
            )
            _check_declaration(node)
            return node

        return bind if fn is None else bind(fn)

    declare.__doc__ = f"""Declare a node type of the category {category}. {extra}

    Bare (``@{category}``) or with options: `id` when it is not the function's name, `style`, `scope`
    ("cross-section" sees all symbols at once), `warmup` (rows, or a function of the checked params) and
    `recursive` (a value depends on all history before it).

    Raises PluginError TG405 when the declaration is not well formed: a port or output without a kind, a
    param without a description or type, no docstring.
    """
    declare.__name__ = declare.__qualname__ = category
    return declare


indicator = _decorator("indicator", "Columns in, columns out.")
strategy = _decorator("strategy", "The output is an event, a signal or a target weight.")
portfolio = _decorator("portfolio", "It keeps or summarises an account and sees the asked range only.")


def read_signature(fn: Callable[..., Any]) -> tuple[tuple[Port, ...], ParamSet, tuple[Output, ...]]:
    """Ports, params and outputs as the signature of `fn` declares them. Raises PluginError TG405."""
    name = fn.__name__
    try:
        hints = typing.get_type_hints(fn, include_extras=True)
    except NameError as error:
        raise _declaration(name, f"an annotation names something unknown: {error}") from error
    ports: list[Port] = []
    params: list[DeclaredParam] = []
    for arg in inspect.signature(fn).parameters.values():
        if arg.kind is arg.KEYWORD_ONLY:
            params.append(_param(name, arg, hints.get(arg.name)))
        elif arg.kind in (arg.POSITIONAL_ONLY, arg.POSITIONAL_OR_KEYWORD):
            ports.append(_port(name, arg, hints.get(arg.name)))
        else:
            raise _declaration(name, f"*{arg.name}: ports and params are named one by one")
    return tuple(ports), ParamSet(tuple(params)), _outputs(name, hints.get("return"))


def _kind_in(hint: Any) -> Kind | Same | None:
    found = next((item for item in getattr(hint, "__metadata__", ()) if isinstance(item, Kind | Same)), None)
    if found is None:  # Annotated[...] | None
        found = next((kind for arg in get_args(hint) if (kind := _kind_in(arg)) is not None), None)
    return found


def _port(owner: str, arg: inspect.Parameter, hint: Any) -> Port:
    kind = _kind_in(hint)
    if kind is None:
        raise _declaration(owner, f"port {arg.name!r} has no kind", "Annotate it: `close: Price`, `x: Number`.")
    if arg.default is not arg.empty and arg.default is not None:
        raise _declaration(
            owner, f"port {arg.name!r} has a default", "Optional ports default to None; put params behind `*`."
        )
    return Port(arg.name, kind, optional=arg.default is None)


def _param(owner: str, arg: inspect.Parameter, hint: Any) -> DeclaredParam:
    said = next((item for item in getattr(hint, "__metadata__", ()) if isinstance(item, Param)), None)
    if said is None or not said.description.strip():
        example = f'{arg.name}: Annotated[int, Param("What it does", ge=1)] = 14'
        raise _declaration(owner, f"param {arg.name!r} has no description", f"Write `{example}`.")
    default = REQUIRED if arg.default is arg.empty else arg.default
    return DeclaredParam(arg.name, get_args(hint)[0], default, said)


def _outputs(owner: str, hint: Any) -> tuple[Output, ...]:
    kind = _kind_in(hint) if get_origin(hint) is not None or hasattr(hint, "__metadata__") else None
    if kind is not None:
        return (Output(SINGLE_OUTPUT, kind),)
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        fields = typing.get_type_hints(hint, include_extras=True)
        outputs = [(name, _kind_in(fields[name])) for name in hint._fields]
        bare = [name for name, kind in outputs if kind is None]
        if not bare:
            return tuple(Output(name, kind) for name, kind in outputs if kind is not None)
        raise _declaration(owner, f"output {bare[0]!r} has no kind", "Annotate each field of the NamedTuple.")
    raise _declaration(owner, "the return annotation names no kind", "Write `-> Percent`, or a NamedTuple of kinds.")


def _check_declaration(node: NodeType) -> None:
    if not ID.fullmatch(node.id):
        raise _declaration(node.id, "an id is lower case letters, digits and _", "Rename the function or give `id=`.")
    if not node.doc:
        raise _declaration(node.id, "it has no docstring", "Say in one sentence what it means.")
    if not any(not port.optional for port in node.ports):
        raise _declaration(node.id, "it has no required port", "A node is a function from columns to columns.")
    kinds = [output.kind for output in node.outputs]
    if node.category == "strategy" and any(kind not in (EVENT, SIGNAL, WEIGHT) for kind in kinds):
        raise _declaration(
            node.id, "a strategy gives an event, a signal or a weight", "Use @indicator for other kinds."
        )
    for kind in kinds:
        on_axis = isinstance(kind, Same) or kind.on_axis
        if on_axis == (node.style == "table"):
            expected = "a table kind" if node.style == "table" else "a kind on the axis"
            raise _declaration(node.id, f"style {node.style!r} gives {expected}, not {kind}")
    if node.style == "table" and len(kinds) > 1:
        raise _declaration(node.id, "a table node has one output", "Declare one node per table.")


def _declaration(owner: str, problem: str, hint: str = "") -> PluginError:
    return PluginError(f"node type {owner!r}: {problem}", code="TG405", hint=hint)
