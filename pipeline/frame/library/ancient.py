"""Functions of the first pandas versions that old code still calls: ``pd.ewma``, ``pd.rolling_mean`` and kin."""

from __future__ import annotations

from typing import Any

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.library.gaps import note_spelling

__all__ = [
    "ewma", "ewmstd", "ewmvar", "rolling_apply", "rolling_corr", "rolling_count", "rolling_cov", "rolling_max",
    "rolling_mean", "rolling_median", "rolling_min", "rolling_quantile", "rolling_std", "rolling_sum", "rolling_var",
]  # fmt: skip


def _series(arg: Any) -> Any:
    return arg if isinstance(arg, Columnar) else Columnar._series_type(arg)


def _windows(arg: Any, window: int, name: str, min_periods: Any, center: bool) -> Any:
    note_spelling(f"pd.rolling_{name}", f"series.rolling(window).{name}()")
    return _series(arg).rolling(window, min_periods=min_periods, center=center)


def _decay(arg: Any, name: str, options: dict[str, Any]) -> Any:
    note_spelling(f"pd.ewm{name[0] if name == 'mean' else name}", f"series.ewm(…).{name}()")
    return getattr(_series(arg).ewm(**options), name)()


def ewma(
    arg: Any, com: Any = None, span: Any = None, halflife: Any = None, min_periods: int = 0, **options: Any
) -> Any:
    """``series.ewm(…).mean()``."""
    return _decay(arg, "mean", {"com": com, "span": span, "halflife": halflife, "min_periods": min_periods, **options})


def ewmstd(
    arg: Any, com: Any = None, span: Any = None, halflife: Any = None, min_periods: int = 0, **options: Any
) -> Any:
    """``series.ewm(…).std()``."""
    return _decay(arg, "std", {"com": com, "span": span, "halflife": halflife, "min_periods": min_periods, **options})


def ewmvar(
    arg: Any, com: Any = None, span: Any = None, halflife: Any = None, min_periods: int = 0, **options: Any
) -> Any:
    """``series.ewm(…).var()``."""
    return _decay(arg, "var", {"com": com, "span": span, "halflife": halflife, "min_periods": min_periods, **options})


def rolling_mean(arg: Any, window: int, min_periods: Any = None, center: bool = False) -> Any:
    """``series.rolling(window).mean()``."""
    return _windows(arg, window, "mean", min_periods, center).mean()


def rolling_sum(arg: Any, window: int, min_periods: Any = None, center: bool = False) -> Any:
    """``series.rolling(window).sum()``."""
    return _windows(arg, window, "sum", min_periods, center).sum()


def rolling_min(arg: Any, window: int, min_periods: Any = None, center: bool = False) -> Any:
    """``series.rolling(window).min()``."""
    return _windows(arg, window, "min", min_periods, center).min()


def rolling_max(arg: Any, window: int, min_periods: Any = None, center: bool = False) -> Any:
    """``series.rolling(window).max()``."""
    return _windows(arg, window, "max", min_periods, center).max()


def rolling_median(arg: Any, window: int, min_periods: Any = None, center: bool = False) -> Any:
    """``series.rolling(window).median()``."""
    return _windows(arg, window, "median", min_periods, center).median()


def rolling_count(arg: Any, window: int, min_periods: Any = None, center: bool = False) -> Any:
    """``series.rolling(window).count()``."""
    return _windows(arg, window, "count", 0 if min_periods is None else min_periods, center).count()


def rolling_std(arg: Any, window: int, min_periods: Any = None, center: bool = False, ddof: int = 1) -> Any:
    """``series.rolling(window).std()``."""
    return _windows(arg, window, "std", min_periods, center).std(ddof)


def rolling_var(arg: Any, window: int, min_periods: Any = None, center: bool = False, ddof: int = 1) -> Any:
    """``series.rolling(window).var()``."""
    return _windows(arg, window, "var", min_periods, center).var(ddof)


def rolling_quantile(arg: Any, window: int, quantile: float, min_periods: Any = None, center: bool = False) -> Any:
    """``series.rolling(window).quantile(quantile)``."""
    return _windows(arg, window, "quantile", min_periods, center).quantile(quantile)


def rolling_apply(
    arg: Any, window: int, func: Any, min_periods: Any = None, center: bool = False, **options: Any
) -> Any:
    """``series.rolling(window).apply(func, raw=True)``: these functions always got arrays."""
    made = _windows(arg, window, "apply", min_periods, center)
    return made.apply(func, raw=True, args=options.get("args", ()), kwargs=options.get("kwargs") or {})


def rolling_corr(arg1: Any, arg2: Any, window: int, min_periods: Any = None, center: bool = False) -> Any:
    """``series.rolling(window).corr(other)``."""
    return _windows(arg1, window, "corr", min_periods, center).corr(_series(arg2))


def rolling_cov(arg1: Any, arg2: Any, window: int, min_periods: Any = None, center: bool = False) -> Any:
    """``series.rolling(window).cov(other)``."""
    return _windows(arg1, window, "cov", min_periods, center).cov(_series(arg2))
