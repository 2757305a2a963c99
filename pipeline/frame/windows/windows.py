"""Windows as objects: ``rolling(20).mean()``, ``expanding().max()``, ``ewm(span=12).mean()``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Change, Columnar
from pipeline.frame.library.gaps import refuse
from pipeline.frame.time.frequency import Frequency
from pipeline.frame.time.moment import as_span
from pipeline.frame.values.values import Values, missing_mask
from pipeline.frame.windows.bounded import BaseIndexer, Bounds, FixedForwardWindowIndexer, fixed_bounds
from pipeline.frame.windows.decaying import ExponentialMovingWindow
from pipeline.frame.windows.ewm import Decay
from pipeline.frame.windows.pair import paired
from pipeline.frame.windows.rolling import Window, applied, paired_window, rolled
from pipeline.frame.windows.shape import ShapedWindow
from pipeline.frame.windows.span import Span, ranked, single, spanned
from pipeline.frame.windows.windowed import UNHEARD, Windowed

__all__ = ["Expanding", "ExponentialMovingWindow", "Rolling", "Windows"]


class Rolling(Windowed):
    """Windows of a fixed number of rows, or of a span of time."""

    _shown = ("window", "min_periods", "center", "closed", "on", "step")
    window: Any = None
    closed: Any = None
    on: Any = None

    def __init__(self, columns: Any, window: Window | Span | Bounds) -> None:
        super().__init__(columns)
        self._window = window

    def _over(self, columns: Any) -> Any:
        made = type(self)(columns, self._window)
        made.window, made.closed, made.on = self.window, self.closed, self.on
        if self._kept is not None and hasattr(columns, "columns"):
            made._kept = (*self._kept[:2], list(columns._data))
        return made

    @property
    def min_periods(self) -> int:
        return self._window.needed

    @property
    def center(self) -> bool:
        return getattr(self._window, "center", False)

    @property
    def step(self) -> int | None:
        return self._window.step if self._window.step != 1 else None

    def _each(self, change: Change) -> Any:
        result = super()._each(change)
        return result if self._window.step == 1 else result.iloc[:: self._window.step]

    def _statistic(self, name: str, options: dict[str, Any], **given: Any) -> Any:
        refuse(f"rolling.{name}", {k: v for k, v in options.items() if k not in UNHEARD})
        window = self._window
        if isinstance(window, Span | Bounds):
            return self._each(lambda values: spanned(values, window, name, given))
        return self._each(lambda values: rolled(values, window, name, **given))

    def _single(self, name: str, options: dict[str, Any], **given: Any) -> Any:
        refuse(f"rolling.{name}", {k: v for k, v in options.items() if k not in UNHEARD})
        return self._each(lambda values: single(values, self._window, name, given))

    def __iter__(self) -> Iterator[Any]:
        starts, ends = self._window.bounds(len(self._columns))
        return (self._columns.iloc[start:end] for start, end in zip(starts, ends, strict=True))

    def sem(self, ddof: int = 1, **options: Any) -> Any:
        """The standard error of the mean of each window."""
        return self._single("sem", options, ddof=ddof)

    def first(self, **options: Any) -> Any:
        """The first value of each window that is there."""
        return self._single("first", options)

    def last(self, **options: Any) -> Any:
        """The last value of each window that is there."""
        return self._single("last", options)

    def nunique(self, **options: Any) -> Any:
        """How many different values each window has."""
        return self._single("nunique", options)

    def rank(self, method: str = "average", ascending: bool = True, pct: bool = False, **options: Any) -> Any:
        """The rank of each value within its window."""
        refuse("rolling.rank", {k: v for k, v in options.items() if k not in UNHEARD})
        return self._each(lambda values: ranked(values, self._window, method, ascending, pct))

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """``func(self, …)``."""
        return func(self, *args, **kwargs)

    def mean(self, **options: Any) -> Any:
        """The mean of each window."""
        return self._statistic("mean", options)

    def sum(self, **options: Any) -> Any:
        """The sum of each window."""
        return self._statistic("sum", options)

    def min(self, **options: Any) -> Any:
        """The lowest of each window."""
        return self._statistic("min", options)

    def max(self, **options: Any) -> Any:
        """The highest of each window."""
        return self._statistic("max", options)

    def median(self, **options: Any) -> Any:
        """The median of each window."""
        return self._statistic("median", options)

    def std(self, ddof: int = 1, **options: Any) -> Any:
        """The standard deviation of each window; exactly 0 when it is flat."""
        return self._statistic("std", options, ddof=ddof)

    def var(self, ddof: int = 1, **options: Any) -> Any:
        """The variance of each window; exactly 0 when it is flat."""
        return self._statistic("var", options, ddof=ddof)

    def skew(self, **options: Any) -> Any:
        """The skewness of each window, without bias."""
        return self._statistic("skew", options)

    def kurt(self, **options: Any) -> Any:
        """The excess kurtosis of each window, without bias."""
        return self._statistic("kurt", options)

    def count(self, **options: Any) -> Any:
        """How many values of each window are not missing."""
        return self._statistic("count", options)

    def quantile(self, q: float = 0.5, interpolation: Any = "linear", **options: Any) -> Any:
        """The value that a share `q` of each window lies below."""
        q = options.pop("quantile", q)
        return self._statistic("quantile", options, quantile=q, interpolation=interpolation)

    def apply(self, func: Callable[..., Any], raw: bool = False, args: Any = (), kwargs: Any = None, **o: Any) -> Any:
        """A function of the author's on each window: of an array when `raw`, else of a Series."""
        refuse("rolling.apply", {k: v for k, v in o.items() if k not in UNHEARD})
        extra = kwargs or {}
        if raw:
            return self._applied(lambda x, _: func(x, *(args or ()), **extra))
        make, labels = Columnar._series_type._of, self._columns.index
        return self._applied(lambda x, rows: func(make(Values(x), labels[rows]), *(args or ()), **extra))

    def _applied(self, function: Callable[[Any, slice], Any]) -> Any:
        bounds = self._window.bounds(len(self._columns))
        return self._each(lambda values: applied(values, bounds, self._window.needed, function))

    def corr(self, other: Any = None, *, pairwise: Any = None, ddof: int = 1, **options: Any) -> Any:
        """Pearson's correlation with another Series in each window."""
        return self._pair("corr", other, pairwise, ddof, options)

    def cov(self, other: Any = None, *, pairwise: Any = None, ddof: int = 1, **options: Any) -> Any:
        """The covariance with another Series in each window."""
        return self._pair("cov", other, pairwise, ddof, options)

    def _pair(self, name: str, other: Any, pairwise: Any, ddof: int, options: dict[str, Any]) -> Any:
        refuse(f"rolling.{name}", {k: v for k, v in options.items() if k not in UNHEARD})
        window, correlation = self._window, name == "corr"
        made = paired(
            self._columns,
            other,
            pairwise,
            lambda left, right: paired_window(left, right, window, correlation=correlation, ddof=ddof),
        )
        return made if window.step == 1 else made.iloc[:: window.step]


class Expanding(Rolling):
    """Windows from the first row to each row."""


class Windows(Columnar):
    """The ways into windows that Series and DataFrame share."""

    def rolling(  # noqa: PLR0917 - pandas' signature
        self, window: Any, min_periods: int | None = None, center: bool = False, win_type: Any = None, on: Any = None,
        closed: str | None = None, step: int | None = None, **options: Any,
    ) -> Any:  # fmt: skip
        """Windows of `window` rows, `min_periods` values (all, by default) making a result; or of a span of time."""
        refuse("rolling", {k: v for k, v in options.items() if k != "method"})
        if closed not in {None, "right", "left", "both", "neither"}:
            raise ValueError("closed must be 'right', 'left', 'both' or 'neither'")
        stride = 1 if step is None else int(step)
        columns = self if on is None else self.drop(columns=[on])  # type: ignore[attr-defined]
        if win_type is not None:
            if closed is not None or not isinstance(win_type, str):
                raise ValueError(f"Invalid win_type {win_type}")
            length, needed = _counted(window, min_periods)
            return ShapedWindow(self, win_type, length, needed, center=center)
        if isinstance(window, BaseIndexer) or hasattr(window, "get_window_bounds"):
            found: Any = self._indexed(window, min_periods, center, closed, stride)
        elif isinstance(window, str | dt.timedelta | np.timedelta64) or hasattr(window, "freqstr"):
            found = self._span(window, min_periods, center, on, closed or "right", stride)
        else:
            length, needed = _counted(window, min_periods)
            late = closed in {"left", "neither"}
            reach = length + (closed == "both") - (closed == "neither")
            if (late and center) or reach <= 0:
                found = Bounds(*fixed_bounds(len(self), length, closed, center=center), needed, step=stride)
            else:
                found = Window(reach, needed, center=center, late=int(late), step=stride)
        made = Rolling(columns, found)
        made.window, made.closed, made.on = window, closed, on
        if on is not None:
            made._kept = (on, self._data[on], list(self._data))  # type: ignore[attr-defined]
        return made

    def _indexed(self, indexer: Any, needed: int | None, center: bool, closed: str | None, stride: int) -> Any:
        """Windows by an author's indexer; those that look ahead are windows that look back on the rows turned round."""
        size = int(indexer.window_size)
        least = size if needed is None else int(needed)
        if isinstance(indexer, FixedForwardWindowIndexer) and not center and closed is None and size > 0:
            return Window(size, least, step=stride, forward=True)
        if isinstance(indexer, FixedForwardWindowIndexer):
            indexer.get_window_bounds(len(self), least, center, closed, None)
        starts, ends = indexer.get_window_bounds(
            num_values=len(self), min_periods=needed, center=center, closed=closed, step=None
        )
        return Bounds(starts, ends, least, step=stride)

    def _span(  # noqa: PLR0917 - the other half of `rolling`
        self, window: Any, min_periods: int | None, center: bool, on: Any, closed: str, stride: int
    ) -> Span:
        times = self._data[on] if on is not None else self._index._values  # type: ignore[attr-defined]
        if times.kind not in "Mm":
            raise ValueError(f"window must be an integer 0 or greater, or the labels must be times: {window!r}")
        if missing_mask(times.array).any():
            raise ValueError("index values must not have NaT" if on is None else f"{on} values must not have NaT")
        ticks = times.array.astype(np.int64)
        steps = np.diff(ticks)
        if (steps < 0).any():
            if (steps > 0).any():
                raise ValueError("index must be monotonic" if on is None else f"{on} must be monotonic")
            ticks = -ticks
        reach = int(Frequency.of(window).step.astype(np.int64))
        return Span(ticks, reach, 1 if min_periods is None else int(min_periods), closed, center=center, step=stride)

    def expanding(self, min_periods: int = 1, **options: Any) -> Expanding:
        """Windows from the first row on; `min_periods` values make a result."""
        refuse("expanding", {k: v for k, v in options.items() if k != "method"})
        made = Expanding(self, Window(max(len(self), 1, min_periods), min_periods))
        made.window = None
        return made

    def ewm(  # noqa: PLR0917 - pandas' signature
        self, com: float | None = None, span: float | None = None, halflife: Any = None,
        alpha: float | None = None, min_periods: int | None = 0, adjust: bool = True, ignore_na: bool = False,
        **options: Any,
    ) -> ExponentialMovingWindow:  # fmt: skip
        """Exponential weights by centre of mass, span, half-life or alpha (exactly one of them)."""
        times = options.pop("times", None)
        refuse("ewm", {k: v for k, v in options.items() if k != "method"})
        needed = int(min_periods or 0)
        if times is not None:
            return self._aged(times, halflife, Decay(0.5, bool(adjust), bool(ignore_na), needed))
        if isinstance(halflife, str | dt.timedelta | np.timedelta64):
            raise ValueError("halflife can only be a timedelta if times is given")  # noqa: TRY004 - what pandas raises
        decay = Decay(Decay.alpha_of(com, span, halflife, alpha), bool(adjust), bool(ignore_na), needed)
        return ExponentialMovingWindow(self, decay)

    def _aged(self, times: Any, halflife: Any, decay: Decay) -> ExponentialMovingWindow:
        if halflife is None or isinstance(halflife, int | float):
            raise ValueError("halflife must be a timedelta convertible object")
        if isinstance(times, str):
            times = self._data[times]  # type: ignore[attr-defined]
        stamps = getattr(times, "_values", times)
        stamps = stamps.array if isinstance(stamps, Values) else np.asarray(stamps)
        if stamps.dtype.kind != "M":
            raise ValueError("times must be datetime64 dtype.")
        if len(stamps) != len(self):
            raise ValueError("times must be the same length as the object.")
        if np.isnat(stamps).any():
            raise ValueError("Cannot convert NaT values to integer")
        ticks = stamps.astype("M8[us]").astype(np.int64)
        reach = int(as_span(halflife).to_timedelta64().astype("m8[us]").astype(np.int64))
        steps = np.concatenate([[0.0], np.diff(ticks) / reach])
        return ExponentialMovingWindow(self, decay, steps)


def _counted(window: Any, min_periods: Any) -> tuple[int, int]:
    """A number of rows, and how many of them are needed. Raises ValueError for what is none."""
    if isinstance(window, float | np.floating) and float(window).is_integer():
        window = int(window)
    if not isinstance(window, int | np.integer) or isinstance(window, bool) or window < 0:
        raise ValueError("window must be an integer 0 or greater")
    if min_periods is not None and not isinstance(min_periods, int | np.integer):
        raise ValueError("min_periods must be an integer")
    if min_periods is not None and min_periods < 0:
        raise ValueError("min_periods must be >= 0")
    needed = int(window) if min_periods is None else int(min_periods)
    if needed > window:
        raise ValueError(f"min_periods {needed} must be <= window {window}")
    return int(window), needed
