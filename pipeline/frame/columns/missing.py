"""Missing values: found, filled, carried on, dropped."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.library.gaps import note_spelling, refuse, unsupported
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.faces import narrowed
from pipeline.frame.values.values import Array, Values, missing_mask

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
        elif isinstance(value, Columnar | dict):
            result = self._fill_from(value, limit)
        else:
            result = self._each(lambda values: filled(values, value, limit))
        return self._settled(result, inplace, "fillna")

    def _fill_from(self, other: Any, limit: int | None) -> Any:
        def change(values: Values, partner: Any) -> Values:
            if not isinstance(partner, Values):
                return filled(values, partner, limit)
            gone = _first_missing(values, limit)
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

    def interpolate(
        self, method: str = "linear", *, axis: Any = 0, limit: int | None = None, inplace: bool = False,
        limit_direction: str | None = None, limit_area: str | None = None, **options: Any,
    ) -> Any:  # fmt: skip
        """Missing between two values on the line from one to the other, by row or (`time`, `index`) by label.

        The tail keeps the last value, the head stays missing, unless `limit_direction` or `limit_area` say otherwise.
        """
        refuse("interpolate", {"axis": axis, **options})
        if method in {"pad", "ffill", "bfill", "backfill"}:
            note_spelling(f"interpolate(method={method!r})", "ffill() or bfill()")
            backward = method in {"bfill", "backfill"}
            result = self._each(lambda values: carried(values, backward=backward, limit=limit))
            return self._settled(result, inplace, "interpolate")
        if method not in {"linear", "time", "index", "values"}:
            raise unsupported("interpolate", f"method={method!r}")
        if limit_direction not in {None, "forward", "backward", "both"}:
            raise ValueError("limit_direction must be 'forward', 'backward' or 'both'")
        at = np.arange(len(self), dtype=np.float64)
        if method != "linear":
            labels = self._index.array
            at = labels.astype(np.int64).astype(np.float64) if labels.dtype.kind in "Mm" else labels.astype(np.float64)
        way = limit_direction or "forward"
        result = self._each_numeric(lambda values: interpolated(values, at, way, limit, limit_area))
        return self._settled(result, inplace, "interpolate")


def _first_missing(values: Values, limit: int | None) -> Array:
    """Where values are missing; no more than the first `limit` of them."""
    gone = missing_mask(values.array)
    if limit is not None:
        if limit <= 0:
            raise ValueError("Limit must be greater than 0")
        gone = gone & (np.cumsum(gone) <= limit)
    return gone


def filled(values: Values, scalar: Any, limit: int | None = None) -> Values:
    """Missing replaced by a scalar; a condition with holes is a condition again once they are filled."""
    gone = _first_missing(values, limit)
    if not gone.any() or is_missing(scalar):
        return values
    done = values.assigned(gone, scalar)
    if done.kind == "O":
        return done if done.kinds is not None or done.sense is not None else Values(narrowed(done.array))
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
    plain = done.kind == "O" and done.kinds is None and done.sense is None
    return Values(narrowed(done.array)) if plain and (positions >= 0).all() else done


def _last_present(gone: npt.NDArray[np.bool_], limit: int | None) -> npt.NDArray[np.intp]:
    rows = np.arange(len(gone), dtype=np.intp)
    last = np.maximum.accumulate(np.where(gone, -1, rows))
    if limit is not None:
        last = np.where(rows - last > limit, -1, last)
    return last


def interpolated(
    values: Values, at: npt.NDArray[np.float64], way: str = "forward", limit: int | None = None, area: str | None = None
) -> Values:
    """Straight lines over the holes, values standing at the places `at`."""
    floats = values.floats
    gone = np.isnan(floats)
    if not gone.any() or gone.all():
        return values
    seen = np.flatnonzero(~gone)
    made = np.where(gone, np.interp(at, at[seen], floats[seen]), floats)
    rows = np.arange(len(floats))
    before, after = rows < seen[0], rows > seen[-1]
    lost = np.zeros(len(floats), dtype=np.bool_)
    # how far a hole's row is from the value on either side
    back = rows - np.maximum.accumulate(np.where(gone, -1, rows))
    ahead = np.minimum.accumulate(np.where(gone, len(rows), rows)[::-1])[::-1] - rows
    reach = len(rows) if limit is None else limit
    forward, backward = (back <= reach) & ~before, (ahead <= reach) & ~after
    lost |= gone & ~(forward if way == "forward" else backward if way == "backward" else forward | backward)
    if area == "inside":
        lost |= before | after
    elif area == "outside":
        lost |= gone & ~(before | after)
    made[lost] = np.nan
    return Values(made)
