"""Exponential weights as objects: ``ewm(span=12).mean()``."""

from __future__ import annotations

from typing import Any

from pipeline.frame.library.gaps import refuse
from pipeline.frame.windows.ewm import Decay, weighted, weighted_in_time, weighted_pair
from pipeline.frame.windows.pair import paired
from pipeline.frame.windows.windowed import UNHEARD, Windowed

__all__ = ["ExponentialMovingWindow"]


class ExponentialMovingWindow(Windowed):
    """All rows so far, the newest weighing most."""

    _shown = ("com", "min_periods", "adjust", "ignore_na")

    def __init__(self, columns: Any, decay: Decay, steps: Any = None) -> None:
        super().__init__(columns)
        self._decay = decay
        self._steps = steps

    def _over(self, columns: Any) -> Any:
        return type(self)(columns, self._decay, self._steps)

    @property
    def com(self) -> float:
        """The centre of mass of the weights."""
        return 1 / self._decay.alpha - 1

    @property
    def min_periods(self) -> int:
        return max(self._decay.needed, 1)

    @property
    def adjust(self) -> bool:
        return self._decay.adjust

    @property
    def ignore_na(self) -> bool:
        return self._decay.ignore_na

    def _checked(self, name: str, options: dict[str, Any]) -> None:
        refuse(f"ewm.{name}", {k: v for k, v in options.items() if k not in UNHEARD})
        if self._steps is not None and name != "mean":
            raise NotImplementedError(f"{name} is not implemented with times")

    def mean(self, **options: Any) -> Any:
        """The weighted mean."""
        self._checked("mean", options)
        if self._steps is not None:
            return self._each(lambda values: weighted_in_time(values, self._steps, self._decay))
        return self._each(lambda values: weighted(values, self._decay, "mean"))

    def sum(self, **options: Any) -> Any:
        """The weighted sum; weights are not adjusted to add up to one."""
        self._checked("sum", options)
        if not self._decay.adjust:
            raise NotImplementedError("sum is not implemented with adjust=False")
        return self._each(lambda values: weighted(values, self._decay, "sum"))

    def std(self, bias: bool = False, **options: Any) -> Any:
        """The weighted standard deviation."""
        self._checked("std", options)
        return self._each(lambda values: weighted(values, self._decay, "std", bias=bias))

    def var(self, bias: bool = False, **options: Any) -> Any:
        """The weighted variance."""
        self._checked("var", options)
        return self._each(lambda values: weighted(values, self._decay, "var", bias=bias))

    def cov(self, other: Any = None, pairwise: Any = None, bias: bool = False, **options: Any) -> Any:
        """The weighted covariance with another Series, the columns of the same name, or all pairs of columns."""
        self._checked("cov", options)
        return self._pair(other, pairwise, correlation=False, bias=bias)

    def corr(self, other: Any = None, pairwise: Any = None, **options: Any) -> Any:
        """The weighted correlation with another Series, the columns of the same name, or all pairs of columns."""
        self._checked("corr", options)
        return self._pair(other, pairwise, correlation=True, bias=False)

    def _pair(self, other: Any, pairwise: Any, *, correlation: bool, bias: bool) -> Any:
        decay = self._decay
        return paired(
            self._columns,
            other,
            pairwise,
            lambda left, right: weighted_pair(left, right, decay, correlation=correlation, bias=bias),
        )
