"""The operators of Python on labelled columns, and their named forms: ``+``, ``add``, ``>``, ``gt``, ``&``, ``~``."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.columns.missing import filled
from pipeline.frame.library.gaps import refuse
from pipeline.frame.time.moment import is_missing
from pipeline.frame.time.offset import DateOffset
from pipeline.frame.values.arithmetic import binary, swapped
from pipeline.frame.values.faces import narrowed
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["Operators"]


class Operators(Columnar):
    """Arithmetic and logic align by label; comparisons by operator want the same labels."""

    __hash__ = None  # type: ignore[assignment]

    def _operate(self, name: str, other: Any, how: str = "outer") -> Any:
        if isinstance(other, DateOffset):
            return other._apply(self, -other.n if name == "sub" else other.n)
        return self._paired(other, lambda left, right: binary(name, left, right), how=how)

    def _operate_swapped(self, name: str, other: Any) -> Any:
        return self._paired(other, swapped(name))

    def _named(self, name: str, other: Any, fill_value: Any, options: dict[str, Any], *, swap: bool = False) -> Any:
        """A named form; `fill_value` stands in where one side only is missing."""
        refuse(name, {k: v for k, v in options.items() if not (k == "axis" and v in {"columns", 1, "index"})})
        axis = options.get("axis")
        how = "rows" if axis == "index" or (axis == 0 and not isinstance(axis, bool)) else "outer"

        def change(left: Values, right: Any) -> Values:
            if fill_value is not None and isinstance(right, Values):
                both = np.asarray(left.series.is_null().to_numpy() & right.series.is_null().to_numpy())
                left, right = filled(left, fill_value), filled(right, fill_value)
                result = binary(name, right, left) if swap else binary(name, left, right)
                return result.assigned(both, np.nan) if both.any() else result
            if fill_value is not None:
                left = filled(left, fill_value)
            return binary(name, right, left) if swap else binary(name, left, right)

        return self._paired(other, change, how=how)

    def __add__(self, other: Any) -> Any:
        return self._operate("add", other)

    def __radd__(self, other: Any) -> Any:
        return self._operate_swapped("add", other)

    def __sub__(self, other: Any) -> Any:
        return self._operate("sub", other)

    def __rsub__(self, other: Any) -> Any:
        return self._operate_swapped("sub", other)

    def __mul__(self, other: Any) -> Any:
        return self._operate("mul", other)

    def __rmul__(self, other: Any) -> Any:
        return self._operate_swapped("mul", other)

    def __truediv__(self, other: Any) -> Any:
        return self._operate("truediv", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._operate_swapped("truediv", other)

    def __floordiv__(self, other: Any) -> Any:
        return self._operate("floordiv", other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._operate_swapped("floordiv", other)

    def __mod__(self, other: Any) -> Any:
        return self._operate("mod", other)

    def __rmod__(self, other: Any) -> Any:
        return self._operate_swapped("mod", other)

    def __pow__(self, other: Any) -> Any:
        return self._operate("pow", other)

    def __rpow__(self, other: Any) -> Any:
        return self._operate_swapped("pow", other)

    def __and__(self, other: Any) -> Any:
        return self._operate("and", other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return self._operate("or", other)

    __ror__ = __or__

    def __xor__(self, other: Any) -> Any:
        return self._operate("xor", other)

    __rxor__ = __xor__

    def __eq__(self, other: object) -> Any:
        return self._operate("eq", other, "same")

    def __ne__(self, other: object) -> Any:
        return self._operate("ne", other, "same")

    def __lt__(self, other: Any) -> Any:
        return self._operate("lt", other, "same")

    def __le__(self, other: Any) -> Any:
        return self._operate("le", other, "same")

    def __gt__(self, other: Any) -> Any:
        return self._operate("gt", other, "same")

    def __ge__(self, other: Any) -> Any:
        return self._operate("ge", other, "same")

    def __neg__(self) -> Any:
        return self._each(lambda values: values.like(~values.array if values.kind == "b" else -values.array))

    def __pos__(self) -> Any:
        return self._each(lambda values: values)

    def __abs__(self) -> Any:
        return self.abs()

    def __invert__(self) -> Any:
        return self._each(_inverted)

    def __round__(self, digits: int = 0) -> Any:
        return self.round(digits)

    def __bool__(self) -> bool:
        kind = type(self).__name__
        raise ValueError(
            f"The truth value of a {kind} is ambiguous. Use a.empty, a.bool(), a.item(), a.any() or a.all()."
        )

    def abs(self) -> Any:
        """Magnitudes."""
        return self._each(lambda values: values.like(np.abs(values.array)))

    def round(self, decimals: Any = 0, **options: Any) -> Any:
        """Rounded to `decimals` digits, halves to even."""
        refuse("round", options)

        def change(values: Values) -> Values:
            return values.like(np.round(values.array, decimals)) if values.kind in "iuf" else values

        return self._each(change)

    def add(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("add", other, fill_value, options)

    def radd(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("add", other, fill_value, options, swap=True)

    def sub(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("sub", other, fill_value, options)

    def rsub(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("sub", other, fill_value, options, swap=True)

    def mul(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("mul", other, fill_value, options)

    rmul = mul

    def div(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("truediv", other, fill_value, options)

    def rdiv(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("truediv", other, fill_value, options, swap=True)

    def floordiv(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("floordiv", other, fill_value, options)

    def mod(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("mod", other, fill_value, options)

    def pow(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("pow", other, fill_value, options)

    def rfloordiv(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("floordiv", other, fill_value, options, swap=True)

    def rmod(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("mod", other, fill_value, options, swap=True)

    def rpow(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("pow", other, fill_value, options, swap=True)

    subtract, multiply, divide, truediv, rtruediv = sub, mul, div, div, rdiv

    def eq(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("eq", other, fill_value, options)

    def ne(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("ne", other, fill_value, options)

    def lt(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("lt", other, fill_value, options)

    def le(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("le", other, fill_value, options)

    def gt(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("gt", other, fill_value, options)

    def ge(self, other: Any, *, fill_value: Any = None, **options: Any) -> Any:
        return self._named("ge", other, fill_value, options)


def _inverted(values: Values) -> Values:
    array = values.array
    if values.sense is not None and missing_mask(array).any():
        return values.like(np.array([x if is_missing(x) else not x for x in array], dtype=object))
    if array.dtype.kind == "O":
        if missing_mask(array).any():
            raise TypeError("bad operand type for unary ~: 'float' (the condition has missing rows: fillna first)")
        return Values(~narrowed(array))
    if array.dtype.kind == "f":
        raise TypeError("bad operand type for unary ~: 'float'")
    return values.like(~array)
