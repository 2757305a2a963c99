"""Missing values: found, filled, carried on, dropped."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.frame.columnar import Columnar
from pipeline.frame.faces import narrowed
from pipeline.frame.gaps import note_spelling, refuse, unsupported
from pipeline.frame.moment import is_missing
from pipeline.frame.values import Values, missing_mask

__all__ = ["Missing", "carried", "filled", "interpolated"]


class Missing(Columnar):
    """What Series and DataFrame do about missing values. Missing is None, NaN, NaT and NA."""

    def isna(self) -> Any:
        """True where missing."""
        return self._each(lambda values: Values(missing_mask(values.array)))

    isnull = isna

    def notna(self) -> Any:
        """True where not missing."""
        return self._each(lambda values: Values(~missing_mask(values.array)))

    notnull = notna

    def fillna(
        self, value: Any = None, *, method: str | None = None, inplace: bool = False, limit: int | None = None,
        **options: Any,
    ) -> Any:  # fmt: skip
        """Missing replaced by `value`: a scalar, or labels with values of their own."""
        options.pop("downcast", None)
        axis = options.pop("axis", None)
        if axis in {1, "columns"}:
            raise unsupported("fillna", f"axis={axis!r}")
        refuse("fillna", options)
        if method is not None:
            forward = method in {"ffill", "pad"}
            note_spelling(f"fillna(method={method!r})", "ffill()" if forward else "bfill()")
            result = self._each(lambda values: carried(values, backward=not forward, limit=limit))
        elif limit is not None:
            raise unsupported("fillna", f"limit={limit!r} with a value")
        elif isinstance(value, Columnar | dict):
            result = self._fill_from(value)
        else:
            result = self._each(lambda values: filled(values, value))
        return self._settled(result, inplace, "fillna")

    def _fill_from(self, other: Any) -> Any:
        def change(values: Values, partner: Any) -> Values:
            if not isinstance(partner, Values):
                return filled(values, partner)
            gone = missing_mask(values.array)
            return values.assigned(gone, partner.take(gone)) if gone.any() else values

        return self._paired(other, change, how="fill")

    def ffill(self, *, axis: Any = None, inplace: bool = False, limit: int | None = None, **options: Any) -> Any:
        """The last value carried forward, over `limit` rows at most."""
        refuse("ffill", {"axis": axis, **options})
        result = self._each(lambda values: carried(values, backward=False, limit=limit))
        return self._settled(result, inplace, "ffill")

    def bfill(self, *, axis: Any = None, inplace: bool = False, limit: int | None = None, **options: Any) -> Any:
        """The next value carried back, over `limit` rows at most."""
        refuse("bfill", {"axis": axis, **options})
        result = self._each(lambda values: carried(values, backward=True, limit=limit))
        return self._settled(result, inplace, "bfill")

    pad, backfill = ffill, bfill

    def interpolate(self, method: str = "linear", *, inplace: bool = False, **options: Any) -> Any:
        """Missing between two values on the straight line from one to the other, by row; the tail stays level."""
        if method not in {"linear", "time", "index"} or method != "linear":
            raise unsupported("interpolate", f"method={method!r}")
        refuse("interpolate", options)
        return self._settled(self._each_numeric(interpolated), inplace, "interpolate")


def filled(values: Values, scalar: Any) -> Values:
    """Missing replaced by a scalar; a condition with holes is a condition again once they are filled."""
    gone = missing_mask(values.array)
    if not gone.any() or is_missing(scalar):
        return values
    done = values.assigned(gone, scalar)
    if done.kind == "O":
        return Values(narrowed(done.array))
    return done


def carried(values: Values, *, backward: bool, limit: int | None = None) -> Values:
    """Missing replaced by the nearest value before it (after it, when `backward`)."""
    gone = missing_mask(values.array)
    if not gone.any():
        return values
    if backward:
        positions = _last_present(gone[::-1], limit)[::-1]
        positions = np.where(positions < 0, -1, len(gone) - 1 - positions)
    else:
        positions = _last_present(gone, limit)
    done = values.take_or_missing(positions)
    return Values(narrowed(done.array)) if done.kind == "O" and (positions >= 0).all() else done


def _last_present(gone: npt.NDArray[np.bool_], limit: int | None) -> npt.NDArray[np.intp]:
    rows = np.arange(len(gone), dtype=np.intp)
    last = np.maximum.accumulate(np.where(gone, -1, rows))
    if limit is not None:
        last = np.where(rows - last > limit, -1, last)
    return last


def interpolated(values: Values) -> Values:
    """Straight lines over the holes; the tail keeps the last value, the head stays missing."""
    return Values.of(values.clean.interpolate().forward_fill())
