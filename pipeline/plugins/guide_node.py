"""Node types of the guide's plugins: bars in, a signal or the indicator's columns out."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pipeline.errors import NodeError, Place, PluginError, TradegraphError
from pipeline.frame import AdapterGap, DataFrame, Series
from pipeline.frame.library.guest import is_pandas
from pipeline.frame.library.real import from_real, has_pandas, to_real
from pipeline.model.kind import BARS, NUMBER, SIGNAL
from pipeline.model.node import SINGLE_OUTPUT, NodeType, Output, Port
from pipeline.plugins.examination.sample_bars import sample_bars
from pipeline.plugins.guide import GuidePlugin, RefusedData, sized

__all__ = ["guide_node"]


def guide_node(plugin: GuidePlugin) -> NodeType:
    """The node type of a plugin. Raises what an indicator raises whose outputs must be learned from sample bars."""
    metadata = plugin.metadata
    inputs = tuple(metadata.inputs)
    outputs: tuple[Output, ...]
    if plugin.kind == "strategy":
        function, outputs = _generate(plugin, inputs), (Output(SINGLE_OUTPUT, SIGNAL),)
    else:
        names = metadata.outputs or _learned(plugin)
        function, outputs = _calculate(plugin, inputs, names), tuple(Output(name, NUMBER) for name in names)
    extra = "".join(f"\n\n`{name}`: {said}." for name, said in metadata.inputs.items() if said != name)
    return NodeType(
        id=metadata.id,
        category="strategy" if plugin.kind == "strategy" else "indicator",
        style="frame",
        scope="symbol",
        ports=(Port("bars", BARS), *(Port(name, NUMBER) for name in inputs)),
        outputs=outputs,
        params=plugin.params,
        fn=function,
        recursive=True,  # nothing is known of its memory, so all history is assumed
        doc=f"{metadata.description}{extra}\n\n{metadata.name} {metadata.version} by {metadata.author}.",
    )


def _generate(plugin: GuidePlugin, inputs: tuple[str, ...]) -> Callable[..., Any]:
    def generate(bars: DataFrame, *columns: Series, **params: Any) -> tuple[Any, Any]:
        strategy = plugin.make(params)
        return sized(strategy, strategy.generate_signals(_frame(plugin, bars, inputs, columns)))

    return generate


def _calculate(plugin: GuidePlugin, inputs: tuple[str, ...], names: tuple[str, ...]) -> Callable[..., Any]:
    def calculate(bars: DataFrame, *columns: Series, **params: Any) -> tuple[Any, ...]:
        found = _by_name(plugin.calculate(_frame(plugin, bars, inputs, columns), params))
        if set(found) != set(names):
            raise NodeError(f"calculate gave {sorted(found)}, expected {sorted(names)}", code="TG502")
        return tuple(found[name] for name in names)

    return calculate


def _frame(plugin: GuidePlugin, bars: DataFrame, inputs: tuple[str, ...], columns: tuple[Series, ...]) -> Any:
    frame = to_real(bars) if plugin.real else bars
    for name, column in zip(inputs, columns, strict=True):
        frame[name] = to_real(column) if plugin.real else column
    return frame


def _learned(plugin: GuidePlugin) -> tuple[str, ...]:
    """Names of the outputs, from a call on made-up bars; on more of them where the plugin refuses a few.

    Raises PluginError TG413 when the plugin cannot be called.
    """
    defaults = {param.name: param.default for param in plugin.params if not param.required}
    error: BaseException | None = None
    for rows in (400, 4_000):
        bars = sample_bars(rows)
        for number, name in enumerate(plugin.metadata.inputs):
            bars[name] = bars["close"] * (0.5 + 0.1 * number)
        try:
            return tuple(_by_name(_called(plugin, bars, defaults)))
        except RefusedData as refused:
            error = refused
        except (Exception, SystemExit) as raised:  # noqa: BLE001 - whatever a plugin raises refuses it
            error = raised
            break
    assert error is not None
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == plugin.path]
    fault = error.faults[0] if isinstance(error, TradegraphError) else None
    said = fault.message.removeprefix(f"{plugin.id}: ") if fault else f"{type(error).__name__}: {error}"
    place = Place(plugin.path, (lines[-1] if lines else None) or 1)
    hint = fault.hint if fault else ""
    raise PluginError(f"on sample bars: {said}", code="TG413", place=place, hint=hint) from error


def _called(plugin: GuidePlugin, bars: DataFrame, params: Mapping[str, Any]) -> Any:
    """The result on `bars`; on real pandas where the adapter lacks something."""
    if plugin.real:
        return plugin.calculate(to_real(bars), params)
    try:
        return plugin.calculate(bars.copy(), params)
    except AdapterGap:
        if plugin.twin is None or not has_pandas():
            raise
        return plugin.twin().calculate(to_real(bars), params)


def _by_name(result: Any) -> Mapping[str, Any]:
    if is_pandas(result):
        result = from_real(result)
    if isinstance(result, Series | np.ndarray):
        return {SINGLE_OUTPUT: result if isinstance(result, Series) else Series(result)}
    if isinstance(result, DataFrame):
        return {str(name): result[name] for name in result.columns}
    if isinstance(result, Mapping):
        return {str(name): column for name, column in result.items()}
    raise NodeError(f"calculate gave {type(result).__name__}, expected a Series, DataFrame or dict", code="TG502")
