"""A frame of records, and the matrix product of frames."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.library.gaps import refuse

__all__ = ["FrameProduct"]

Mine = TypeVar("Mine", bound="FrameProduct")


class FrameProduct(Columnar):
    """Frames as matrices."""

    _data: Any
    columns: Any

    @classmethod
    def from_records(cls: type[Mine], data: Any, index: Any = None, columns: Any = None, **options: Any) -> Mine:
        """A frame of rows: tuples, dicts or a record array."""
        refuse("from_records", {k: v for k, v in options.items() if k != "coerce_float"})
        if isinstance(data, np.ndarray) and data.dtype.names:
            data = {name: data[name] for name in data.dtype.names}
        made: Any = cls._frame_type(data, columns=columns)
        return made if index is None else made.set_index(index)  # type: ignore[no-any-return]

    def dot(self, other: Any) -> Any:
        """The matrix product with a frame, a Series or an array."""
        if isinstance(other, FrameProduct):
            product = self._as_array() @ other.reindex(list(self._data))._as_array()  # type: ignore[attr-defined]
            return self._frame_type(product, index=self._index, columns=list(other._data))
        if isinstance(other, self._series_type):
            return self._series_type(self._as_array() @ other.reindex(self.columns)._as_array(), index=self._index)  # type: ignore[attr-defined]
        product = self._as_array() @ np.asarray(other)  # type: ignore[attr-defined]
        return (
            self._series_type(product, index=self._index)
            if product.ndim == 1
            else self._frame_type(product, index=self._index)
        )

    __matmul__ = dot
