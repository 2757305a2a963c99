"""What failed calls were called with: kept, bounded, found again, removed."""

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.errors import StoreError, UsageError
from pipeline.execution.attempt import Call, Raised
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.model.kind import BARS, NUMBER
from pipeline.model.node import NodeType, Output, Port
from pipeline.model.param import ParamSet
from pipeline.store import failures
from pipeline.store.failures import FailureFiles

NODE = NodeType(
    id="any", category="indicator", style="expression", scope="symbol",
    ports=(Port("bars", BARS), Port("ts", NUMBER), Port("more", NUMBER, optional=True)),
    outputs=(Output("value", NUMBER),), params=ParamSet(), fn=len, code="c0de", origin="any.py",
)  # fmt: skip
RAISED = Raised("TG501", "ValueError: no luck", "Traceback …")


def call_over(*symbols: str, rows: int = 3) -> Call:
    """A call over some rows of each symbol: a bundle, a column called as none should be, a port that is not wired."""
    count = rows * len(symbols)
    ts = [dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=n) for n in range(rows)] * len(symbols)
    values = np.arange(float(count))
    values[1:2] = np.nan
    panel = Panel(symbols, np.arange(len(symbols) + 1) * rows, pl.Series("ts", ts, pl.Datetime("us", "UTC")), {})
    bundle = {"close": Column(array=values), "event": Column(dtype="event", array=np.sign(values))}
    return Call(NODE, [bundle, Column(array=values + 1), None], {"by": 1.5}, [("value", "float")], panel)


@pytest.fixture
def files(tmp_path) -> FailureFiles:
    return FailureFiles(tmp_path / "failures")


def test_a_kept_call_comes_back_as_it_was(files) -> None:
    call = call_over("A", "B")
    files.keep("run", [("g", "n"), ("h", "m")], call, RAISED)
    kept = files.find("run", "n")
    assert (kept.raised, kept.users, kept.kept) == (RAISED, (("g", "n"), ("h", "m")), "all")
    assert kept.versions["polars"] == pl.__version__
    back = files.read(kept, NODE)
    assert back.params == call.params
    assert back.panel.symbols == ("A", "B")
    assert back.panel.ts.equals(call.panel.ts)
    assert back.ports[0]["event"].series.equals(call.ports[0]["event"].series, check_dtypes=True)
    assert back.ports[1].series.to_list() == [1.0, None, 3.0, 4.0, 5.0, 6.0]
    assert back.ports[2] is None
    assert files.find("run", "h.m") == kept


def test_the_columns_are_named_for_whoever_opens_the_file(files) -> None:
    files.keep("run", [("g", "n")], call_over("A"), RAISED)
    frame = pl.read_parquet(files.find("run", "n").head_file.with_suffix(".parquet"))
    assert frame.columns == ["symbol", "ts", "bars.close", "bars.event", "in.ts"]


def test_of_a_large_call_the_first_symbol_is_kept_and_of_a_larger_one_nothing(files, monkeypatch) -> None:
    one = 3 * (8 + 8 + 1 + 8)
    monkeypatch.setattr(failures, "LARGEST", 2 * one)
    files.keep("run", [("g", "fits")], call_over("A", "B"), RAISED)
    files.keep("run", [("g", "cut")], call_over("A", "B", "C"), RAISED)
    files.keep("run", [("g", "lost")], call_over("A", "B", rows=7), RAISED)
    assert files.find("run", "fits").kept == "all"
    cut = files.find("run", "cut")
    assert (cut.kept, cut.symbols) == ("first", ("A",))
    assert files.read(cut, NODE).ports[1].series.to_list() == [1.0, None, 3.0]
    with pytest.raises(UsageError, match="were not kept"):
        files.find("run", "lost")
    assert not list(cut.head_file.parents[1].glob("g.lost/*.parquet"))


def test_a_call_with_rows_of_its_own_for_each_port_is_kept_whole_or_not_at_all(files, monkeypatch) -> None:
    own = call_over("A")
    times = own.panel.ts.alias("ts"), own.panel.ts.alias("end")
    axis = pl.DataFrame([own.panel.symbol_column, *times])
    call = replace(own, axes=[axis, axis, axis.head(2), None], ports=[own.ports[0], own.ports[1].slice(0, 2), None])
    files.keep("run", [("g", "n")], call, RAISED)
    kept = files.find("run", "n")
    assert sorted(path.name for path in kept.head_file.parent.glob("*.parquet")) == [
        "0.bars.parquet",
        "0.parquet",
        "0.ts.parquet",
    ]
    back = files.read(kept, NODE)
    assert [None if axis is None else axis.height for axis in back.axes] == [3, 3, 2, None]
    assert back.axes[0].equals(axis)
    assert back.ports[0]["close"].series.to_list() == [0.0, None, 2.0]
    assert (len(back.ports[1]), back.ports[2]) == (2, None)
    monkeypatch.setattr(failures, "LARGEST", 100)
    files.keep("other", [("g", "n")], call, RAISED)
    with pytest.raises(UsageError, match="were not kept"):
        files.find("other", "n")


def test_several_failed_calls_of_a_node_are_told_apart_by_symbol(files) -> None:
    for symbol in ("B", "A", "C"):
        files.keep("run", [("g", "n")], call_over(symbol), Raised("TG501", f"of {symbol}", ""))
    assert files.find("run", "n").raised.message == "of B"
    assert files.find("run", "n", "C").raised.message == "of C"
    assert files.failed_symbols("run", "n") == ("B", "A", "C")
    with pytest.raises(UsageError, match="no failed call of 'n' with 'D'"):
        files.find("run", "n", "D")


def test_of_many_failing_symbols_the_first_are_kept(files, monkeypatch) -> None:
    monkeypatch.setattr(failures, "MOST", 2)
    for symbol in ("A", "B", "C"):
        files.keep("run", [("g", "n")], call_over(symbol), RAISED)
    assert files.failed_symbols("run", "n") == ("A", "B")


def test_what_is_not_kept_is_said_with_what_is(files) -> None:
    files.keep("run", [("g", "entry")], call_over("A"), RAISED)
    with pytest.raises(UsageError, match="'entri'") as caught:
        files.find("run", "entri")
    assert "entry" in caught.value.hint
    with pytest.raises(UsageError, match="no failed call") as caught:
        files.find("other", "entry")
    assert "called and failed" in caught.value.hint


def test_a_node_of_several_graphs_is_asked_for_by_both_names(files) -> None:
    files.keep("run", [("g", "n")], call_over("A"), RAISED)
    files.keep("run", [("h", "n")], call_over("B"), RAISED)
    with pytest.raises(UsageError) as caught:
        files.find("run", "n")
    assert "g.n, h.n" in caught.value.hint
    assert files.find("run", "h.n").symbols == ("B",)


def test_what_a_run_kept_is_removed_and_nothing_else(files) -> None:
    for run in ("one", "two"):
        files.keep(run, [("g", "n")], call_over("A"), RAISED)
    assert files.runs() == ("one", "two")
    files.remove("one")
    files.remove("one")
    assert files.runs() == ("two",)
    files.keep("two", [("h", "n")], call_over("A"), RAISED)
    files.remove("two", "g")
    assert files.find("two", "n").users == (("h", "n"),)
    files.remove("two", "h")
    assert files.runs() == ()


def test_a_damaged_file_and_a_full_disk_are_said(files, monkeypatch) -> None:
    files.keep("run", [("g", "n")], call_over("A"), RAISED)
    kept = files.find("run", "n")
    kept.head_file.with_suffix(".parquet").write_bytes(b"PAR1")
    with pytest.raises(StoreError, match="cannot be read"):
        files.read(kept, NODE)
    kept.head_file.write_text("{}")
    with pytest.raises(StoreError, match="cannot be read"):
        files.find("run", "n")
    blocked = FailureFiles(kept.head_file / "below")
    with pytest.raises(StoreError, match="cannot keep the inputs of 'n'") as caught:
        blocked.keep("run", [("g", "n")], call_over("A"), RAISED)
    assert caught.value.faults[0].code == "TG601"
