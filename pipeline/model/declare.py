"""The decorators that declare node types.

The signature is the declaration. Before the star: ports, which YAML wires. After the star: params,
which YAML sets. The return annotation: the outputs (a NamedTuple of kinds for several). Nothing
registers itself; a declaration is a value, collected by whoever loads the file.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable
from types import UnionType
from typing import Any, Protocol, Union, cast, get_args, get_origin, overload

from pipeline.errors import Place, PluginError, did_you_mean
from pipeline.model.kind import ANYTHING, AXIS, EVENT, METRICS, SIGNAL, WEIGHT, Kind, Same
from pipeline.model.node import (
    SINGLE_OUTPUT,
    Category,
    Caution,
    Cells,
    NodeType,
    Output,
    Port,
    RowMaker,
    Scope,
    Style,
    Warmup,
)
from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet

__all__ = ["ID", "TAKEN", "check_declaration", "indicator", "portfolio", "read_signature", "strategy"]

TAKEN = frozenset({"run_id", "symbol", "ts"})
"""Columns that every node has in SQL."""

ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


class Declare(Protocol):
    """A decorator that is used bare or with options."""

    @overload
    def __call__(self, fn: Callable[..., Any], /) -> NodeType: ...
    @overload
    def __call__(
        self,
        *,
        id: str | None = None,
        style: Style = "expression",
        scope: Scope = "symbol",
        warmup: Warmup = 0,
        recursive: bool = False,
        caution: Caution | None = None,
        rows: str | RowMaker | None = None,
        cells: Cells | None = None,
    ) -> Callable[[Callable[..., Any]], NodeType]: ...


def _decorator(category: Category, extra: str) -> Declare:
    def declare(
        fn: Callable[..., Any] | None = None,
        /,
        *,
        id: str | None = None,  # noqa: A002 - the author's word
        style: Style = "expression",
        scope: Scope = "symbol",
        warmup: Warmup = 0,
        recursive: bool = False,
        caution: Caution | None = None,
        rows: str | RowMaker | None = None,
        cells: Cells | None = None,
    ) -> NodeType | Callable[[Callable[..., Any]], NodeType]:
        def bind(function: Callable[..., Any]) -> NodeType:
            if not inspect.isfunction(function):
                what = f"@{category} declares a function, got {type(function).__name__}"
                raise PluginError(what, code="TG405", hint=f"Write `@{category}` above a def.")
            try:
                ports, params, outputs = read_signature(function, style)
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
                    caution=caution,
                    rows=rows,
                    cells=cells,
                    doc=inspect.getdoc(function) or "",
                )
                check_declaration(node)
            except PluginError as error:
                code, fault = function.__code__, error.faults[0]
                place = Place(code.co_filename, code.co_firstlineno)
                raise PluginError(fault.message, code=fault.code, hint=fault.hint, place=place) from error.__cause__
            return node

        return bind if fn is None else bind(fn)

    declare.__doc__ = f"""Declare a node type of the category {category}. {extra}

    Bare (``@{category}``) or with options: `id` when it is not the function's name, `style` (see
    `pipeline.model.node`), `scope` ("cross-section" sees all symbols at once), `warmup` (rows, or a function
    of the checked params), `recursive` (a value depends on all history before it), `caution` (what to warn
    of, as a function of the checked params) and, for panel nodes alone, `rows` (the port whose rows the
    outputs have, or a function that makes rows of the first port's), and, for table nodes with metrics, `cells` (a
    function that gives the metrics of many calls at once, see NodeType).

    Raises PluginError TG405 when the declaration is not well formed: a port or output without a kind, a
    param without a description or type, no docstring.
    """
    declare.__name__ = declare.__qualname__ = category
    return cast("Declare", declare)


indicator = _decorator("indicator", "Columns in, columns out.")
strategy = _decorator("strategy", "The output is an event, a signal or a target weight.")
portfolio = _decorator("portfolio", "It keeps or summarises an account and sees the asked range only.")


def read_signature(fn: Callable[..., Any], style: Style) -> tuple[tuple[Port, ...], ParamSet, tuple[Output, ...]]:
    """Ports, params and outputs as the signature of `fn` declares them. Raises PluginError TG405."""
    name = fn.__name__
    try:
        hints = typing.get_type_hints(fn, include_extras=True)
    except Exception as error:  # an annotation is any code
        raise _unreadable(name, error) from error
    ports: list[Port] = []
    params: list[DeclaredParam] = []
    arguments = list(inspect.signature(fn).parameters.values())
    if style in ("table", "panel"):
        if not arguments or AXIS not in getattr(hints.get(arguments[0].name), "__metadata__", ()):
            raise _declaration(
                name, f"a {style} node gets its axis first", f"Write `def {name}(axis: Axis, close: Price, …)`."
            )
        del arguments[0]
    for arg in arguments:
        if arg.kind is arg.KEYWORD_ONLY:
            params.append(_param(name, arg, hints.get(arg.name)))
        elif arg.kind in (arg.POSITIONAL_ONLY, arg.POSITIONAL_OR_KEYWORD):
            ports.append(_port(name, arg, hints.get(arg.name)))
        else:
            raise _declaration(
                name, f"*{arg.name}: ports and params are named one by one", "A bare `*` parts ports from params."
            )
    return tuple(ports), ParamSet(tuple(params)), _outputs(name, hints.get("return"))


def _kind_in(hint: Any) -> Kind | Same | None:
    """The one kind that an annotation names, as `Price` or `Price | None`."""
    if get_origin(hint) in (Union, UnionType):
        inner = [arg for arg in get_args(hint) if arg is not type(None)]
        return _kind_in(inner[0]) if len(inner) == 1 else None
    return next((item for item in getattr(hint, "__metadata__", ()) if isinstance(item, Kind | Same)), None)


def _port(owner: str, arg: inspect.Parameter, hint: Any) -> Port:
    kind = _kind_in(hint)
    if kind is None:
        raise _declaration(owner, f"port {arg.name!r} has no kind", "Annotate it: `close: Price`, `x: Number`.")
    if arg.default is not arg.empty and arg.default is not None:
        raise _declaration(
            owner, f"port {arg.name!r} has a default", "Optional ports default to None; put params behind `*`."
        )
    if isinstance(kind, Kind) and not kind.on_axis:
        raise _declaration(owner, f"port {arg.name!r} takes {kind}", "Tables are for people; nodes take columns.")
    return Port(arg.name, kind, optional=arg.default is None)


def _param(owner: str, arg: inspect.Parameter, hint: Any) -> DeclaredParam:
    said = next((item for item in getattr(hint, "__metadata__", ()) if isinstance(item, Param)), None)
    if said is None or not said.description.strip():
        example = f'{arg.name}: Annotated[int, Param("What it does", ge=1)] = 14'
        raise _declaration(owner, f"param {arg.name!r} has no description", f"Write `{example}`.")
    default = REQUIRED if arg.default is arg.empty else arg.default
    kind = get_args(hint)[0]
    if kind is float and type(default) is int:
        default = float(default)  # 2 and 2.0 are two keys, and a kernel of int is no kernel of float
    declared = DeclaredParam(arg.name, kind, default, said)
    if problem := declared.problem():
        raise _declaration(owner, f"param {arg.name!r} {problem}", "Change its type, its bounds or its default.")
    return declared


def _outputs(owner: str, hint: Any) -> tuple[Output, ...]:
    kind = _kind_in(hint)
    if kind is not None:
        return (Output(SINGLE_OUTPUT, kind),)
    names: tuple[str, ...] = getattr(hint, "_fields", ())
    if isinstance(hint, type) and issubclass(hint, tuple) and names:
        try:
            fields = typing.get_type_hints(hint, include_extras=True)
        except Exception as error:  # an annotation is any code
            raise _unreadable(owner, error) from error
        outputs = [(name, _kind_in(fields.get(name))) for name in names]
        taken = [name for name in names if name in TAKEN]
        if taken:
            raise _declaration(
                owner, f"an output cannot be called {taken[0]!r}", "SQL has columns of this name already."
            )
        bare = [name for name, kind in outputs if kind is None]
        if not bare:
            return tuple(Output(name, kind) for name, kind in outputs if kind is not None)
        raise _declaration(owner, f"output {bare[0]!r} has no kind", "Annotate each field of the NamedTuple.")
    raise _declaration(owner, "the return annotation names no kind", "Write `-> Percent`, or a NamedTuple of kinds.")


def check_declaration(node: NodeType) -> None:
    """Refuse a type that is not well formed. Raises PluginError TG405."""
    if not ID.fullmatch(node.id):
        raise _declaration(node.id, "an id is lower case letters, digits and _", "Rename the function or give `id=`.")
    if not node.doc:
        raise _declaration(node.id, "it has no docstring", "Say in one sentence what it means.")
    if not any(not port.optional for port in node.ports):
        raise _declaration(node.id, "it has no required port", "A node is a function from columns to columns.")
    _check_options(node)
    kinds = [output.kind for output in node.outputs]
    required = [port.name for port in node.ports if not port.optional]
    for kind in kinds:
        if isinstance(kind, Same) and kind.port is not None and kind.port not in required:
            hint = did_you_mean(kind.port, required)
            raise _declaration(node.id, f"an output has the kind of {kind.port!r}, which is no required port", hint)
    if node.category == "strategy" and any(kind not in (EVENT, SIGNAL, WEIGHT) for kind in kinds):
        raise _declaration(
            node.id, "a strategy gives an event, a signal or a weight", "Use @indicator for other kinds."
        )
    if ANYTHING in kinds:
        raise _declaration(node.id, "an output is more than its rows", "Give a number, or bars.")
    tables = [kind for kind in kinds if isinstance(kind, Kind) and not kind.on_axis]
    if tables and node.style != "table":
        problem = f"style {node.style!r} gives a kind on the axis, not {tables[0]}"
        raise _declaration(node.id, problem, "Metrics and trades are `style='table'`.")
    if node.style == "table" and not tables:
        problem = f"style 'table' gives a table kind, not {kinds[0]}"
        raise _declaration(node.id, problem, "Columns alone are an expression, a kernel or a frame node.")
    if node.cells is not None and METRICS not in tables:
        raise _declaration(node.id, "`cells` gives metrics, and it has none", "Leave it out.")
    if tables and any(isinstance(kind, Kind) and kind.fields for kind in kinds):
        raise _declaration(node.id, "a table node gives columns one by one", "Give event and strength apart.")


def _check_options(node: NodeType) -> None:
    for name, value, alias in (("style", node.style, Style), ("scope", node.scope, Scope)):
        allowed = get_args(alias)
        if value not in allowed:
            hint = did_you_mean(str(value), allowed)
            raise _declaration(node.id, f"{name} is {value!r}, allowed: {' | '.join(allowed)}", hint)
    _check_rows(node)
    rows = node.warmup
    if not callable(rows) and (type(rows) is not int or rows < 0):
        raise _declaration(
            node.id, f"warmup is {rows!r}, expected a number of rows", "Write `warmup=13`, or `lambda p: p.period - 1`."
        )
    if not any(param.required for param in node.params):
        node.warmup_of({param.name: param.default for param in node.params})


def _check_rows(node: NodeType) -> None:
    if (node.rows is not None) != (node.style == "panel"):
        hint = 'Write `style="panel", rows="to"`: the outputs have the rows of the port `to`.'
        raise _declaration(node.id, "panel nodes, and they alone, say whose rows their outputs have", hint)
    required = [port.name for port in node.ports if not port.optional]
    if isinstance(node.rows, str) and node.rows not in required:
        problem = f"its rows are those of {node.rows!r}, which is no required port"
        raise _declaration(node.id, problem, did_you_mean(node.rows, required))
    if callable(node.rows) and node.ports[0].optional:
        raise _declaration(
            node.id, "its rows are made of its first port, which is optional", "Put a required one first."
        )
    unknown = [name for name in node.row_params if node.params.get(name) is None]
    if unknown:
        hint = did_you_mean(unknown[0], [param.name for param in node.params])
        raise _declaration(node.id, f"its rows depend on {unknown[0]!r}, which is no param", hint)


def _unreadable(owner: str, error: Exception) -> PluginError:
    return _declaration(
        owner, f"an annotation cannot be read: {type(error).__name__}: {error}", "Import what it names, or correct it."
    )


def _declaration(owner: str, problem: str, hint: str = "") -> PluginError:
    return PluginError(f"node type {owner!r}: {problem}", code="TG405", hint=hint)
