"""A column: the values of one output on an axis, with two faces.

Engine-side, missing is null (polars); inside kernels, missing is NaN (numpy). Each face is made
when it is first asked for and kept, so a chain of kernels never builds a null mask in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.model.kind import Dtype

__all__ = ["Column", "FloatArray", "FullStrength", "polars_dtype"]

FloatArray: TypeAlias = npt.NDArray[np.float64]

_POLARS: dict[str, type[pl.DataType]] = {"float": pl.Float64, "event": pl.Int8, "bool": pl.Boolean}


def polars_dtype(dtype: Dtype) -> type[pl.DataType]:
    """The polars dtype in which columns of a kind's `dtype` rest."""
    return _POLARS[dtype]


class Column:
    """Values of one output, one per row of an axis. Immutable by contract: never write into a face."""

    __slots__ = ("_array", "_series", "_whole", "dtype")

    def __init__(
        self,
        *,
        dtype: Dtype = "float",
        array: FloatArray | None = None,
        series: pl.Series | None = None,
        whole: bool = False,
    ) -> None:
        """Made of one face; `whole` says of an array that nothing in it is missing, so that nobody needs to look."""
        if (array is None) == (series is None):
            raise ValueError("a column is made from an array or from a series")
        self.dtype = dtype
        self._array = array
        self._series = series
        self._whole = whole

    def __len__(self) -> int:
        face = self._array if self._array is not None else self._series
        return len(face)  # type: ignore[arg-type]

    @property
    def array(self) -> FloatArray:
        """Float64 values, read-only; NaN where missing; conditions are 0.0 and 1.0."""
        if self._array is None:
            assert self._series is not None
            series = self._series.cast(pl.Float64)
            # to_numpy takes four times as long where there are nulls
            array = (series.fill_null(float("nan")) if series.null_count() else series).to_numpy()
            # a polars buffer is shared, never writable; a copy is locked as well
            array.flags.writeable = False
            self._array = array
        return self._array

    @property
    def made_of_array(self) -> bool:
        """True when the array is there already."""
        return self._array is not None

    @property
    def series(self) -> pl.Series:
        """Float64, Int8 or Boolean values; null where missing, never NaN."""
        if self._series is None:
            assert self._array is not None
            series = pl.Series(self._array, nan_to_null=not self._whole)
            if self.dtype == "event":
                series = series.cast(pl.Int8)
            elif self.dtype == "bool":
                series = series != 0.0
            self._series = series
        return self._series

    @property
    def whole(self) -> bool:
        """True when nothing is missing, as far as that is known without looking at the values."""
        return self._whole or (self._series is not None and not self._series.null_count())

    def write(self, place: FloatArray) -> None:
        """Write the values of the array face into `place`, as long as this; makes no face where it can do without."""
        series = self._series
        missing = 0 if self._array is not None or series is None else series.null_count()
        if missing and series is not None and series.head(missing).null_count() == missing:  # nothing but a warm-up
            place[:missing] = np.nan
            place[missing:] = series.slice(missing).to_numpy()
        else:
            place[:] = self.array

    def slice(self, start: int, stop: int) -> Column:
        """The values from row `start` to before row `stop`."""
        if self._array is not None:
            return Column(dtype=self.dtype, array=self._array[start:stop], whole=self._whole)
        return Column(dtype=self.dtype, series=self.series.slice(start, stop - start))

    def take(self, rows: npt.NDArray[np.int64]) -> Column:
        """The values at some rows."""
        if self._array is not None:
            array = self._array[rows]
            array.flags.writeable = False
            return Column(dtype=self.dtype, array=array)
        return Column(dtype=self.dtype, series=self.series.gather(pl.Series(rows)))

    @classmethod
    def stacked(cls, pieces: Sequence[Column], dtype: Dtype) -> Column:
        """The pieces one below the other, and one missing value behind the last."""
        return cls(dtype=dtype, array=np.concatenate([*(piece.array for piece in pieces), [np.nan]]))

    @property
    def nbytes(self) -> int:
        """Bytes that the values take in memory, without null masks."""
        return len(self) * (8 if self.dtype == "float" else 1)


class FullStrength(Column):
    """The strength of events that come without one: 1 where there is an event, missing where there is none.

    It is made when it is asked for: most of its takers know what it is.
    """

    __slots__ = ("_event",)

    def __init__(self, event: Column) -> None:
        self.dtype = "float"
        self._array = self._series = None
        self._whole = False
        self._event = event

    def __len__(self) -> int:
        return len(self._event)

    @property
    def array(self) -> FloatArray:
        """1.0, or NaN."""
        if self._array is None:
            array = self._event.array * 0.0  # NaN stays NaN
            array += 1.0
            array.flags.writeable = False
            self._array = array
        return self._array

    @property
    def made_of_array(self) -> bool:
        """True when that of the events is there already."""
        return self._event.made_of_array

    @property
    def series(self) -> pl.Series:
        """1.0, or null."""
        if self._series is None:
            if self._event.made_of_array:
                self._series = pl.Series(self.array, nan_to_null=True)
            else:
                event = self._event.series
                self._series = pl.select(pl.when(event.is_not_null()).then(pl.lit(1.0))).to_series()
        return self._series

    def slice(self, start: int, stop: int) -> Column:
        """The values from row `start` to before row `stop`."""
        return FullStrength(self._event.slice(start, stop))

    def take(self, rows: npt.NDArray[np.int64]) -> Column:
        """The values at some rows."""
        return FullStrength(self._event.take(rows))
