"""Arithmetic and comparison of labels, element by element."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline.frame.index.label_set import LabelSet
from pipeline.frame.time.moment import Timestamp
from pipeline.frame.values.values import Values, plain_scalar

__all__ = ["LabelOperators"]


class LabelOperators(LabelSet):
    """The operators of Python on labels."""

    __hash__ = None  # type: ignore[assignment]

    def _binary(self, other: Any, op: Callable[[Any, Any], Any]) -> Any:
        if hasattr(other, "rollback"):
            return NotImplemented
        right = other.array if isinstance(other, LabelOperators) else plain_scalar(other)
        if isinstance(right, str) and self._values.kind == "M":
            right = Timestamp(right).to_datetime64()
        with np.errstate(all="ignore"):
            result = op(self.array, right)
        return result if result.dtype == np.bool_ else self._made(Values.of(result), self.name)

    def _mirrored(self, other: Any, op: Callable[[Any, Any], Any]) -> Any:
        return self._binary(other, lambda left, right: op(right, left))

    def __eq__(self, other: object) -> Any:
        return self._binary(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._binary(other, operator.ne)

    def __lt__(self, other: Any) -> Any:
        return self._binary(other, operator.lt)

    def __le__(self, other: Any) -> Any:
        return self._binary(other, operator.le)

    def __gt__(self, other: Any) -> Any:
        return self._binary(other, operator.gt)

    def __ge__(self, other: Any) -> Any:
        return self._binary(other, operator.ge)

    def __add__(self, other: Any) -> Any:
        return self._binary(other, operator.add)

    def __sub__(self, other: Any) -> Any:
        return self._binary(other, operator.sub)

    def __mul__(self, other: Any) -> Any:
        return self._binary(other, operator.mul)

    def __truediv__(self, other: Any) -> Any:
        return self._binary(other, operator.truediv)

    def __floordiv__(self, other: Any) -> Any:
        return self._binary(other, operator.floordiv)

    def __mod__(self, other: Any) -> Any:
        return self._binary(other, operator.mod)

    def __pow__(self, other: Any) -> Any:
        return self._binary(other, operator.pow)

    def __radd__(self, other: Any) -> Any:
        return self._mirrored(other, operator.add)

    def __rsub__(self, other: Any) -> Any:
        return self._mirrored(other, operator.sub)

    def __rmul__(self, other: Any) -> Any:
        return self._mirrored(other, operator.mul)

    def __rtruediv__(self, other: Any) -> Any:
        return self._mirrored(other, operator.truediv)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._mirrored(other, operator.floordiv)

    def __rmod__(self, other: Any) -> Any:
        return self._mirrored(other, operator.mod)

    def __rpow__(self, other: Any) -> Any:
        return self._mirrored(other, operator.pow)

    def __neg__(self) -> Any:
        return self._made(Values.of(-self.array), self.name)

    def __abs__(self) -> Any:
        return self._made(Values.of(np.abs(self.array)), self.name)
