"""Full is a proven word: each name that the page of names calls full does what pandas does, on generated frames."""

from __future__ import annotations

import datetime as dt
import random
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import numpy as np
import pandas  # noqa: ICN001 - `pd` is either library here
import pytest

import pipeline.frame
from pipeline.frame.status import statuses
from tests.frame.conftest import alike, plain

CALLS = Path(__file__).with_name("calls.txt")
START = dt.datetime(2023, 1, 30, 22, 30)
LENGTHS = (0, 1, 2, 7, 24, 60)
LABELS: list[Callable[[int], Any]] = [
    range,
    lambda rows: [START + dt.timedelta(hours=7 * i) for i in range(rows)],
    lambda rows: [f"r{i}" for i in range(rows)],
    lambda rows: [(3 * i) % 7 for i in range(rows)],
    lambda rows: [float(rows - i) for i in range(rows)],
]
IT = {
    "module": "pd", "frame": "df", "series": "s", "index": "i", "window": "r", "group": "gs", "dt": "t.dt",
    "str": "side.str",
}  # fmt: skip
THINGS = """
num = df[["open", "close", "price", "volume"]]
s, p, v, f, side, t = (df[name] for name in ("close", "price", "volume", "flag", "side", "timestamp"))
ix, i = df.index, pd.DatetimeIndex(df["timestamp"])
r, rm, rc, rz = s.rolling(4), s.rolling(5, min_periods=2), s.rolling(5, center=True), s.rolling(3, min_periods=0)
nr, x, w = num.rolling(3, min_periods=1), s.expanding(2), s.set_axis(i).rolling("12h")
e, ei, ea = s.ewm(span=5), s.ewm(com=2, ignore_na=True, min_periods=3), s.ewm(alpha=0.3, adjust=False)
g, gs, gd = df.groupby("side"), s.groupby(side), p.groupby(v)
b = df.set_index("timestamp").resample("12h")
"""


class Call(NamedTuple):
    """A piece of code for a name; `refused` when both libraries must raise."""

    name: str
    code: str
    refused: bool


@cache
def calls() -> dict[str, list[Call]]:
    """The pieces of code by section, with the ones that follow from names alone."""
    found: dict[str, list[Call]] = defaultdict(list)
    section, silent = "", set()
    for line in CALLS.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, code = line.partition(": ")
            if code.startswith("#"):
                silent.add((section, name))
            else:
                found[section].append(Call(name, code.removeprefix("! "), code.startswith("! ")))
    for one in statuses():
        listed = {call.name for call in found[one.section]}
        if one.status == "full" and one.name not in listed and (one.section, one.name) not in silent:
            found[one.section].append(Call(one.name, f"plainly({IT[one.section]}, {one.name!r})", False))
    return found


def plainly(it: Any, name: str) -> Any:
    found = getattr(it, name)
    return found() if callable(found) else found


def table(seed: int) -> tuple[dict[str, Any], list[Any]]:
    """Columns with holes, ties and flat runs, and labels of some kind, by chance from a seed."""
    chance = random.Random(seed)
    rows = LENGTHS[seed % len(LENGTHS)]

    def prices() -> Any:
        kinds = [lambda: chance.randint(-8, 60) / 2] * 6 + [lambda: float("nan")] * 2 + [lambda: 100.25]
        return np.array([chance.choice(kinds)() for _ in range(rows)], dtype=np.float64)

    columns = {
        "timestamp": np.array([START + dt.timedelta(hours=5 * i) for i in range(rows)], dtype="M8[us]"),
        "open": prices(),
        "close": prices(),
        "price": np.array([chance.randint(4, 99) / 4 for _ in range(rows)], dtype=np.float64),
        "volume": np.array([chance.randint(0, 6) for _ in range(rows)], dtype=np.int64),
        "flag": np.array([chance.random() < 0.5 for _ in range(rows)], dtype=np.bool_),
        "side": np.array([chance.choice(["buy", "sell", "hold", None]) for _ in range(rows)], dtype=object),
    }
    return columns, list(chance.choice(LABELS)(rows))


@cache
def compiled(code: str) -> tuple[CodeType, bool]:
    try:
        return compile(code, "<plugin>", "eval"), True
    except SyntaxError:
        return compile(code, "<plugin>", "exec"), False


def world(pd: Any, seed: int) -> dict[str, Any]:
    columns, labels = table(seed)
    index = pd.RangeIndex(len(labels)) if labels == list(range(len(labels))) else pd.Index(labels)
    df = pd.DataFrame({name: array.copy() for name, array in columns.items()}, index=index)
    if pd is pandas:
        # what pandas makes of text by itself, unless nothing is there
        df["side"] = df["side"].astype("str")
    names = {"pd": pd, "np": np, "dt": dt, "df": df, "plainly": plainly}
    exec(compiled(THINGS)[0], names)
    return names


def outcome(names: dict[str, Any], code: str) -> Any:
    block, expression = compiled(code)
    names = dict(names)
    try:
        if expression:
            return plain(eval(block, names))
        exec(block, names)
        return plain(names["out"])
    except Exception as error:  # noqa: BLE001 - whatever a plugin meets is compared
        return error


def same(ours: Any, theirs: Any) -> bool:
    """Alike; the types of columns without rows are nobody's business."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and "values" in ours and len(ours["values"]) == 0:
        return ours.keys() == theirs.keys() and ours["name"] == theirs["name"] and len(theirs["values"]) == 0
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return alike(ours, theirs)


def differences(section: str, seeds: Iterable[int]) -> list[str]:
    """Where the two libraries part, and names that no frame brought to a result."""
    found: dict[tuple[str, str], str] = {}
    worked: set[str] = set()
    for seed in seeds:
        ours_in, theirs_in = world(pipeline.frame, seed), world(pandas, seed)
        for call in calls()[section]:
            if (call.name, call.code) in found:
                continue
            theirs, ours = outcome(theirs_in, call.code), outcome(ours_in, call.code)
            if isinstance(theirs, Exception) and isinstance(ours, Exception):
                gap = isinstance(ours, pipeline.frame.AdapterGap)
                if (isinstance(ours, type(theirs)) or isinstance(theirs, type(ours))) and not gap:
                    worked |= {call.name} if call.refused else set()
                    continue
            elif not isinstance(theirs, Exception) and not isinstance(ours, Exception) and same(ours, theirs):
                worked.add(call.name)
                continue
            told = f"{section} {call.code}   (seed {seed})\n    adapter: {ours!r}\n    pandas:  {theirs!r}"
            found[call.name, call.code] = told
    idle = {call.name for call in calls()[section]} - worked - {name for name, _ in found}
    return [*found.values(), *(f"{section} {name}: nothing that was tried gives a result" for name in sorted(idle))]


@pytest.mark.parametrize("section", sorted(IT))
def test_each_name_that_is_called_full_does_what_pandas_does(section: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # no rows, seven, and twenty-four
        found = differences(section, (0, 3, 4))
    assert not found, "\n".join(found)


@pytest.mark.heavy
@pytest.mark.parametrize("section", sorted(IT))
def test_each_name_that_is_called_full_does_so_on_many_frames(section: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = differences(section, range(90))
    assert not found, "\n".join(found)
