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
from typing import Any, Protocol, cast, get_args, get_origin, overload

from pipeline.errors import PluginError
from pipeline.model.kind import AXIS, EVENT, SIGNAL, WEIGHT, Kind, Same
from pipeline.model.node import SINGLE_OUTPUT, Category, NodeType, Output, Port, Scope, Style, Warmup
from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet

__all__ = ["ID", "indicator", "portfolio", "read_signature", "strategy"]

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
    ) -> NodeType | Callable[[Callable[..., Any]], NodeType]:
        def bind(function: Callable[..., Any]) -> NodeType:
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
                doc=inspect.getdoc(function) or "",
            )
            _check_declaration(node)
            return node

        return bind if fn is None else bind(fn)

    declare.__doc__ = f"""Declare a node type of the category {category}. {extra}

    Bare (``@{category}``) or with options: `id` when it is not the function's name, `style` (see
    `pipeline.model.node`), `scope` ("cross-section" sees all symbols at once), `warmup` (rows, or a function
    of the checked params) and `recursive` (a value depends on all history before it).

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
    except NameError as error:
        raise _declaration(name, f"an annotation names something unknown: {error}") from error
    ports: list[Port] = []
    params: list[DeclaredParam] = []
    arguments = list(inspect.signature(fn).parameters.values())
    if style == "table":
        if not arguments or AXIS not in getattr(hints.get(arguments[0].name), "__metadata__", ()):
            raise _declaration(
                name, "a table node gets its axis first", f"Write `def {name}(axis: Axis, close: Price, …)`."
            )
        del arguments[0]
    for arg in arguments:
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
