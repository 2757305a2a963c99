"""The categories of a column: which values there may be, in which order. The column keeps the values themselves."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Kinds"]


class Kinds(NamedTuple):
    """The values that a column may hold, in the order in which they sort and group."""

    items: tuple[Any, ...]
    ordered: bool = False

    def codes(self, array: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """The place of each element among the categories; -1 for what is none of them."""
        places = {item: place for place, item in enumerate(self.items)}
        return np.fromiter((places.get(item, -1) for item in array.tolist()), dtype=np.int64, count=len(array))
