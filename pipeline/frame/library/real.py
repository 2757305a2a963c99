"""Real pandas as the way out: what the adapter lacks is run again there, where pandas is installed (extra `[pandas]`).

Who loads a function says how to get its twin, the same function with `import pandas` meaning pandas itself; who calls
it asks for the twin once a gap was hit. Columns go over as numpy arrays (NaN where missing) and come back so.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from pipeline.errors import PluginError
from pipeline.frame.dataframe.frame import DataFrame
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import Gap, note_fallback, recorded_gaps
from pipeline.frame.series.series import Series
from pipeline.frame.values.values import Values

__all__ = [
    "described",
    "from_real",
    "has_pandas",
    "has_twin",
    "offer_twin",
    "on_pandas",
    "to_real",
    "twin_of",
    "with_way_out",
]

_twins: WeakKeyDictionary[Callable[..., Any], Callable[[], Callable[..., Any]]] = WeakKeyDictionary()


def offer_twin(function: Callable[..., Any], make: Callable[[], Callable[..., Any]]) -> None:
    """Say how to get the function that does the same on real pandas; it is made when first needed."""
    _twins[function] = make


def has_twin(function: Callable[..., Any]) -> bool:
    """True when the function can be run on real pandas here."""
    return function in _twins and has_pandas()


def has_pandas() -> bool:
    """True where pandas is installed."""
    return importlib.util.find_spec("pandas") is not None


def twin_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on real pandas. Raises KeyError when nobody offered one."""
    return _twins[function]()


def with_way_out(name: str, call: Callable[[], Any], twin: Callable[[], Any] | None) -> Any:
    """The result of `call`, or that of `twin` when the adapter lacked something, even if an author's `except` hid that.

    `twin` does the same on real pandas, None where it cannot; then PluginError TG407 says what `name` lacks, unless the
    call itself failed: its own error is raised.
    """
    with recorded_gaps() as gaps:
        try:
            found = call()
        except Exception:
            if not gaps or twin is None:
                raise
    if not gaps:
        return found
    if twin is None:
        raise PluginError(
            f"{name!r} uses what the pandas adapter does not have: {described(gaps)}",
            code="TG407",
            hint="Install real pandas (the extra [pandas]): what is lacking is then run there.",
        )
    note_fallback(gaps)
    return twin()


def on_pandas(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of pandas' frames as one of ours: what it gets and gives is converted."""

    def called(*args: Any, **params: Any) -> Any:
        return from_real(function(*(to_real(arg) for arg in args), **params))

    return called


def described(gaps: list[Gap]) -> str:
    """The gaps as a line of text: attribute, reason, file and line, each once, in the order they were hit."""
    return ", ".join(dict.fromkeys(f"{gap.operation}, {gap.reason} ({gap.place})" for gap in gaps))


def to_real(found: Any) -> Any:
    """A Series or DataFrame of ours as one of pandas; anything else as it is."""
    # by name, so that nothing here needs pandas to be installed
    pandas = importlib.import_module("pandas")
    if isinstance(found, DataFrame):
        data = {label: _column(pandas, values) for label, values in found._data.items()}
        return pandas.DataFrame(data, index=_labels(pandas, found.index))
    if isinstance(found, Series):
        return pandas.Series(_column(pandas, found._values), index=_labels(pandas, found.index), name=found.name)
    return found


def from_real(found: Any) -> Any:
    """A Series or DataFrame of pandas as one of ours; dicts and tuples of them too; anything else as it is."""
    pandas = importlib.import_module("pandas")
    if isinstance(found, pandas.DataFrame):
        return DataFrame._of({label: _values(found[label]) for label in found.columns}, _index(found.index))
    if isinstance(found, pandas.Series):
        return Series._of(_values(found), _index(found.index), found.name)
    if isinstance(found, dict):
        return {name: from_real(part) for name, part in found.items()}
    return tuple(from_real(part) for part in found) if isinstance(found, tuple) else found


def _column(pandas: Any, values: Values) -> Any:
    # pandas may write into what it gets, so it gets a copy
    array = np.array(values.array)
    if values.zone is None:
        return array
    return pandas.DatetimeIndex(array).tz_localize("UTC").tz_convert(values.zone)


def _labels(pandas: Any, index: Index) -> Any:
    made = pandas.RangeIndex(len(index)) if index.equals(Index(range(len(index)))) else None
    return made if made is not None else pandas.Index(_column(pandas, index._values), name=index.name)


def _values(column: Any) -> Values:
    zone = getattr(column.dtype, "tz", None)
    if zone is not None:
        return Values(column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("M8[us]"), zone=str(zone))
    kind = getattr(column.dtype, "kind", "O")
    array = column.to_numpy(dtype=np.float64, na_value=np.nan) if kind == "f" else column.to_numpy()
    return Values.of(np.array(array))


def _index(labels: Any) -> Index:
    if type(labels).__name__ == "RangeIndex":
        made: Index = Index(range(labels.start, labels.stop, labels.step))
        return made
    return Index._of(_values(labels.to_series()), labels.name)
