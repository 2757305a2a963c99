"""Frames of every shape, and the comparison of the adapter with pandas on them."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any

import numpy as np
import pandas  # noqa: ICN001 - `pd` is either library here
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipeline.frame
from pipeline.frame.values.masked_array import ExtensionArray

EXAMPLES = settings(
    max_examples=15, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
START = dt.datetime(2023, 1, 30, 22, 30)
# few different values, so that ties, flat windows and repeats come up; halves, so that sums are exact
PRICES = st.one_of(
    st.integers(-8, 60).map(lambda x: x / 2), st.just(float("nan")), st.sampled_from([100.25, 0.125, 1000.0])
)
WORDS = st.sampled_from(["buy", "sell", "hold", None])
INDEXES: list[Callable[[int], Any]] = [
    lambda rows: None,
    lambda rows: list(range(3, 3 + rows)),
    lambda rows: [START + dt.timedelta(hours=7 * i) for i in range(rows)],
    lambda rows: [f"r{i}" for i in range(rows)],
]


@st.composite
def tables(draw: Any, low: int = 0, high: int = 24) -> tuple[dict[str, list[Any]], Any]:
    """Columns of bars with holes, and the labels of their rows."""
    rows = draw(st.integers(low, high))

    def column(items: Any) -> list[Any]:
        return draw(st.lists(items, min_size=rows, max_size=rows))

    columns = {
        "timestamp": [START + dt.timedelta(hours=5 * i) for i in range(rows)],
        "open": column(PRICES),
        "close": column(PRICES),
        "price": [abs(x) + 1.0 for x in column(st.integers(0, 99).map(lambda x: x / 4))],
        "volume": column(st.integers(0, 9)),
        "flag": column(st.booleans()),
        "side": column(WORDS),
    }
    return columns, draw(st.sampled_from(INDEXES))(rows)


def made(pd: Any, table: tuple[dict[str, list[Any]], Any]) -> Any:
    """The table as a frame of `pd`, the types of its columns fixed even when it has no rows."""
    columns, labels = table
    kinds = {"timestamp": "M8[us]", "volume": np.int64, "flag": np.bool_, "side": object}
    data = {name: np.array(items, dtype=kinds.get(name, np.float64)) for name, items in columns.items()}
    index = (
        None
        if labels is None
        else pd.DatetimeIndex(labels)
        if columns["timestamp"] and not isinstance(labels[0], int | str)
        else pd.Index(labels)
    )
    return pd.DataFrame(data, index=index)


def plain(found: Any) -> Any:
    """A result of either library without its types, for comparison."""
    if isinstance(found, pandas.DataFrame | pipeline.frame.DataFrame):
        return {
            "frame": [plain(found.iloc[:, place]) for place in range(found.shape[1])],
            "columns": [str(plain(label)) for label in found.columns],
            "index": plain(found.index),
        }
    if isinstance(found, pandas.Series | pipeline.frame.Series):
        name = None if found.name is None else str(plain(found.name))
        return {"values": plain(found.to_numpy()), "kind": kind(found.dtype), "name": name, "index": plain(found.index)}
    if isinstance(found, pandas.Index | pipeline.frame.Index):
        return [plain(label) for label in found]
    if isinstance(found, np.ndarray):
        if found.dtype.kind in "biuf":
            return found.astype(np.float64) if found.dtype.kind != "b" else found
        return (
            [plain(item) for item in found.tolist()]
            if found.dtype.kind == "O"
            else found.astype("M8[us]").astype(str).tolist()
            if found.dtype.kind == "M"
            else found.astype("m8[us]").astype(str).tolist()
        )
    if isinstance(found, pandas.api.extensions.ExtensionArray | ExtensionArray):
        return plain(np.asarray(found))
    if isinstance(found, dict):
        return {plain(key): plain(item) for key, item in found.items()}
    if isinstance(found, list | tuple):
        return [plain(item) for item in found]
    if any(found is one for one in (None, pandas.NaT, pandas.NA, pipeline.frame.NaT, pipeline.frame.NA)):
        return "missing"
    if isinstance(found, float | np.floating):
        return "missing" if np.isnan(found) else float(found)
    if isinstance(found, dt.datetime):
        return found.isoformat()
    if isinstance(found, dt.timedelta):
        return found / dt.timedelta(seconds=1)
    if isinstance(found, np.generic):
        return plain(found.item())
    if isinstance(found, dt.date | dt.time | bool | int | str | type):
        return found
    if isinstance(found, slice):
        return [plain(part) for part in (found.start, found.stop, found.step)]
    return str(found)


def kind(dtype: Any) -> str:
    found = getattr(dtype, "kind", "O")
    return "O" if str(dtype) in {"str", "string"} else "i" if found == "u" else found


def alike(ours: Any, theirs: Any) -> bool:
    """True when two plain results are the same, floats to 1e-9."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(alike(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        return (
            ours.shape == theirs.shape
            and ours.dtype.kind == theirs.dtype.kind
            and bool(np.allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True))
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == theirs or abs(ours - theirs) <= 1e-9 * max(1.0, abs(theirs))
    return type(ours) is type(theirs) and ours == theirs


@cache
def compiled(code: str) -> tuple[CodeType, bool]:
    try:
        # what an inplace call gives back is of no interest: the frame is
        return compile(code, "<plugin>", "eval"), "inplace=True" not in code
    except SyntaxError:
        return compile(code, "<plugin>", "exec"), False


def outcome(pd: Any, code: str, table: Any) -> Any:
    """What a piece of a plugin gives: its value, or the frame it has changed, or the error."""
    names = {"pd": pd, "np": np, "dt": dt, "df": made(pd, table)}
    block, expression = compiled(code)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if expression:
                return plain(eval(block, names))
            exec(block, names)
            return plain(names.get("out", names["df"]))
    except pipeline.frame.AdapterGap:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a plugin meets is compared
        return error


def compared(codes: tuple[str | tuple[str, str], ...], table: Any) -> list[str]:
    """The pieces on which the two differ, with both results."""
    found = []
    for pair in codes:
        ours_code, theirs_code = (pair, pair) if isinstance(pair, str) else pair
        theirs = outcome(pandas, theirs_code, table)
        try:
            ours = outcome(pipeline.frame, ours_code, table)
        except pipeline.frame.AdapterGap as gap:
            ours = gap
        if isinstance(theirs, Exception) and (isinstance(ours, type(theirs)) or isinstance(theirs, type(ours))):
            continue
        if isinstance(theirs, Exception) or isinstance(ours, Exception) or not alike(ours, theirs):
            found.append(f"{ours_code}\n    adapter: {ours!r}\n    pandas:  {theirs!r}")
    return found


@pytest.fixture(scope="session")
def agrees() -> Callable[..., None]:
    """Run pieces of plugins in both libraries on generated frames `df`; every result, change and error must agree."""

    def check(*codes: str | tuple[str, str], low: int = 0, high: int = 24) -> None:
        @EXAMPLES
        @given(tables(low, high))
        def run(table: Any) -> None:
            found = compared(codes, table)
            assert not found, "\n".join(found)

        run()

    return check
