"""Two columns (or a column and a scalar) to one: arithmetic, comparison, logic, with the meaning of missing.

Missing spreads through arithmetic; every comparison with it is False, but for != which is True; in logic it
counts as False.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.frame.time.moment import Timedelta, Timestamp, is_missing
from pipeline.frame.values.faces import narrowed
from pipeline.frame.values.sensed import sensed, with_sense
from pipeline.frame.values.values import Array, Values, missing_mask, plain_scalar

__all__ = ["ARITHMETIC", "COMPARISONS", "LOGIC", "Operation", "apply_ufunc", "binary", "swapped"]

Operation = Callable[[Any, Any], Any]

ARITHMETIC: dict[str, Operation] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "pow": operator.pow,
}
COMPARISONS: dict[str, Operation] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
LOGIC: dict[str, Operation] = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}

_OPERATIONS = {**ARITHMETIC, **COMPARISONS, **LOGIC}


def swapped(name: str) -> Callable[[Values, Any], Values]:
    """The operation with its sides exchanged, for ``1 - series``."""
    return lambda right, left: binary(name, left, right)


def binary(name: str, left: Any, right: Any) -> Values:
    """The operation `name` on two columns of equal length, or on a column and a scalar on either side."""
    if sensed(left, right):
        return with_sense(name, left, right, binary)
    zone = next((side.zone for side in (left, right) if isinstance(side, Values) and side.zone), None)
    first, second = _operand(left, right), _operand(right, left)
    if name in LOGIC:
        result = np.asarray(_OPERATIONS[name](_logical(first), _logical(second)))
        return Values(result if _integers(first) and _integers(second) else result.astype(np.bool_))
    if name in COMPARISONS.keys() - {"eq", "ne"} and isinstance(left, Values) and left.kinds is not None:
        return _compared_kinds(_OPERATIONS[name], left, right)
    if name in COMPARISONS:
        return Values(_compared(_OPERATIONS[name], first, second, unequal=name == "ne"))
    result = _computed(name, first, second)
    return Values.of(Values(result, zone=zone if result.dtype.kind == "M" else None))


def _compared_kinds(operation: Any, left: Values, right: Any) -> Values:
    """Ordered categories, one above the other; missing is neither."""
    kinds = left.kinds
    assert kinds is not None
    if not kinds.ordered:
        raise TypeError("Unordered Categoricals can only compare equality or not")
    mine = kinds.codes(left.array)
    theirs: Any = kinds.codes(right.array) if isinstance(right, Values) else None
    if theirs is None:
        if right not in kinds.items:
            raise TypeError(f"Cannot compare a Categorical with a scalar that is none of its categories: {right!r}")
        theirs = kinds.items.index(right)
    return Values(operation(mine, theirs) & (mine >= 0) & (np.asarray(theirs) >= 0))


def apply_ufunc(function: np.ufunc, operands: list[Any], options: dict[str, Any]) -> Any:
    """A numpy function on the arrays of the operands; zeros divided and the like are missing, without a word."""
    arrays = [op.array if isinstance(op, Values) else plain_scalar(op) for op in operands]
    arrays = [narrowed_or_floats(a) if isinstance(a, np.ndarray) and a.dtype.kind == "O" else a for a in arrays]
    with np.errstate(all="ignore"):
        return function(*arrays, **options)


def narrowed_or_floats(array: Array) -> Array:
    """Objects as numbers when that is what they are."""
    try:
        return narrowed(array) if not missing_mask(array).any() else array.astype(np.float64)
    except (TypeError, ValueError):
        return array


def _operand(side: Any, other: Any) -> Any:
    if isinstance(side, Values):
        return side.array
    if isinstance(other, Values) and other.kind in "Mm":
        text = isinstance(side, str)
        if text:
            try:
                side = Timestamp(side) if other.kind == "M" else Timedelta(side)
            except ValueError:
                # a text that is no time: equal to none, as `_compared` says
                return side
        if text and other.zone and side.tzinfo is None:
            side = side.tz_localize(other.zone)
        elif isinstance(side, Timestamp) and (side.tzinfo is None) != (other.zone is None):
            raise TypeError("Cannot compare tz-naive and tz-aware datetime-like objects")
        if is_missing(side):
            return np.array("NaT", dtype=other.array.dtype)[()]
    if side is None or (is_missing(side) and not isinstance(side, float)):
        return np.nan
    return plain_scalar(side)


def _is_object(side: Any) -> bool:
    return isinstance(side, np.ndarray) and side.dtype.kind == "O"


def _present(*sides: Any) -> Array:
    """True where every side has a value."""
    masks = [~missing_mask(side) if isinstance(side, np.ndarray) else np.bool_(not is_missing(side)) for side in sides]
    length = next(len(side) for side in sides if isinstance(side, np.ndarray))
    whole = np.ones(length, dtype=np.bool_)
    for mask in masks:
        whole &= mask
    return whole


def _at(side: Any, mask: Array) -> Any:
    return side[mask] if isinstance(side, np.ndarray) else side


def _compared(op: Operation, left: Any, right: Any, *, unequal: bool) -> Array:
    texts = isinstance(left, str) or isinstance(right, str)
    if not (_is_object(left) or _is_object(right) or texts):
        return np.asarray(op(left, right), dtype=np.bool_)
    present = _present(left, right)
    result = np.full(len(present), unequal, dtype=np.bool_)
    first, second = _at(left, present), _at(right, present)
    if texts and not (_is_object(left) or _is_object(right)):
        # numbers against text: equal nowhere, and no order between them
        if op not in (operator.eq, operator.ne):
            raise TypeError("Invalid comparison between numbers and text")
        return np.full(len(present), unequal, dtype=np.bool_)
    result[present] = np.asarray(op(first, second), dtype=np.bool_)
    return result


def _computed(name: str, left: Any, right: Any) -> Array:
    op = _OPERATIONS[name]
    if _is_object(left) or _is_object(right):
        present = _present(left, right)
        result = np.full(len(present), np.nan, dtype=object)
        result[present] = op(_at(left, present), _at(right, present))
        return _numbers(result, present)
    with np.errstate(all="ignore"):
        if name in {"floordiv", "mod"} and _whole(left) and _whole(right) and np.size(left) and not np.all(right):
            # whole numbers by zero are infinite or missing, which integers cannot say
            return np.asarray(op(np.asarray(left, dtype=np.float64), right))
        return np.asarray(op(left, right))


def _numbers(result: Array, present: Array) -> Array:
    kinds = {type(x) for x in result[present]}
    if kinds and all(issubclass(k, int | float | np.number) and not issubclass(k, bool) for k in kinds):
        return result.astype(np.float64) if not present.all() else narrowed(result)
    return result


def _whole(side: Any) -> bool:
    return np.asarray(side).dtype.kind in "iub"


def _integers(side: Any) -> bool:
    return np.asarray(side).dtype.kind in "iu"


def _logical(side: Any) -> Any:
    if not isinstance(side, np.ndarray):
        return False if is_missing(side) else side
    if side.dtype.kind == "O":
        gone = missing_mask(side)
        return np.where(gone, False, side).astype(np.bool_)
    if side.dtype.kind == "f":
        raise TypeError("unsupported operand type for & | ^: 'float' and 'bool'. Compare first, or use .astype(bool).")
    return side
