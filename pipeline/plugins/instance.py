"""Plugins in the hands of a caller: strategy objects and indicator calls that take frames of any kind.

What goes in as a frame of pandas, polars or the adapter comes out in the same kind. Inside, plugins work on the
adapter as they do in graphs, so the numbers are the same; what the adapter lacks is run on real pandas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pipeline.errors import NodeError
from pipeline.execution.alarm import Overdue, alarm
from pipeline.frame import DataFrame
from pipeline.frame.library.guest import guest
from pipeline.frame.library.real import from_real, has_pandas, to_real, with_way_out
from pipeline.plugins.contract import BaseStrategy
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.here import plugin_here
from pipeline.plugins.monitor import Monitor
from pipeline.plugins.trade import backtest

__all__ = ["calculate_indicator", "create_strategy"]


def create_strategy(plugin: GuidePlugin, params: Mapping[str, Any], monitor: Monitor, limit: float) -> Any:
    """An instance of the strategy's class, with these params. Its file is run in this process, where it lives.

    Raises ParameterError, or what the plugin raises.
    """
    plugin = plugin_here(plugin)
    return replace(plugin, made=_offered(plugin, monitor, limit)).make(plugin.checked(params))


def calculate_indicator(
    plugin: GuidePlugin, data: Any, params: Mapping[str, Any], monitor: Monitor, limit: float
) -> Any:
    """What an indicator gives for `data`, in the kind of `data`: a series, a frame or a dict of series.

    Keywords go to the constructor and to `calculate`; `limit` is in seconds. It is calculated in this process. Raises
    ParameterError, RefusedData, or what the plugin raises.
    """
    plugin = plugin_here(plugin)
    checked = plugin.checked(params)
    frame, back = guest(data)

    def twin() -> Any:
        assert plugin.twin is not None
        return from_real(plugin.twin().calculate(to_real(frame), checked))

    with monitor.timed(plugin.id, len(frame)), _limited(plugin, limit):
        if plugin.real:
            return back(from_real(plugin.calculate(to_real(frame), checked)))
        return back(_bridged(plugin, lambda: plugin.calculate(_copy(frame), checked), twin))


def _bridged(plugin: GuidePlugin, call: Callable[[], Any], twin: Callable[[], Any]) -> Any:
    """The result of a call, on real pandas where the adapter lacks something."""
    return with_way_out(plugin.id, call, twin if plugin.twin is not None and has_pandas() else None)


def _offered(plugin: GuidePlugin, monitor: Monitor, limit: float) -> type[Any]:
    """A class of the strategy's own name and kind whose methods take frames of any kind and check parameters."""

    class Offered(plugin.made):  # type: ignore[misc, name-defined]
        def generate_signals(self, df: Any) -> Any:
            frame, back = guest(df)
            with monitor.timed(plugin.id, len(frame)), _limited(plugin, limit):
                if plugin.real:
                    return back(from_real(super().generate_signals(to_real(frame))))
                own = super().generate_signals
                return back(_bridged(plugin, lambda: own(_copy(frame)), lambda: self._on_pandas(frame)))

        def set_parameters(self, parameters: dict[str, Any]) -> Any:
            checked = plugin.checked(parameters)
            return super().set_parameters({name: checked[name] for name in parameters})

        def backtest(self, data: Any, **options: Any) -> Any:
            if getattr(plugin.made, "backtest", None) in (None, BaseStrategy.backtest):
                return backtest(self, data, options)
            frame, back = guest(data)  # the author's own, which works on pandas' frames
            return back(super().backtest(to_real(frame) if plugin.real else _copy(frame), **options))

        def _on_pandas(self, frame: Any) -> Any:
            """The same call by a twin that has this object's state, and gives it back changed."""
            assert plugin.twin is not None
            made = plugin.twin().made
            other = object.__new__(made)
            other.__dict__.update({name: to_real(value) for name, value in vars(self).items()})
            found = from_real(other.generate_signals(to_real(frame)))
            self.__dict__.update({name: from_real(value) for name, value in vars(other).items()})
            return found

    Offered.__name__, Offered.__qualname__ = plugin.made.__name__, plugin.made.__qualname__
    Offered.__module__, Offered.__doc__ = plugin.made.__module__, plugin.made.__doc__

    return Offered


@contextmanager
def _limited(plugin: GuidePlugin, limit: float) -> Iterator[None]:
    """Stop Python code that takes longer than `plugin_timeout`. Raises NodeError TG505."""
    try:
        with alarm(limit):
            yield
    except Overdue:
        raise NodeError(f"{plugin.id!r} took longer than plugin_timeout, {limit:g} s", code="TG505") from None


def _copy(frame: DataFrame) -> DataFrame:
    """A frame that shares its columns: a plugin may set columns in place, and the caller's frame stays."""
    return frame.copy()
