"""Windows as objects: ``rolling(20).mean()``, ``expanding().max()``, ``ewm(span=12).mean()``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.frame.alignment import align, picked
from pipeline.frame.columnar import Change, Columnar
from pipeline.frame.ewm import Decay, weighted
from pipeline.frame.gaps import missing_name, refuse, unsupported
from pipeline.frame.rolling import Window, applied, paired_window, rolled

__all__ = ["Expanding", "ExponentialMovingWindow", "Rolling", "Windows"]


class _Windowed:
    """Columns seen through windows. Arguments that numpy would pass on are refused unless they ask for nothing."""

    def __init__(self, columns: Any) -> None:
        self._columns = columns

    def _each(self, change: Change) -> Any:
        return self._columns._each_numeric(change)

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
            return Columnar._frame_type({getattr(f, "__name__", f): self.aggregate(f) for f in func})
        if callable(func) and hasattr(self, "apply"):
            known = {np.mean: "mean", np.sum: "sum", np.std: "std", np.max: "max", np.min: "min", np.median: "median"}
            return getattr(self, known[func])() if func in known else self.apply(func, *args, **kwargs)
        raise unsupported("agg", f"{func!r}")

    agg = aggregate


class Rolling(_Windowed):
    """Windows of a fixed number of rows."""

    def __init__(self, columns: Any, window: Window) -> None:
        super().__init__(columns)
        self._window = window

    def _over(self, columns: Any) -> Any:
        return type(self)(columns, self._window)

    def _statistic(self, name: str, options: dict[str, Any], **given: Any) -> Any:
        refuse(f"rolling.{name}", {k: v for k, v in options.items() if k not in {"engine", "engine_kwargs"}})
        return self._each(lambda values: rolled(values, self._window, name, **given))

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
        refuse("rolling.apply", {k: v for k, v in o.items() if k not in {"engine", "engine_kwargs"}})
        extra = kwargs or {}
        make = Columnar._series_type
        if raw:
            return self._applied(lambda x: func(x, *(args or ()), **extra))
        return self._applied(lambda x: func(make(x), *(args or ()), **extra))

    def _applied(self, function: Callable[[Any], Any]) -> Any:
        bounds = self._window.bounds(len(self._columns))
        return self._each(lambda values: applied(values, bounds, self._window.needed, function))

    def corr(self, other: Any = None, *, pairwise: Any = None, ddof: int = 1, **options: Any) -> Any:
        """Pearson's correlation with another Series in each window."""
        return self._pair("corr", other, pairwise, ddof, options)

    def cov(self, other: Any = None, *, pairwise: Any = None, ddof: int = 1, **options: Any) -> Any:
        """The covariance with another Series in each window."""
        return self._pair("cov", other, pairwise, ddof, options)

    def _pair(self, name: str, other: Any, pairwise: Any, ddof: int, options: dict[str, Any]) -> Any:
        refuse(f"rolling.{name}", {"pairwise": pairwise, **options})
        series = Columnar._series_type
        if not (isinstance(other, series) and isinstance(self._columns, series)):
            raise unsupported(f"rolling.{name}", "anything but two Series")
        both = align(self._columns.index, other.index)
        left, right = picked(self._columns._values, both.left), picked(other._values, both.right)
        result = paired_window(left, right, self._window, correlation=name == "corr", ddof=ddof)
        name_kept = self._columns.name if self._columns.name == other.name else None
        return series._of(result, both.labels, name_kept)


class Expanding(Rolling):
    """Windows from the first row to each row."""


class ExponentialMovingWindow(_Windowed):
    """All rows so far, the newest weighing most."""

    def __init__(self, columns: Any, decay: Decay) -> None:
        super().__init__(columns)
        self._decay = decay

    def _over(self, columns: Any) -> Any:
        return type(self)(columns, self._decay)

    def mean(self, **options: Any) -> Any:
        """The weighted mean."""
        refuse("ewm.mean", options)
        return self._each(lambda values: weighted(values, self._decay, "mean"))

    def sum(self, **options: Any) -> Any:
        """The weighted sum; weights are not adjusted to add up to one."""
        refuse("ewm.sum", options)
        if not self._decay.adjust:
            raise NotImplementedError("sum is not implemented with adjust=False")
        return self._each(lambda values: weighted(values, self._decay, "sum"))

    def std(self, bias: bool = False, **options: Any) -> Any:
        """The weighted standard deviation."""
        refuse("ewm.std", options)
        return self._each(lambda values: weighted(values, self._decay, "std", bias=bias))

    def var(self, bias: bool = False, **options: Any) -> Any:
        """The weighted variance."""
        refuse("ewm.var", options)
        return self._each(lambda values: weighted(values, self._decay, "var", bias=bias))


class Windows(Columnar):
    """The ways into windows that Series and DataFrame share."""

    def rolling(self, window: Any, min_periods: int | None = None, center: bool = False, **options: Any) -> Rolling:
        """Windows of `window` rows; `min_periods` values (all, by default) make a result."""
        if options.get("closed") == "right":
            del options["closed"]
        refuse("rolling", options)
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
        return Rolling(self, Window(length, needed, center=center))

    def expanding(self, min_periods: int = 1, **options: Any) -> Expanding:
        """Windows from the first row on; `min_periods` values make a result."""
        refuse("expanding", options)
        return Expanding(self, Window(max(len(self), 1, min_periods), min_periods))

    def ewm(  # noqa: PLR0917 - pandas' signature
        self, com: float | None = None, span: float | None = None, halflife: float | None = None,
        alpha: float | None = None, min_periods: int | None = 0, adjust: bool = True, ignore_na: bool = False,
        **options: Any,
    ) -> ExponentialMovingWindow:  # fmt: skip
        """Exponential weights by centre of mass, span, half-life or alpha (exactly one of them)."""
        refuse("ewm", options)
        if isinstance(halflife, str):
            raise unsupported("ewm", f"halflife={halflife!r}")
        decay = Decay(Decay.alpha_of(com, span, halflife, alpha), bool(adjust), bool(ignore_na), int(min_periods or 0))
        return ExponentialMovingWindow(self, decay)
