"""Step 2, automated tests and validation: all that admission asks and more, over params and moods of a market."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import TradegraphError
from pipeline.execution.attempt import InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.frame import DataFrame
from pipeline.laws.choice import base, range_of
from pipeline.marketplace.regime import REGIMES, regime_bars
from pipeline.marketplace.step import Remark
from pipeline.model.column import Column, FloatArray
from pipeline.model.node import NodeType
from pipeline.plugins.admit import Admission
from pipeline.plugins.examination.sample_bars import sample_bars
from pipeline.plugins.examination.sample_call import sample_call
from pipeline.plugins.examination.unit_test import run_unit_tests

__all__ = ["try_out"]

_DRAWS = 12
_CUTS = 6
_REFUSED = "TG507"


def try_out(plugin: Path, test: Path, node: NodeType, limit: float, *, real: bool = False) -> Iterator[Remark]:
    """Put a plugin through its examination, its own unit tests, random params and four regimes of bars.

    `real` says that it works on pandas itself; its tests are then run there too.
    """
    yield from _examined(plugin, node, limit)
    yield from _unit_tests(plugin, test, real=real)
    yield from _random_params(node, limit)
    for name in REGIMES:
        yield _regime(node, name, limit)


def _examined(plugin: Path, node: NodeType, limit: float) -> Iterator[Remark]:
    """What admission looks at, with a cut after every bar."""
    tree = ast.parse(plugin.read_bytes())
    found = Admission(None, limit).examine(node, tree, exhaustive=True)
    for fault in found.faults:
        line = fault.place.line if fault.place else None
        yield Remark("contract" if fault.code == "TG413" else "laws", "wrong", f"{fault.code} {fault.message}", line)
    if not found.faults:
        yield Remark("contract", "ok", f"right columns and values over {found.rows:,} made-up bars")
        yield Remark("laws", "ok", f"no look ahead: cut after each of {found.cuts:,} bars; the same answer twice")
    if found.infinite:
        yield Remark("contract", "note", f"infinite values, first {found.infinite}")
    if found.fallback:
        yield Remark("pandas", "note", f"it needs pandas itself, the adapter lacks {found.fallback}")


def _unit_tests(plugin: Path, test: Path, *, real: bool) -> Iterator[Remark]:
    try:
        found = run_unit_tests(plugin, test, real=real)
    except TradegraphError as error:
        yield Remark("unit tests", "wrong", error.faults[0].message)
        return
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the test file may raise anything while it is loaded
        yield Remark("unit tests", "wrong", f"{type(error).__name__}: {error}")
        return
    for name, text in found.failures.items():
        yield Remark("unit tests", "wrong", f"{name}: {text.strip().splitlines()[-1]}")
    if found.gaps:
        yield Remark("unit tests", "note", f"the pandas adapter lacks {found.gaps}")
    if not found.failures:
        yield Remark("unit tests", "ok", f"{found.count} tests, 0 failures")


def _random_params(node: NodeType, limit: float) -> Iterator[Remark]:
    """Draws from the whole range: each must give the right columns, or refuse its bars in the plugin's own words."""
    bars, tried, refused = sample_bars(700), 0, 0
    for params in range_of(node, _DRAWS):
        tried += 1
        values, code, said = _called(node, params, bars, limit)
        if code == _REFUSED:
            refused += 1
        elif values is None:
            shown = ", ".join(f"{name}={value}" for name, value in params.items())
            yield Remark("random parameters", "wrong", f"with {shown}: {said}")
            return
    if tried:
        yield Remark("random parameters", "ok", f"{tried} draws over the whole range, {refused} refused their bars")


def _regime(node: NodeType, name: str, limit: float) -> Remark:
    about, bars, params = f"market: {name}", regime_bars(name), base(node)
    values, code, said = _called(node, params, bars, limit)
    if values is None:
        return Remark(about, "note" if code == _REFUSED else "wrong", said)
    again = _called(node, params, bars, limit)[0]
    if again is None or any(not _equal(values[column], again[column]) for column in values):
        return Remark(about, "wrong", "it answers differently from call to call")
    for rows in np.linspace(len(bars) // 3, len(bars) - 1, _CUTS).astype(int).tolist():
        part = _called(node, params, bars.head(rows), limit)[0]
        if part is not None and any(not _equal(values[column][:rows], part[column]) for column in values):
            return Remark(about, "wrong", f"it looks ahead: with the first {rows} bars alone it answers differently")
    missing = [column for column, array in values.items() if np.isnan(array).all()]
    if missing:
        return Remark(about, "wrong", f"{missing[0]!r} is missing in all {len(bars)} rows")
    if "event" in values:
        signals = int(np.count_nonzero(np.nan_to_num(values["event"])))
        return Remark(about, "ok", f"{signals} signals in {len(bars)} bars")
    return Remark(about, "ok", f"{len(bars)} bars")


def _called(
    node: NodeType, params: Mapping[str, Any], bars: DataFrame, limit: float
) -> tuple[dict[str, FloatArray] | None, str, str]:
    """The values of a call, or None with the code and message of what was raised."""
    outcome = InProcess(KernelCache(None)).call(sample_call(node, params, bars), limit)
    if outcome.raised is not None or outcome.value is None:
        raised = outcome.raised
        return None, raised.code if raised else "TG502", raised.message if raised else "it gave nothing"
    return {name: item.array for name, item in outcome.value.items() if isinstance(item, Column)}, "", ""


def _equal(one: FloatArray, other: FloatArray) -> bool:
    return bool(np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True))
