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
        result = op(self.array, right)
        return result if result.dtype == np.bool_ else self._made(Values.of(result), self.name)

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
