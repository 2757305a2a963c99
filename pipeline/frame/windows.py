"""Windows as objects: ``rolling(20).mean()``, ``expanding().max()``, ``ewm(span=12).mean()``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pipeline.frame.alignment import align, picked
from pipeline.frame.columnar import Change, Columnar
from pipeline.frame.ewm import Decay, weighted, weighted_in_time, weighted_pair
from pipeline.frame.faces import objects
from pipeline.frame.frequency import Frequency
from pipeline.frame.gaps import missing_name, refuse, unsupported
from pipeline.frame.index import Index, Names
from pipeline.frame.rolling import Window, applied, paired_window, rolled
from pipeline.frame.span import Span, ranked, single, spanned
from pipeline.frame.values import Values, concatenated

__all__ = ["Expanding", "ExponentialMovingWindow", "Rolling", "Windows"]


_UNHEARD = {"engine", "engine_kwargs", "numeric_only"}
"""Arguments that change how pandas computes, not what."""


class _Windowed:
    """Columns seen through windows. Arguments that numpy would pass on are refused unless they ask for nothing."""

    def __init__(self, columns: Any) -> None:
        self._columns = columns

    _kept: dict[Any, Values] | None = None
    """A column of times that the windows go by; it stays in the result."""

    def _each(self, change: Change) -> Any:
        made = self._columns._each_numeric(change)
        if self._kept:
            made = type(made)._of({**self._kept, **made._data}, made.index)
        return made

    def _over(self, columns: Any) -> Any:
        raise NotImplementedError

    def __getitem__(self, key: Any) -> Any:
        return self._over(self._columns[key])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        columns = self.__dict__.get("_columns")
        if columns is not None and hasattr(columns, "columns") and name in columns.columns:
            return self[name]
        raise missing_name(type(self).__name__, name, "window", type(self))

    def aggregate(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """A statistic by name, a function, or several of them as a frame."""
        if isinstance(func, str):
            return getattr(self, func)(*args, **kwargs)
        if isinstance(func, dict):
            parts = {name: self[name].aggregate(way) for name, way in func.items()}
            return Columnar._frame_type(parts)
        if isinstance(func, list):
            names = [f if isinstance(f, str) else getattr(f, "__name__", str(f)) for f in func]
            if hasattr(self._columns, "columns"):
                numeric = [c for c, v in self._columns._data.items() if v.kind in "biuf"]
                data = {(c, n): self[c].aggregate(f)._values for c in numeric for n, f in zip(names, func, strict=True)}
                return Columnar._frame_type._of(data, self._columns.index)
            return Columnar._frame_type({n: self.aggregate(f) for n, f in zip(names, func, strict=True)})
        if callable(func) and hasattr(self, "apply"):
            known = {np.mean: "mean", np.sum: "sum", np.std: "std", np.max: "max", np.min: "min", np.median: "median"}
            return getattr(self, known[func])() if func in known else self.apply(func, *args, **kwargs)
        raise unsupported("agg", f"{func!r}")

    agg = aggregate


class Rolling(_Windowed):
    """Windows of a fixed number of rows, or of a span of time."""

    def __init__(self, columns: Any, window: Window | Span) -> None:
        super().__init__(columns)
        self._window = window

    def _over(self, columns: Any) -> Any:
        return type(self)(columns, self._window)

    def _each(self, change: Change) -> Any:
        result = super()._each(change)
        return result if self._window.step == 1 else result.iloc[:: self._window.step]

    def _statistic(self, name: str, options: dict[str, Any], **given: Any) -> Any:
        refuse(f"rolling.{name}", {k: v for k, v in options.items() if k not in _UNHEARD})
        window = self._window
        if isinstance(window, Span):
            return self._each(lambda values: spanned(values, window, name, given))
        return self._each(lambda values: rolled(values, window, name, **given))

    def _single(self, name: str, options: dict[str, Any], **given: Any) -> Any:
        refuse(f"rolling.{name}", {k: v for k, v in options.items() if k not in _UNHEARD})
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
        refuse("rolling.rank", {k: v for k, v in options.items() if k not in _UNHEARD})
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
        refuse("rolling.apply", {k: v for k, v in o.items() if k not in _UNHEARD})
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
        if pairwise and not hasattr(self._columns, "columns"):
            raise unsupported(f"rolling.{name}", "pairwise=True for a Series")
        refuse(f"rolling.{name}", {k: v for k, v in options.items() if k not in _UNHEARD})
        series = Columnar._series_type
        if isinstance(self._columns, Columnar._frame_type) and isinstance(other, series | Columnar._frame_type):
            columns = self._columns
            partners = {c: other[c] if hasattr(other, "columns") else other for c in columns._data}
            made = {c: getattr(self[c], name)(partner, ddof=ddof) for c, partner in partners.items()}
            return Columnar._frame_type(made)
        if other is None and isinstance(self._columns, series):
            other = self._columns
        elif other is None:
            return self._pairwise(name, ddof)
        if not (isinstance(other, series) and isinstance(self._columns, series)):
            raise unsupported(f"rolling.{name}", "anything but two Series")
        if isinstance(self._window, Span):
            raise unsupported(f"rolling.{name}", "windows of a span of time")
        both = align(self._columns.index, other.index)
        left, right = picked(self._columns._values, both.left), picked(other._values, both.right)
        result = paired_window(left, right, self._window, correlation=name == "corr", ddof=ddof)
        name_kept = self._columns.name if self._columns.name == other.name else None
        return series._of(result, both.labels, name_kept)

    def _pairwise(self, name: str, ddof: int) -> Any:
        """Every column with every other; the label of a row is that of the window and a column."""
        columns = self._columns
        numeric = [c for c, v in columns._data.items() if v.kind in "biuf"]
        tuples = [(*(label if isinstance(label, tuple) else (label,)), c) for label in columns.index for c in numeric]
        index = Index._of(Values(objects(tuples)), Names([*columns.index.names, None])) if tuples else columns.index
        order = np.arange(len(columns) * len(numeric)).reshape(len(numeric), len(columns)).T.ravel()
        data = {}
        for label in numeric:
            parts = [getattr(self[other], name)(columns[label], ddof=ddof)._values for other in numeric]
            data[label] = concatenated(parts).take(order)
        return Columnar._frame_type._of(data, index)


class Expanding(Rolling):
    """Windows from the first row to each row."""


class ExponentialMovingWindow(_Windowed):
    """All rows so far, the newest weighing most."""

    def __init__(self, columns: Any, decay: Decay, steps: Any = None) -> None:
        super().__init__(columns)
        self._decay = decay
        self._steps = steps

    def _over(self, columns: Any) -> Any:
        return type(self)(columns, self._decay, self._steps)

    def __getattribute__(self, name: str) -> Any:
        if (
            name in {"std", "var", "sum", "cov", "corr"}
            and object.__getattribute__(self, "__dict__").get("_steps") is not None
        ):
            raise unsupported(f"ewm.{name}", "times=")
        return super().__getattribute__(name)

    def mean(self, **options: Any) -> Any:
        """The weighted mean."""
        refuse("ewm.mean", {k: v for k, v in options.items() if k not in _UNHEARD})
        if self._steps is not None:
            return self._each(lambda values: weighted_in_time(values, self._steps, self._decay.needed))
        return self._each(lambda values: weighted(values, self._decay, "mean"))

    def sum(self, **options: Any) -> Any:
        """The weighted sum; weights are not adjusted to add up to one."""
        refuse("ewm.sum", {k: v for k, v in options.items() if k not in _UNHEARD})
        if not self._decay.adjust:
            raise NotImplementedError("sum is not implemented with adjust=False")
        return self._each(lambda values: weighted(values, self._decay, "sum"))

    def std(self, bias: bool = False, **options: Any) -> Any:
        """The weighted standard deviation."""
        refuse("ewm.std", {k: v for k, v in options.items() if k not in _UNHEARD})
        return self._each(lambda values: weighted(values, self._decay, "std", bias=bias))

    def var(self, bias: bool = False, **options: Any) -> Any:
        """The weighted variance."""
        refuse("ewm.var", {k: v for k, v in options.items() if k not in _UNHEARD})
        return self._each(lambda values: weighted(values, self._decay, "var", bias=bias))

    def cov(self, other: Any = None, pairwise: Any = None, bias: bool = False, **options: Any) -> Any:
        """The weighted covariance with another Series."""
        return self._pair("cov", other, pairwise, bias, options)

    def corr(self, other: Any = None, pairwise: Any = None, **options: Any) -> Any:
        """The weighted correlation with another Series."""
        return self._pair("corr", other, pairwise, False, options)

    def _pair(self, name: str, other: Any, pairwise: Any, bias: bool, options: dict[str, Any]) -> Any:
        refuse(f"ewm.{name}", {"pairwise": pairwise, **{k: v for k, v in options.items() if k not in _UNHEARD}})
        series = Columnar._series_type
        partner = self._columns if other is None else other
        if not (isinstance(self._columns, series) and isinstance(partner, series)):
            raise unsupported(f"ewm.{name}", "anything but two Series")
        both = align(self._columns.index, partner.index)
        left, right = picked(self._columns._values, both.left), picked(partner._values, both.right)
        made = weighted_pair(left, right, self._decay, correlation=name == "corr", bias=bias)
        return series._of(made, both.labels, self._columns.name if self._columns.name == partner.name else None)


class Windows(Columnar):
    """The ways into windows that Series and DataFrame share."""

    def rolling(  # noqa: PLR0917 - pandas' signature
        self, window: Any, min_periods: int | None = None, center: bool = False, win_type: Any = None, on: Any = None,
        closed: str | None = None, step: int | None = None, **options: Any,
    ) -> Rolling:  # fmt: skip
        """Windows of `window` rows, `min_periods` values (all, by default) making a result; or of a span of time."""
        refuse("rolling", {k: v for k, v in options.items() if k != "method"})
        if win_type is not None:
            raise unsupported("rolling", f"win_type={win_type!r}")
        stride = 1 if step is None else int(step)
        if isinstance(window, str | dt.timedelta | np.timedelta64) or hasattr(window, "freqstr"):
            return self._in_time(window, min_periods, center, on, closed or "right", stride)
        if on is not None:
            raise unsupported("rolling", "on= with a number of rows")
        if isinstance(window, float | np.floating) and float(window).is_integer():
            window = int(window)
        if isinstance(window, float | np.floating):
            raise ValueError("window must be an integer 0 or greater")  # noqa: TRY004 - what pandas raises
        if not isinstance(window, int | np.integer) or isinstance(window, bool):
            raise unsupported("rolling", f"window={window!r}", hint="Give a number of rows.")
        length = int(window)
        if length < 0 or (min_periods is not None and min_periods < 0):
            raise ValueError("window must be an integer 0 or greater")
        needed = length if min_periods is None else int(min_periods)
        if needed > length:
            raise ValueError(f"min_periods {needed} must be <= window {length}")
        if length == 0:
            raise unsupported("rolling", "window=0")
        late = 0
        if closed in {"left", "neither"}:
            late = 1
        if closed not in {None, "right", "left", "both", "neither"}:
            raise ValueError("closed must be 'right', 'left', 'both' or 'neither'")
        if closed in {"both", "neither"}:
            length += 1 if closed == "both" else -1
            if not length:
                raise unsupported("rolling", "an empty window")
        if late and center:
            raise unsupported("rolling", f"center=True with closed={closed!r}")
        return Rolling(self, Window(length, needed, center=center, late=late, step=stride))

    def _in_time(  # noqa: PLR0917 - the other half of `rolling`
        self, window: Any, min_periods: int | None, center: bool, on: Any, closed: str, stride: int
    ) -> Rolling:
        times = self._data[on] if on is not None else self._index._values  # type: ignore[attr-defined]
        if times.kind != "M":
            raise ValueError(f"window must be an integer 0 or greater, or the labels must be times: {window!r}")
        ticks = times.array.astype("M8[us]").astype(np.int64)
        if (np.diff(ticks) < 0).any():
            raise ValueError("index must be monotonic" if on is None else f"{on} must be monotonic")
        reach = int(Frequency.of(window).step.astype(np.int64))
        columns = self if on is None else self.drop(columns=[on])  # type: ignore[attr-defined]
        made = Rolling(
            columns,
            Span(ticks, reach, 1 if min_periods is None else int(min_periods), closed, center=center, step=stride),
        )
        if on is not None:
            made._kept = {on: times}
        return made

    def expanding(self, min_periods: int = 1, **options: Any) -> Expanding:
        """Windows from the first row on; `min_periods` values make a result."""
        refuse("expanding", {k: v for k, v in options.items() if k != "method"})
        return Expanding(self, Window(max(len(self), 1, min_periods), min_periods))

    def ewm(  # noqa: PLR0917 - pandas' signature
        self, com: float | None = None, span: float | None = None, halflife: Any = None,
        alpha: float | None = None, min_periods: int | None = 0, adjust: bool = True, ignore_na: bool = False,
        **options: Any,
    ) -> ExponentialMovingWindow:  # fmt: skip
        """Exponential weights by centre of mass, span, half-life or alpha (exactly one of them)."""
        times = options.pop("times", None)
        refuse("ewm", {k: v for k, v in options.items() if k != "method"})
        if times is not None:
            return self._aged(times, halflife, int(min_periods or 0), adjust, ignore_na)
        if isinstance(halflife, str | dt.timedelta):
            raise ValueError("halflife can only be a timedelta if times is given")  # noqa: TRY004 - what pandas raises
        decay = Decay(Decay.alpha_of(com, span, halflife, alpha), bool(adjust), bool(ignore_na), int(min_periods or 0))
        return ExponentialMovingWindow(self, decay)

    def _aged(self, times: Any, halflife: Any, needed: int, adjust: bool, ignore_na: bool) -> ExponentialMovingWindow:
        if not adjust or ignore_na:
            raise unsupported("ewm", "times= with adjust=False or ignore_na=True")
        stamps = times if isinstance(times, np.ndarray) else np.asarray(times)
        ticks = stamps.astype("M8[us]").astype(np.int64)
        reach = int(Frequency.of(halflife).step.astype(np.int64))
        steps = np.concatenate([[0.0], np.diff(ticks) / reach])
        return ExponentialMovingWindow(self, Decay(0.5, needed=needed), steps)
