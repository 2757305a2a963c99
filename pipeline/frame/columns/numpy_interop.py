"""Meeting numpy: as arrays (read-only, the engine's data is behind them) and in its element-wise functions."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.arithmetic import apply_ufunc, swapped
from pipeline.frame.values.values import Array, Values, missing_mask

__all__ = ["NumpyInterop"]

# these go by our own rules for missing values and times
_OPERATORS = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv", "floor_divide": "floordiv",
    "remainder": "mod", "power": "pow", "equal": "eq", "not_equal": "ne", "less": "lt", "less_equal": "le",
    "greater": "gt", "greater_equal": "ge", "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor",
}  # fmt: skip


class NumpyInterop(Columnar):
    """``np.log(series)`` gives a Series; ``np.where(series > 0, 1, 0)`` a real array, as in pandas."""

    __array_priority__ = 1000

    def to_numpy(self, dtype: Any = None, copy: bool = False, na_value: Any = None, **options: Any) -> Array:
        """The values as an array, read-only unless copied."""
        refuse("to_numpy", options)
        array = self._as_array()
        if na_value is not None and not (is_missing(na_value) and array.dtype.kind == "f"):
            gone = missing_mask(array.ravel()).reshape(array.shape)
            array = np.where(gone, na_value, array)
        if dtype is not None:
            array = array.astype(dtype, copy=False)
        return array.copy() if copy else array

    @property
    def values(self) -> Array:
        """The values as an array, read-only."""
        return self._as_array()

    def _as_array(self) -> Array:
        raise NotImplementedError

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.to_numpy(dtype, copy=bool(copy))

    def __array_ufunc__(self, function: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if "out" in options or "where" in options:
            return self._into(function, method, inputs, options)
        if method == "accumulate":
            return self._each(lambda values: Values.of(function.accumulate(values.array, **options)))
        if method != "__call__":
            plain = [np.asarray(x) if isinstance(x, Columnar) else x for x in inputs]
            return getattr(function, method)(*plain, **options)
        if method == "__call__" and function.nin > 2:
            plain = [np.asarray(x) if isinstance(x, Columnar) else x for x in inputs]
            return self._like_these(function(*plain, **options))
        if len(inputs) == 1:
            if function.nout != 1:
                return tuple(self._each(partial(_one, function, options, place)) for place in range(function.nout))
            return self._each(lambda values: Values.of(apply_ufunc(function, [values], options)))
        if len(inputs) == 2:
            name = _OPERATORS.get(function.__name__)
            if name is not None and not options:
                if inputs[0] is self:
                    return self._operate(name, inputs[1])
                return inputs[1]._paired(inputs[0], swapped(name))
            return self._apply_pair(function, inputs, options)
        raise unsupported(f"np.{function.__name__}", f"{len(inputs)} inputs")

    def _into(self, function: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """With ``out=`` or ``where=``: row by row, whatever the labels; a Series that is written into changes."""
        plain = [np.asarray(x) if isinstance(x, Columnar) else x for x in inputs]
        where = options.get("where")
        if isinstance(where, Columnar):
            options["where"] = np.asarray(where)
        targets = options.pop("out", None)
        if targets is None:
            return self._like_these(getattr(function, method)(*plain, **options))
        arrays = tuple(np.array(x) if isinstance(x, Columnar) else x for x in targets)
        result = getattr(function, method)(*plain, out=arrays, **options)
        for target, array in zip(targets, arrays, strict=True):
            if isinstance(target, Columnar):
                target._become(target._like_these(array))  # type: ignore[attr-defined]
        return self._like_these(result)

    def _like_these(self, result: Any) -> Any:
        """An array of as many rows on these labels; anything else as it is."""
        if isinstance(result, np.ndarray) and result.shape == np.shape(self._as_array()):
            if result.ndim == 1:
                return self._series_type._of(Values.of(result), self._index, getattr(self, "name", None))
            return self._frame_type(result, index=self._index, columns=self.columns)  # type: ignore[attr-defined]
        return result

    def _apply_pair(self, function: np.ufunc, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        first, second = inputs
        if isinstance(first, Columnar):
            return first._paired(second, lambda x, y: Values.of(apply_ufunc(function, [x, y], options)))
        return second._paired(first, lambda y, x: Values.of(apply_ufunc(function, [x, y], options)))


def _one(function: np.ufunc, options: dict[str, Any], place: int, values: Values) -> Values:
    return Values.of(apply_ufunc(function, [values], options)[place])
