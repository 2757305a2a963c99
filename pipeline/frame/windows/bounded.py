"""Windows whose beginnings and ends are given row by row: those of an indexer, empty ones, centred and closed ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.values.values import Array

__all__ = ["BaseIndexer", "Bounds", "FixedForwardWindowIndexer", "VariableOffsetWindowIndexer", "fixed_bounds"]


class Bounds:
    """Windows by where they begin and end; `needed` of their values make a result."""

    def __init__(self, starts: Array, ends: Array, needed: int, *, step: int = 1) -> None:
        self.starts = np.asarray(starts, dtype=np.int64)
        self.ends = np.asarray(ends, dtype=np.int64)
        self.needed = needed
        self.step = step

    @property
    def least(self) -> int:
        """How many values make a result; at least one."""
        return max(self.needed, 1)

    def bounds(self, rows: int) -> tuple[Array, Array]:
        """Where the window of each row begins and ends."""
        if len(self.starts) != rows:
            raise ValueError(f"start and end bounds ({len(self.starts)}) must be the same length as the rows ({rows})")
        return self.starts, self.ends


def fixed_bounds(rows: int, length: int, closed: str | None, *, center: bool) -> tuple[Array, Array]:
    """Windows of `length` rows, closed as pandas closes them, clipped to the rows that there are."""
    offset = (length - 1) // 2 if center or length == 0 else 0
    ends = np.arange(1 + offset, rows + 1 + offset)
    starts = ends - length
    if closed in {"left", "both"}:
        starts = starts - 1
    if closed in {"left", "neither"}:
        ends = ends - 1
    return np.clip(starts, 0, rows), np.clip(ends, 0, rows)


class BaseIndexer:
    """What an author subclasses to say where windows begin and end, in ``get_window_bounds``."""

    def __init__(self, index_array: Any = None, window_size: int = 0, **parameters: Any) -> None:
        self.index_array = index_array
        self.window_size = window_size
        for name, value in parameters.items():
            setattr(self, name, value)

    def get_window_bounds(
        self, num_values: int = 0, min_periods: int | None = None, center: bool | None = None,
        closed: str | None = None, step: int | None = None,
    ) -> tuple[Array, Array]:  # fmt: skip
        """Arrays of first rows and of rows after the last, one for each window."""
        raise NotImplementedError


class FixedForwardWindowIndexer(BaseIndexer):
    """Windows of `window_size` rows that begin with each row: they look ahead."""

    def get_window_bounds(
        self, num_values: int = 0, min_periods: int | None = None, center: bool | None = None,  # noqa: ARG002
        closed: str | None = None, step: int | None = None,
    ) -> tuple[Array, Array]:  # fmt: skip
        """Arrays of first rows and of rows after the last, one for each window."""
        if center:
            raise ValueError("Forward-looking windows can't have center=True")
        if closed is not None:
            raise ValueError("Forward-looking windows don't support setting the closed argument")
        starts = np.arange(0, num_values, step or 1, dtype=np.int64)
        return starts, np.minimum(starts + self.window_size, num_values)


class VariableOffsetWindowIndexer(BaseIndexer):
    """Windows that reach back an offset of the calendar, such as three weekdays, from the label of each row."""

    def __init__(
        self, index_array: Any = None, window_size: int = 0, index: Any = None, offset: Any = None, **parameters: Any
    ) -> None:
        super().__init__(index_array, window_size, **parameters)
        if getattr(getattr(index, "_values", None), "kind", "") != "M":
            raise ValueError("index must be a DatetimeIndex.")
        if not hasattr(offset, "_apply"):
            raise ValueError("offset must be a DateOffset-like object.")
        self.index, self.offset = index, offset

    def get_window_bounds(
        self, num_values: int = 0, min_periods: int | None = None, center: bool | None = None,  # noqa: ARG002
        closed: str | None = None, step: int | None = None,  # noqa: ARG002
    ) -> tuple[Array, Array]:  # fmt: skip
        """Arrays of first rows and of rows after the last, one for each window."""
        closed = closed or ("right" if self.index is not None else "both")
        ticks = self.index.array
        falling = num_values > 1 and ticks[-1] < ticks[0]
        back = (self.index + self.offset if falling else self.index - self.offset).array
        if falling:
            ticks, back = -ticks.astype(np.int64), -back.astype(np.int64)
        starts = np.searchsorted(ticks, back, side="left" if closed in {"left", "both"} else "right")
        own = np.arange(1, num_values + 1)
        ends = own if closed in {"right", "both"} else np.searchsorted(ticks, ticks, side="left")
        return starts.astype(np.int64), np.maximum(ends, starts).astype(np.int64)
