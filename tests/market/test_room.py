"""The room as a whole: its public names, and the bars that ship with the product."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest

import pipeline.market
from pipeline.market import import_files

MODULES = ["pipeline.market", *(f"pipeline.market.{m.name}" for m in pkgutil.iter_modules(pipeline.market.__path__))]


@pytest.mark.parametrize("name", MODULES)
def test_public_names_exist_and_are_listed_once(name) -> None:
    module = import_module(name)
    assert all(hasattr(module, public) for public in module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)
    assert module.__doc__


@pytest.mark.parametrize("symbol", ["SPX", "NASDAQ"])
def test_the_bars_that_ship_are_clean(market, checkout, symbol) -> None:
    report = import_files(market, [checkout / f"examples/bars/{symbol}.csv"], "1d")
    assert (report.read, report.taken, report.dropped) == (2516, 2516, 0)
    assert {finding.check for finding in report.symbols[0].findings} <= {"zero_volume"}


def test_the_folder_of_bars_that_ship_is_small(checkout) -> None:
    assert sum(path.stat().st_size for path in (checkout / "examples/bars").iterdir()) < 400_000
