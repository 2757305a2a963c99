"""What a plugin file declares, as plain data: told by the worker that ran it, and read by an engine that never does.

Nothing that is told is believed: ids, kinds, params, bounds and metadata are checked again as declarations are, and
the digests of the code are worked out from the captured files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pipeline.errors import PluginError
from pipeline.execution.parcel import plain_value, typed
from pipeline.model.captured import Captured
from pipeline.model.declare import TAKEN, check_declaration
from pipeline.model.kind import BY_NAME, Kind, Same
from pipeline.model.node import NodeType, Output, Port
from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet
from pipeline.plugins.closure import CodeDigester
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.keyword import Keywords
from pipeline.plugins.load import Loaded, code_of
from pipeline.plugins.metadata import read_metadata
from pipeline.plugins.source import SourceFile

__all__ = ["Absent", "Asker", "Described", "describe", "read_description"]

Asker = Callable[[Captured, str, str, Mapping[str, Any]], Any]
"""Asks the worker of some files: what, of which type, for which params."""

_SCALARS = {kind.__name__: kind for kind in (int, float, bool, str, dt.date, dt.datetime, dt.time, dt.timedelta)}
_DEEP, _LONG = 6, 2_000
_MOST_ROWS = 1_000_000_000


class Absent:
    """Stands for a function that lives in a worker: calling it here is refused."""

    def __init__(self, name: str) -> None:
        self.__name__ = self.__qualname__ = name

    def __call__(self, *_: Any, **__: Any) -> Any:
        hint = "Call it in a graph, or by `create_strategy` and `calculate_indicator`."
        raise PluginError(f"{self.__name__!r} was not loaded into this process", code="TG419", hint=hint)


@dataclass(frozen=True)
class Asked:
    """A function of a declaration that the engine calls while it plans; the answer comes from the worker."""

    ask: Asker
    captured: Captured
    what: str
    node_id: str

    def __call__(self, params: Any) -> Any:
        found = self.ask(self.captured, self.what, self.node_id, vars(params))
        if self.what == "warmup" and not (isinstance(found, int) and found <= _MOST_ROWS):
            raise ValueError(f"it gave {str(found)[:40]}, expected a number of rows")
        return found


@dataclass(frozen=True)
class Described:
    """The files of a description, how they are digested, and who answers for them."""

    file: SourceFile
    captured: Captured
    digester: CodeDigester
    ask: Asker


def describe(loaded: Loaded) -> dict[str, Any]:
    """What a loaded file declares."""
    guided = {plugin.id for plugin in loaded.plugins}
    return {
        "types": [
            _type(node, "", "") if node.id in guided else _type(node, *loaded.functions[node.id])
            for node in loaded.types
        ],
        "plugins": [
            {
                "metadata": _plain(plugin.metadata.given),
                "class": plugin.declaration.__name__,
                "params": _params(plugin.params),
                "keywords": [_plain(plugin.keywords.names), plugin.keywords.open],
                "requirements": list(plugin.requirements),
                "real": plugin.real,
            }
            for plugin in loaded.plugins
        ],
    }


def read_description(told: Mapping[str, Any], of: Described) -> Loaded:
    """The file as it would have been loaded, but for its functions. Raises PluginError for what is not well formed."""
    try:
        plugins = [_read_plugin(item, of) for item in told["plugins"]]
        guided = {plugin.id for plugin in plugins}
        types = [_read_type(item, of, guided) for item in told["types"]]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        what = f"its worker described it wrongly: {type(error).__name__}: {error}"
        raise PluginError(what, code="TG406") from error
    if {node.id for node in types} < guided or len({node.id for node in types}) < len(types):
        raise PluginError("its worker described it wrongly: ids", code="TG406")
    whole = of.digester.digest(of.file)
    return Loaded(of.file.path, whole, tuple(types), tuple(plugins))


def _type(node: NodeType, function: str, data: str) -> dict[str, Any]:
    if callable(node.rows):
        hint = "Name it in `trusted_plugins`, or let its rows be those of a port: `rows='to'`."
        raise PluginError(f"{node.id!r} makes rows, which is asked of it while planning", code="TG419", hint=hint)
    return {
        "id": node.id,
        "function": function,
        "data": data,
        "category": node.category,
        "style": node.style,
        "scope": node.scope,
        "ports": [[port.name, _kind(port.kind), port.optional] for port in node.ports],
        "outputs": [[output.name, _kind(output.kind)] for output in node.outputs],
        "params": _params(node.params),
        "warmup": None if callable(node.warmup) else node.warmup,
        "caution": node.caution is not None,
        "recursive": node.recursive,
        "rows": node.rows,
        "doc": node.doc,
    }


def _read_type(told: Mapping[str, Any], of: Described, guided: set[str]) -> NodeType:
    name, captured = str(told["id"]), of.captured
    if name in guided:
        code = of.digester.digest(of.file)
    elif str(told["function"]).isidentifier():
        code = code_of(of.digester, of.file, told["function"], str(told["data"]))
    else:
        raise ValueError(told["function"])
    names = [str(item[0]) for item in (*told["ports"], *told["outputs"])]
    if not all(part.isidentifier() for part in names) or set(names) & TAKEN:
        raise ValueError(names)
    node = NodeType(
        id=name,
        category=_among(told["category"], ("indicator", "strategy", "portfolio")),
        style=told["style"],
        scope=told["scope"],
        ports=tuple(Port(str(port), _read_kind(kind), bool(optional)) for port, kind, optional in told["ports"]),
        outputs=tuple(Output(str(output), _read_kind(kind)) for output, kind in told["outputs"]),
        params=_read_params(told["params"]),
        fn=Absent(name),
        warmup=0 if told["warmup"] is None else min(told["warmup"], _MOST_ROWS),
        recursive=bool(told["recursive"]),
        caution=Asked(of.ask, captured, "caution", name) if told["caution"] else None,
        rows=None if told["rows"] is None else str(told["rows"]),
        doc=str(told["doc"]),
        code=code,
        origin=str(of.file.path),
        captured=captured,
    )
    check_declaration(node)
    # asked of nobody before somebody plans with it
    return replace(node, warmup=Asked(of.ask, captured, "warmup", name)) if told["warmup"] is None else node


def _read_plugin(told: Mapping[str, Any], of: Described) -> GuidePlugin:
    kind = _among(told["metadata"]["type"], ("strategy", "indicator"))
    metadata = read_metadata(told["metadata"], kind, str(told["class"]))
    names, opened = told["keywords"]
    absent: Any = Absent(metadata.id)
    return GuidePlugin(
        metadata,
        absent,
        absent,
        _read_params(told["params"]),
        Keywords({str(name): value for name, value in names.items()}, bool(opened)),
        tuple(str(text) for text in told["requirements"]),
        str(of.file.path),
        bool(told["real"]),
        home=of.captured,
    )


def _kind(kind: Kind | Same) -> Any:
    return {"same": kind.port} if isinstance(kind, Same) else kind.name


def _read_kind(told: Any) -> Kind | Same:
    if isinstance(told, dict):
        return Same(None if told["same"] is None else str(told["same"]))
    return BY_NAME[told]


def _params(params: ParamSet) -> list[dict[str, Any]]:
    return [
        {
            "name": param.name,
            "type": _shape(param.type),
            "default": {} if param.required else {"is": plain_value(param.default)},
            "description": param.param.description,
            "bounds": {name: plain_value(limit) for name, limit in param.param.bounds.given().items()},
        }
        for param in params
    ]


def _read_params(told: list[Mapping[str, Any]]) -> ParamSet:
    found = []
    for item in told:
        default = typed(item["default"]["is"]) if item["default"] else REQUIRED
        bounds = {name: typed(limit) for name, limit in item["bounds"].items()}
        declared = DeclaredParam(
            str(item["name"]), _read_shape(item["type"]), default, Param(str(item["description"]), **bounds)
        )
        if not declared.name.isidentifier() or declared.problem():
            raise ValueError(f"param {declared.name!r} {declared.problem()}")
        found.append(declared)
    return ParamSet(tuple(found))


def _shape(declared: Any) -> Any:
    """The type of a param as JSON can hold it."""
    origin = get_origin(declared)
    if origin is Literal:
        return {"one of": [plain_value(option) for option in get_args(declared)]}
    if origin in (list, tuple):
        return {origin.__name__: _shape(get_args(declared)[0])}
    if origin in (Union, UnionType):
        return {"any of": [None if inner is type(None) else _shape(inner) for inner in get_args(declared)]}
    return declared.__name__


def _read_shape(told: Any) -> Any:
    if isinstance(told, str):
        return _SCALARS[told]
    ((what, inner),) = told.items()
    if what == "one of":
        return Literal[tuple(map(typed, inner))]
    if what == "any of":
        return Union[tuple(type(None) if item is None else _read_shape(item) for item in inner)]  # noqa: UP007
    return list[_read_shape(inner)] if what == "list" else tuple[_read_shape(inner), ...]  # type: ignore[misc]


def _plain(given: Any, deep: int = _DEEP) -> Any:
    """What an author wrote, as JSON can hold it: types by their names, anything else as it is shown."""
    if given is None or isinstance(given, bool | int | float | str):
        return given
    if isinstance(given, type):
        return given.__name__
    if deep and isinstance(given, Mapping):
        return {str(name): _plain(item, deep - 1) for name, item in given.items()}
    if deep and isinstance(given, list | tuple | set | frozenset):
        return [_plain(item, deep - 1) for item in given]
    return repr(given)[:_LONG]


def _among(told: Any, allowed: tuple[str, ...]) -> Any:
    if told not in allowed:
        raise ValueError(told)
    return told
