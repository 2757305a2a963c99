"""The page of names is what the code has, and covers what public strategies use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pipeline.frame as pd
from pipeline.frame.status import page, statuses

PAGE = Path(__file__).parents[2] / "docs" / "pandas-names.md"
USAGE = Path(__file__).parents[2] / ".." / "shared" / "corpus" / "api_usage.json"
# written by nobody's strategy, or about files and screens that a node has no business with
OUTSIDE = {
    "plot", "hist", "to_excel", "to_hdf", "pd.read_html", "pd.read_sql", "pd.read_sql_query", "pd.ExcelFile",
    "pd.array", "index.to_period", "pd.is_datetime64_any_dtype",
}  # fmt: skip


def test_the_page_of_names_is_generated_from_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m pipeline.frame.status"


def test_what_is_called_partial_is_there() -> None:
    known = {(one.section, one.name) for one in statuses() if one.status != "absent"}
    from pipeline.frame.status import _differences

    assert set(_differences()) <= known


@pytest.mark.skipif(not USAGE.exists(), reason="the corpus of call sites is not beside this checkout")
def test_at_least_99_percent_of_the_call_sites_of_public_code_are_served() -> None:
    """By sites and by repositories times the root of the sites: both weigh the absent names below one percent."""
    order = json.loads(USAGE.read_text(encoding="utf-8"))["all"]["order"]
    absent = [(name, sites, repos) for name, sites, repos in order if not served(name)]
    assert {name for name, _, _ in absent} <= OUTSIDE
    for weight in (lambda sites, repos: sites, lambda sites, repos: np.sqrt(sites * repos)):
        lost = sum(weight(sites, repos) for _, sites, repos in absent)
        assert lost < 0.01 * sum(weight(sites, repos) for _, sites, repos in order)


def served(name: str) -> bool:
    """True when an attribute of that name is there; syntax and numpy functions are tried elsewhere."""
    if (
        name == "augassign"
        or " " in name
        or name.startswith((".", "[", "np.", '"', "isinstance", "df."))
        or name.endswith("(frame)")
    ):
        return True
    frame = pd.DataFrame({"close": [1.0, 2.0], "side": ["a", "b"]}, index=pd.date_range("2023-01-01", periods=2))
    owners: dict[str, list[Any]] = {
        "pd": [pd],
        "rolling": [frame.close.rolling(2)],
        "expanding": [frame.close.expanding()],
        "ewm": [frame.close.ewm(span=2)],
        "groupby": [frame.groupby("side"), frame.close.groupby(frame.side)],
        "resample": [frame.resample("D"), frame.close.resample("D")],
        "index": [frame.index, pd.MultiIndex.from_product([[1], [2]])],
        "dt": [frame.index.to_series().dt],
        "str": [frame.side.str],
    }
    owner, _, attribute = name.rpartition(".")
    with pd.recorded_gaps():
        return any(hasattr(one, attribute) for one in owners.get(owner, [frame, frame.close]))
