"""Columns seen through windows of any kind: choosing columns, several statistics at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Change, Columnar
from pipeline.frame.library.error_types import DataError
from pipeline.frame.library.gaps import missing_name, unsupported
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.values import Values

__all__ = ["UNHEARD", "Windowed"]

UNHEARD = {"engine", "engine_kwargs", "numeric_only"}
"""Arguments that change how pandas computes, not what."""


class Windowed:
    """Columns seen through windows. Arguments that numpy would pass on are refused unless they ask for nothing."""

    def __init__(self, columns: Any) -> None:
        self._columns = columns

    _shown: tuple[str, ...] = ()
    """What an author can ask the object for that he made it with."""
    _kept: tuple[Any, Values, list[Any]] | None = None
    """A column that the windows go by, and the columns that it stood among; it stays in the result."""

    @property
    def _attributes(self) -> list[str]:
        return list(self._shown)

    @property
    def ndim(self) -> int:
        """1 for a Series, 2 for a frame."""
        return int(self._columns.ndim)

    @property
    def obj(self) -> Any:
        """What is seen through the windows."""
        return self._columns

    def _each(self, change: Change) -> Any:
        columns = self._columns
        if not hasattr(columns, "columns") and columns._values.kind in "OMm" and not _numbers(columns._values):
            raise DataError("No numeric types to aggregate")
        made = columns._each_numeric(change)
        if self._kept is not None and hasattr(made, "columns"):
            name, values, among = self._kept
            labels = list(made._data)
            before = set(among[: among.index(name)]) if name in among else set(labels)
            place = sum(label in before for label in labels)
            data = {
                **{c: made._data[c] for c in labels[:place]},
                name: values,
                **{c: made._data[c] for c in labels[place:]},
            }
            made = type(made)._of(data, made.index)
        return made

    def _over(self, columns: Any) -> Any:
        raise NotImplementedError

    # without it Python would ask for the columns 0, 1, 2, … for ever
    __iter__: Any = None

    def __getitem__(self, key: Any) -> Any:
        return self._over(self._columns[key])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        columns = self.__dict__.get("_columns")
        if columns is not None and hasattr(columns, "columns") and name in columns.columns:
            return self[name]
        raise missing_name(type(self).__name__, name, "window", type(self))

    def aggregate(self, func: Any = None, *args: Any, **kwargs: Any) -> Any:
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
                parts = {(c, n): self[c].aggregate(f) for c in numeric for n, f in zip(names, func, strict=True)}
                rows = next(iter(parts.values())).index if parts else self._columns.index
                return Columnar._frame_type._of({key: one._values for key, one in parts.items()}, rows)
            return Columnar._frame_type({n: self.aggregate(f) for n, f in zip(names, func, strict=True)})
        if callable(func) and hasattr(self, "apply"):
            known = {np.mean: "mean", np.sum: "sum", np.std: "std", np.max: "max", np.min: "min", np.median: "median"}
            return getattr(self, known[func])() if func in known else self.apply(func, *args, **kwargs)
        raise unsupported("agg", f"{func!r}")

    agg = aggregate


def _numbers(values: Values) -> bool:
    """True for objects that are all numbers or missing."""
    return values.kind == "O" and all(isinstance(x, int | float | np.number) or is_missing(x) for x in values.array)
