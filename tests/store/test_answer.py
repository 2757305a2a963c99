"""Answers to strangers: as many rows as were asked for, within time, memory and size."""

import shutil
from dataclasses import replace

import pytest

from pipeline.errors import StoreError
from pipeline.store.answer import Limits
from pipeline.store.window import Window

LIMITS = Limits(rows=3, seconds=30.0, memory=64 * 1024**2, size=1024**2)


def refused(published, query, **other):
    with pytest.raises(StoreError) as caught:
        published.asks.ask(query, replace(LIMITS, **other))
    return caught.value.faults[0]


def test_the_first_rows_come_and_whether_there_are_more(published):
    found = published.asks.ask("select range as n from range(10)", LIMITS)
    assert (found.frame["n"].to_list(), found.more) == ([0, 1, 2], True)
    found = published.asks.ask("select range as n from range(3)", LIMITS)
    assert (found.frame["n"].to_list(), found.more) == ([0, 1, 2], False)
    assert published.asks.ask("", LIMITS).frame.width == 0


def test_what_takes_too_long_is_stopped(published):
    fault = refused(published, "select max(a.range * b.range % 7) from range(9999999) a, range(9999999) b", seconds=0.1)
    assert (fault.code, fault.message) == ("TG808", "the query took longer than 0.1 s and was stopped")
    assert published.asks.sql("select 1").item() == 1


def test_the_first_query_that_spills_has_a_folder_to_spill_into(published):
    shutil.rmtree(published.root / ".tradegraph" / "spill", ignore_errors=True)
    rows = "select hash(range) as h, range as n from range(3000000) order by h"
    query = f"select n from ({rows}) limit 1 offset 2999999"
    assert published.asks.ask(query, replace(LIMITS, memory=32 * 1024**2)).frame.height == 1


def test_what_needs_too_much_memory_is_refused(published):
    fault = refused(published, "select list(range || 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') from range(9000000)")
    assert (fault.code, fault.message) == ("TG808", "the query needs more than 67 MB of memory")


def test_an_answer_that_is_too_large_is_refused(published):
    fault = refused(published, "select repeat('x', 900000) from range(2)")
    assert fault.code == "TG808"
    assert fault.message.startswith("the answer has 2 MB")


def test_a_mistake_and_a_change_are_told_as_ever(published):
    assert refused(published, "select nope").code == "TG604"
    assert refused(published, "drop table runs").code == "TG604"


def test_a_window_of_a_value_is_the_same_rows_as_of_all(published):
    asks, run = published.asks, published.first.run.id
    whole = asks.output(run, "g", "a")
    start, end = whole["ts"][2], whole["ts"][5]
    window = Window("BBB", start, end)
    kept = whole.filter((whole["symbol"] == "BBB") & (whole["ts"] >= start) & (whole["ts"] < end))
    assert asks.output(run, "g", "a", window=window).equals(kept)
    assert kept.height == 3
