"""What is asked of a market, and the panel that it gives."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.errors import MarketError
from pipeline.model.bars import BAR_FIELDS, BarsRequest, Panel, ResolvedBars, timeframe_seconds
from pipeline.model.column import Column
from pipeline.model.kind import BARS


@pytest.mark.parametrize(
    ("timeframe", "seconds"),
    [
        ("1s", 1),
        ("30s", 30),
        ("1m", 60),
        ("5m", 300),
        ("1h", 3_600),
        ("4h", 14_400),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1mo", 2_592_000),
        ("9999s", 9_999),
    ],
)
def test_a_timeframe_is_a_number_and_a_unit(timeframe, seconds):
    assert timeframe_seconds(timeframe) == seconds


@pytest.mark.parametrize(
    "timeframe",
    ["", "d", "0d", "01d", "10000s", "1D", "1 d", "1d ", "1day", "1M", "1y", "-1d", "1.5h", "1h30m", "1٣d", "1d\n"],
)
def test_anything_else_is_no_timeframe(timeframe):
    with pytest.raises(MarketError) as error:
        timeframe_seconds(timeframe)
    (fault,) = error.value.faults
    assert (fault.code, fault.message) == ("TG306", f"{timeframe!r} is not a timeframe")
    assert "1d" in fault.hint


def test_bars_have_the_fields_of_their_kind():
    assert tuple(name for name, _ in BARS.fields) == BAR_FIELDS == ("open", "high", "low", "close", "volume")


def test_requests_compare_by_value_and_splits_are_adjusted_by_default():
    assert BarsRequest("1d") == BarsRequest("1d", None, None, None, "splits")
    assert len({BarsRequest("1d", ("A",)), BarsRequest("1d", ("A",)), BarsRequest("1d", ("B",))}) == 2
    with pytest.raises(AttributeError):
        BarsRequest("1d").timeframe = "1h"
    with pytest.raises(AttributeError):
        ResolvedBars(BarsRequest("1d"), ("A",), ("d",)).digests = ()


def test_a_request_is_the_same_key_in_another_process():
    code = (
        "import pickle, sys\n"
        "from pipeline.model.bars import BarsRequest\n"
        "there, here = pickle.loads(bytes.fromhex(sys.argv[1])), BarsRequest('1d', ('A', 'B'))\n"
        "assert there == here and {here: 'found'}.get(there) == 'found', 'the hash travelled'\n"
    )
    sent = pickle.dumps(BarsRequest("1d", ("A", "B"))).hex()
    done = [
        subprocess.run(
            [sys.executable, "-c", code, sent],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        for seed in ("1", "2")
    ]
    assert [run.stderr for run in done] == ["", ""]


@pytest.mark.parametrize(
    ("symbols", "offsets", "rows"),
    [
        (("A", "B"), [0, 2, 5], ["A", "A", "B", "B", "B"]),
        (("A", "B", "C"), [0, 1, 1, 2], ["A", "C"]),
        (("A",), [0, 0], []),
        ((), [0], []),
    ],
)
def test_offsets_say_whose_row_is_whose(symbols, offsets, rows):
    ts = pl.Series("ts", range(len(rows)), dtype=pl.Datetime("us", "UTC"))
    panel = Panel(symbols, np.array(offsets, dtype=np.int64), ts, {"close": Column(array=np.zeros(len(rows)))})
    assert panel.symbol_column.to_list() == rows
    assert panel.symbol_column.dtype == pl.String
    assert panel.symbol_column.name == "symbol"
    assert len(panel) == len(rows)
