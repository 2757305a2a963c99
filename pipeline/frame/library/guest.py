"""Frames of other libraries as guests: taken in as ours, and answered in the kind that they came in.

A column that nobody changed goes back as it came: its type, its categories and its resolution are not ours to lose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from pipeline.frame.dataframe.frame import DataFrame
from pipeline.frame.index.index import Index
from pipeline.frame.library.real import from_real, to_real
from pipeline.frame.series.series import Series
from pipeline.frame.values.values import Values

__all__ = ["Back", "guest", "is_pandas"]

Back = Callable[[Any], Any]
"""Turns a result of ours (a frame, a series, a dict or tuple of them) into the kind of the guest."""


def guest(data: Any) -> tuple[DataFrame, Back]:
    """A frame of the adapter, of polars or of pandas as one of the adapter, and the way back for results.

    A mapping of columns is taken as well, and answered with the adapter's frames. Raises TypeError for anything else.
    """
    if isinstance(data, DataFrame):
        return data, lambda result: result
    if isinstance(data, pl.LazyFrame):
        data = data.collect()
    if isinstance(data, pl.DataFrame):
        taken = DataFrame.from_columns({name: data[name] for name in data.columns})
        return taken, _to_polars(data, taken)
    if is_pandas(data):
        taken = from_real(data)
        if isinstance(taken, DataFrame):
            return taken, _to_pandas(data, taken)
    if isinstance(data, Mapping):
        return DataFrame(data), lambda result: result
    raise TypeError(f"expected a frame of bars, got {type(data).__name__}")


def is_pandas(found: Any) -> bool:
    """True for an object of real pandas; nothing is imported to tell."""
    return type(found).__module__.partition(".")[0] == "pandas"


def _to_polars(given: pl.DataFrame, taken: DataFrame) -> Back:
    known = {str(label): values for label, values in taken._data.items()}

    def column(name: str, values: Values, index: Index) -> pl.Series:
        same = known.get(name) is values and index is taken.index
        return given[name] if same else values.series.alias(name)

    def back(result: Any) -> Any:
        if isinstance(result, DataFrame):
            return pl.DataFrame([column(str(name), values, result.index) for name, values in result._data.items()])
        if isinstance(result, Series):
            return column(str(result.name or ""), result._values, result.index)
        return _each(result, back)

    return back


def _to_pandas(given: Any, taken: DataFrame) -> Back:
    def back(result: Any) -> Any:
        if isinstance(result, DataFrame | Series):
            made = to_real(result)
            if result.index is taken.index:
                made.index = given.index
            if isinstance(result, DataFrame):
                for label, values in result._data.items():
                    if result.index is taken.index and taken._data.get(label) is values:
                        made[label] = given[label]
            return made
        return _each(result, back)

    return back


def _each(result: Any, back: Back) -> Any:
    if isinstance(result, dict):
        return {name: back(part) for name, part in result.items()}
    return tuple(map(back, result)) if isinstance(result, tuple) else result
