"""Node types of the plugin guide's classes: a strategy or indicator that works on a pandas-like frame.

The frame of one symbol has the columns timestamp, open, high, low, close, volume and a RangeIndex.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from pipeline.errors import PluginError
from pipeline.frame import DataFrame, Series
from pipeline.frame.real import from_real
from pipeline.model.declare import ID
from pipeline.model.kind import BARS, NUMBER, SIGNAL
from pipeline.model.node import SINGLE_OUTPUT, NodeType, Output, Port
from pipeline.model.param import REQUIRED, DeclaredParam, Param, ParamSet
from pipeline.plugins.contract import IndicatorPlugin, StrategyPlugin

__all__ = ["Frames", "indicator_type", "strategy_type"]

Frames = Callable[[DataFrame], Any]

_TYPES: dict[str, Any] = {
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


def strategy_type(plugin: type[StrategyPlugin], origin: str, frames: Frames = lambda bars: bars) -> NodeType:
    """The node type of a strategy plugin: bars in, a signal out. Raises PluginError TG403.

    `frames` makes the frame that the plugin gets of the adapter's, for a plugin on real pandas.
    """
    instance = _instance(plugin, origin)
    metadata = _metadata(instance, "strategy", origin)
    strategy_class = instance.get_strategy_class()

    def generate(bars: DataFrame, **params: Any) -> tuple[Any, Any]:
        result = strategy_class(**params).generate_signals(frames(bars))
        missing = [name for name in ("signal", "signal_strength") if name not in result.columns]
        if missing:
            raise PluginError(
                f"generate_signals gave no column {missing[0]!r}", code="TG502", hint="The guide asks for both columns."
            )
        return result["signal"], result["signal_strength"]

    return _node_type(metadata, generate, (Output(SINGLE_OUTPUT, SIGNAL),), _params(metadata, strategy_class, origin))


def indicator_type(plugin: type[IndicatorPlugin], origin: str, frames: Frames = lambda bars: bars) -> NodeType:
    """The node type of an indicator plugin: bars in, one number column per output.

    Outputs are the metadata's `outputs` (a list of names), else learned from a call on sample bars.
    """
    instance = _instance(plugin, origin)
    metadata = _metadata(instance, "indicator", origin)
    params = _params(metadata, plugin, origin)
    taken = set(inspect.signature(plugin).parameters)

    def compute(ours: DataFrame, **given: Any) -> dict[str, Any]:
        bars = frames(ours)
        made = plugin(**{name: value for name, value in given.items() if name in taken or _takes_any(plugin)})
        if not made.validate_data(bars):
            raise PluginError(f"{metadata['id']}: validate_data refused the bars", code="TG501")
        return _by_name(made.calculate(bars, **given))

    names = metadata.get("outputs")
    if not names:
        names = list(compute(_sample_bars(), **{p.name: p.default for p in params}))

    def calculate(bars: DataFrame, **given: Any) -> tuple[Any, ...]:
        found = compute(bars, **given)
        if set(found) != set(names):
            raise PluginError(f"calculate gave {sorted(found)}, expected {sorted(names)}", code="TG502")
        return tuple(found[name] for name in names)

    return _node_type(metadata, calculate, tuple(Output(name, NUMBER) for name in names), params)


def _node_type(metadata: Mapping[str, Any], fn: Any, outputs: tuple[Output, ...], params: ParamSet) -> NodeType:
    return NodeType(
        id=metadata["id"],
        category=metadata["type"],
        style="frame",
        scope="symbol",
        ports=(Port("bars", BARS),),
        outputs=outputs,
        params=params,
        fn=fn,
        recursive=True,  # nothing is known of its memory, so all history is assumed
        doc=f"{metadata['description']}\n\n{metadata['name']} {metadata['version']} by {metadata['author']}.",
    )


def _instance(plugin: type[Any], origin: str) -> Any:
    try:
        return plugin()
    except TypeError as error:
        raise PluginError(
            f"{plugin.__name__} cannot be made without arguments: {error}",
            code="TG403",
            hint=f"Give every argument of {plugin.__name__}.__init__ a default ({origin}).",
        ) from error


def _metadata(instance: Any, kind: str, origin: str) -> dict[str, Any]:
    metadata = instance.get_metadata()
    name = type(instance).__name__
    if not isinstance(metadata, dict):
        raise PluginError(f"{name}.get_metadata() gave {type(metadata).__name__}, expected a dict", code="TG403")
    required = ("id", "name", "version", "author", "description", "type")
    missing = [key for key in required if not isinstance(metadata.get(key), str)]
    if missing:
        raise PluginError(f"the metadata of {name} lacks {', '.join(missing)}", code="TG403", hint=f"In {origin}.")
    if metadata["type"] != kind:
        raise PluginError(f"{name} is a {kind}, its metadata says type {metadata['type']!r}", code="TG403")
    if not ID.fullmatch(metadata["id"]):
        raise PluginError(f"the id {metadata['id']!r} is not lower case letters, digits and _", code="TG403")
    return metadata


def _params(metadata: Mapping[str, Any], made: type[Any], origin: str) -> ParamSet:
    """Declared params, then those that the constructor or get_parameters() has besides."""
    listed = metadata.get("parameters") or {}
    if not isinstance(listed, Mapping):
        raise PluginError(
            f"the metadata's parameters are a {type(listed).__name__}, expected a dict",
            code="TG403",
            hint=f"In {origin}.",
        )
    declared = [_declared(name, said, origin) for name, said in listed.items()]
    known = {param.name for param in declared}
    found: dict[str, Any] = {}
    for arg in inspect.signature(made).parameters.values():
        if arg.kind in (arg.POSITIONAL_OR_KEYWORD, arg.KEYWORD_ONLY) and arg.default is not arg.empty:
            found[arg.name] = arg.default
    if hasattr(made, "get_parameters"):
        found.update(_instance(made, origin).get_parameters())
    for name, default in found.items():
        if name not in known and type(default) in (int, float, bool, str):
            declared.append(DeclaredParam(name, type(default), default, Param(f"{name} (not described by the plugin)")))
    return ParamSet(tuple(declared))


def _declared(name: str, said: Any, origin: str) -> DeclaredParam:
    if not isinstance(said, Mapping) or said.get("type") not in _TYPES:
        got = said.get("type") if isinstance(said, Mapping) else said
        raise PluginError(
            f"parameter {name!r} has the type {got!r}", code="TG403", hint=f"Use int, float, bool or str ({origin})."
        )
    kind = _TYPES[said["type"]]
    default = said.get("default", REQUIRED)
    if kind is float and type(default) is int:
        default = float(default)
    if said.get("options"):
        kind = Literal[tuple(said["options"])]
    bounds = {"ge": said.get("min"), "le": said.get("max")}
    odd = [bound for bound in bounds.values() if bound is not None and type(bound) not in (int, float)]
    if odd:
        raise PluginError(f"parameter {name!r} has the bound {odd[0]!r}, expected a number", code="TG403")
    declared = DeclaredParam(name, kind, default, Param(said.get("description") or name, **bounds))
    if problem := declared.problem():
        raise PluginError(f"parameter {name!r} {problem}", code="TG403", hint=f"In {origin}.")
    return declared


def _takes_any(made: type[Any]) -> bool:
    return any(arg.kind is arg.VAR_KEYWORD for arg in inspect.signature(made).parameters.values())


def _by_name(result: Any) -> dict[str, Any]:
    if type(result).__module__.partition(".")[0] == "pandas":
        result = from_real(result)
    if isinstance(result, Series):
        return {SINGLE_OUTPUT: result}
    if isinstance(result, DataFrame):
        return {str(name): result[name] for name in result.columns}
    if isinstance(result, Mapping):
        return dict(result)
    if isinstance(result, np.ndarray):
        return {SINGLE_OUTPUT: Series(result)}
    raise PluginError(f"calculate gave {type(result).__name__}, expected a Series, DataFrame or dict", code="TG502")


def _sample_bars(rows: int = 400) -> DataFrame:
    """A smooth deterministic price path, long enough for usual windows."""
    step = np.arange(rows)
    close = 100.0 + 10.0 * np.sin(step / 17.0) + step * 0.05
    stamps = np.datetime64("2020-01-01T00:00", "us") + step.astype("timedelta64[D]")
    return DataFrame(
        {
            "timestamp": stamps,
            "open": close - 0.2,
            "high": close + 1.0,
            "low": close - 1.0,
            "close": close,
            "volume": 1_000.0 + step % 7,
        }
    )
