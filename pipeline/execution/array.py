"""Array nodes: plain Python over the arrays of one symbol, for libraries that take numpy arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.model.bars import Panel
from pipeline.model.column import FloatArray
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType

__all__ = ["evaluate_arrays"]


def evaluate_arrays(
    node: NodeType,
    ports: Sequence[Argument],
    params: Mapping[str, Any],
    columns: Sequence[tuple[str, Dtype]],
    panel: Panel,
) -> list[FloatArray]:
    """The node's columns: its function is called once per symbol and its arrays are put in place.

    Arguments are as a kernel gets them: read-only float64, NaN where missing, a bundle as a tuple of arrays.
    Raises NodeError TG502 for a wrong number of arrays, a wrong length or values that are no numbers.
    """
    outs = [np.empty(len(panel)) for _ in columns]
    for symbol, start, stop in zip(panel.symbols, panel.offsets[:-1].tolist(), panel.offsets[1:].tolist(), strict=True):
        try:
            found = node.fn(*(_argument(port, start, stop) for port in ports), **params)
        except Exception as error:
            error.add_note(f"symbol {symbol}")
            raise
        results = found if isinstance(found, tuple) else (found,)
        if len(results) != len(outs):
            raise NodeError(f"{node.id!r} gave {len(results)} arrays for {len(outs)} outputs", code="TG502")
        for out, result, (name, _) in zip(outs, results, columns, strict=True):
            array = np.asarray(result)
            if array.dtype.kind not in "fiub":
                raise NodeError(f"{node.id!r} gave {array.dtype} for {name!r}, expected numbers", code="TG502")
            if array.shape != (stop - start,):
                raise NodeError(
                    f"{node.id!r} gave {array.size} values of {name!r} for the {stop - start} bars of {symbol}",
                    code="TG502",
                )
            out[start:stop] = array
    return outs


def _argument(port: Argument, start: int, stop: int) -> Any:
    if port is None:
        return None
    if isinstance(port, Mapping):
        return tuple(column.array[start:stop] for column in port.values())
    return port.array[start:stop]
