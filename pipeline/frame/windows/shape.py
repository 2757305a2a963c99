"""Windows whose rows weigh differently: ``rolling(5, win_type='triang').mean()``. Shapes as in SciPy, symmetric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.frame.library.gaps import refuse
from pipeline.frame.values.values import Values
from pipeline.frame.windows.windowed import UNHEARD, Windowed

__all__ = ["ShapedWindow", "weights_of"]

_Floats = npt.NDArray[np.float64]


def _places(rows: int) -> _Floats:
    """From -1 to 1."""
    return np.linspace(-1.0, 1.0, rows) if rows > 1 else np.zeros(1)


def _cosines(*factors: float) -> Callable[[int], _Floats]:
    """A sum of cosines of multiples, such as the windows of Blackman and Nuttall."""

    def made(rows: int) -> _Floats:
        angles = np.linspace(-np.pi, np.pi, rows) if rows > 1 else np.zeros(1)
        return np.sum([factor * np.cos(k * angles) for k, factor in enumerate(factors)], axis=0)  # type: ignore[no-any-return]

    return made


def _triangle(rows: int) -> _Floats:
    middle = (rows - 1) / 2
    half = (rows + 1) / 2 if rows % 2 else rows / 2
    made: _Floats = 1.0 - np.abs(np.arange(rows) - middle) / half
    return made


def _parzen(rows: int) -> _Floats:
    away = np.abs(np.arange(rows) - (rows - 1) / 2) / (rows / 2)
    made: _Floats = np.where(away <= 0.5, 1 - 6 * away**2 * (1 - away), 2 * (1 - away) ** 3)
    return made


def _bohman(rows: int) -> _Floats:
    away = np.abs(_places(rows))
    made = (1 - away) * np.cos(np.pi * away) + np.sin(np.pi * away) / np.pi
    if rows > 1:
        made[[0, -1]] = 0.0
    return made


def _barthann(rows: int) -> _Floats:
    away = np.abs(np.arange(rows) / max(rows - 1, 1) - 0.5)
    made: _Floats = 0.62 - 0.48 * away - 0.38 * np.cos(2 * np.pi * (np.arange(rows) / max(rows - 1, 1)))
    return made


_SHAPES: dict[str, Callable[..., _Floats]] = {
    "boxcar": np.ones,
    "triang": _triangle,
    "bartlett": np.bartlett,
    "hamming": _cosines(0.54, 0.46),
    "hann": _cosines(0.5, 0.5),
    "blackman": _cosines(0.42, 0.5, 0.08),
    "blackmanharris": _cosines(0.35875, 0.48829, 0.14128, 0.01168),
    "nuttall": _cosines(0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "parzen": _parzen,
    "bohman": _bohman,
    "barthann": _barthann,
    "cosine": lambda rows: np.sin(np.pi / rows * (np.arange(rows) + 0.5)),
    "gaussian": lambda rows, std: np.exp(-0.5 * ((np.arange(rows) - (rows - 1) / 2) / std) ** 2),
    "general_gaussian": lambda rows, power, width: np.exp(
        -0.5 * np.abs((np.arange(rows) - (rows - 1) / 2) / width) ** (2 * power)
    ),
    "exponential": lambda rows, tau: np.exp(-np.abs(np.arange(rows) - (rows - 1) / 2) / tau),
    "kaiser": np.kaiser,
}
_WANTED = {
    "gaussian": ("std",), "general_gaussian": ("power", "width"), "exponential": ("tau",), "kaiser": ("beta",),
}  # fmt: skip
_OTHER_WORDS = {"p": "power", "sig": "width", "center": None}


def weights_of(shape: str, rows: int, options: dict[str, Any]) -> _Floats:
    """The weights of a window's rows. Raises ValueError for an unknown shape or a parameter that it lacks."""
    if shape not in _SHAPES:
        raise ValueError(f"Invalid win_type {shape}")
    given = {_OTHER_WORDS.get(name, name): value for name, value in options.items()}
    lost = [name for name in _WANTED.get(shape, ()) if name not in given]
    if lost:
        raise ValueError(f"{shape} window requires {', '.join(lost)}")
    return np.asarray(_SHAPES[shape](rows, *(given[name] for name in _WANTED.get(shape, ()))), dtype=np.float64)


class ShapedWindow(Windowed):
    """Windows of a fixed number of rows with weights: sums, means, and how far the rows are spread."""

    _shown = ("window", "min_periods", "center", "win_type")

    def __init__(self, columns: Any, shape: str, rows: int, needed: int, *, center: bool = False) -> None:
        super().__init__(columns)
        self.win_type, self.window, self.min_periods, self.center = shape, rows, needed, center

    def _over(self, columns: Any) -> Any:
        return ShapedWindow(columns, self.win_type, self.window, self.min_periods, center=self.center)

    def _weighed(self, read: Callable[[_Floats, _Floats, Any], _Floats], options: dict[str, Any]) -> Any:
        known = _WANTED.get(self.win_type, ())
        refuse(
            f"rolling(win_type={self.win_type!r})",
            {k: v for k, v in options.items() if k not in UNHEARD and _OTHER_WORDS.get(k, k) not in known},
        )
        weights = weights_of(self.win_type, self.window, options)
        ahead = (self.window - 1) // 2 if self.center else 0

        def change(values: Values) -> Values:
            if not len(values):
                return Values(values.floats)
            x = np.concatenate([np.full(self.window - 1, np.nan), values.finite_floats, np.full(ahead, np.nan)])
            seen = sliding_window_view(x, self.window)
            there = ~np.isnan(seen)
            with np.errstate(all="ignore"):
                made = read(np.where(there, seen, 0.0), there * weights, there)
            count = there.sum(axis=1)
            return Values(np.where(count >= max(self.min_periods, 1), made, np.nan)[ahead:])

        return self._each(change)

    def sum(self, **options: Any) -> Any:
        """The sum of the rows times their weights."""
        return self._weighed(lambda x, w, _: (x * w).sum(axis=1), options)

    def mean(self, **options: Any) -> Any:
        """The weighted mean."""
        return self._weighed(lambda x, w, _: (x * w).sum(axis=1) / w.sum(axis=1), options)

    def var(self, ddof: int = 1, **options: Any) -> Any:
        """The weighted variance."""

        def read(x: _Floats, w: _Floats, there: Any) -> _Floats:
            whole, count = w.sum(axis=1), there.sum(axis=1)
            apart = np.where(there, x - ((x * w).sum(axis=1) / whole)[:, None], 0.0)
            made = (w * apart**2).sum(axis=1) * count / ((count - ddof) * whole)
            return np.where(count > ddof, made, np.nan)

        return self._weighed(read, options)

    def std(self, ddof: int = 1, **options: Any) -> Any:
        """The weighted deviation."""
        made = self.var(ddof, **options)
        return made._each(lambda values: Values(np.sqrt(values.floats)))

    def __getattr__(self, name: str) -> Any:
        if name in {"min", "max", "median", "quantile", "skew", "kurt", "apply", "corr", "cov", "count"}:
            raise AttributeError(f"'Window' object has no attribute {name!r}")
        return super().__getattr__(name)
