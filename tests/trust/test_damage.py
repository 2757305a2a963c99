"""Files that rot, tear, vanish or are exchanged: noticed when read, set aside, computed again, never a wrong number."""

import os
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.engine import Overrides
from pipeline.errors import StoreError

GRAPH = """
a: {use: plus, in: daily.close, with: {by: 1}}
b: {use: plus, in: a, with: {by: 2}}
c: {use: plus, in: b, with: {by: 3}}
sum: {use: user_table, in: b}
"""
LATE = Overrides(settings={"c": {"by": 7.0}})
"""What makes the next run read the stored value of `b`."""


def segment_of(site, node):
    """The file that holds a node's value."""
    with duckdb.connect(str(site.database), read_only=True) as plain:
        ask = "select segment from objects join nodes using (key) where node = ? order by run_id desc limit 1"
        found = plain.execute(ask, [node]).fetchone()
    assert found is not None
    return site.root / ".tradegraph" / "segments" / found[0]


@pytest.fixture
def ran(site):
    """A project whose graph has run; `b` and the table have a file each."""
    site.path = site.graph(GRAPH)
    result = site.run(site.path)
    assert result.run.exit_status == 0
    site.calls()
    site.column, site.table = segment_of(site, "b"), segment_of(site, "sum")
    assert site.column != site.table
    return site


def check_reported(site, path, *results) -> None:
    """The run that met the damage says so, with the file, and SQL knows it."""
    name = f"{path.parent.name}/{path.name}"
    said = [fault.message for result in results for fault in result.run.warnings if fault.code == "TG603"]
    assert [message for message in said if name in message], said
    stored = site.engine().sql("select message from warnings where code = 'TG603'")["message"].to_list()
    assert sorted(stored) == sorted(said)


def same_schema(path):
    """Another valid Parquet file of the same size of rows and the same columns, with other values."""
    frame = pl.read_parquet(path)
    numbers = [name for name, dtype in frame.schema.items() if dtype == pl.Float64]
    frame.with_columns(pl.col(numbers) + 1000.0).write_parquet(path, compression="lz4")


def swap(site, path):
    other = site.table if path == site.column else site.column
    aside = path.with_suffix(".aside")
    path.rename(aside)
    other.rename(path)
    aside.rename(other)


def rewrite(change):
    return lambda site, path: path.write_bytes(change(path.read_bytes()))


def flip(share):
    def change(data):
        flipped = bytearray(data)
        flipped[round(share * (len(data) - 1))] ^= 0x10
        return bytes(flipped)

    return rewrite(change)


DAMAGE = {
    "deleted": lambda site, path: path.unlink(),
    "its folder deleted": lambda site, path: shutil.rmtree(path.parent),
    "empty": rewrite(lambda data: b""),
    "cut in half": rewrite(lambda data: data[: len(data) // 2]),
    "cut by one byte": rewrite(lambda data: data[:-1]),
    "grown by one byte": rewrite(lambda data: data + b"1"),
    "rubbish of the same length": rewrite(lambda data: bytes(len(data))),
    "first bytes": rewrite(lambda data: b"PAR2" + data[4:]),
    "footer's length": rewrite(lambda data: data[:-8] + b"\xff\xff\xff\x7f" + data[-4:]),
    "another file of the same schema": lambda site, path: same_schema(path),
    "exchanged with another": swap,
    "a folder in its place": lambda site, path: (path.unlink(), path.mkdir()),
    "a dangling link in its place": lambda site, path: (path.unlink(), path.symlink_to("nowhere")),
    **{f"a bit at {share:.0%}": flip(share) for share in (0.0, 0.3, 0.6, 0.9, 1.0)},
}


def check_damaged(site, which, how) -> None:
    path = site.column if which == "column" else site.table
    DAMAGE[how](site, path)
    late = site.run(site.path, LATE)
    assert late.run.exit_status == 0, [record.failure for record in late.run.records]
    assert late.output("c")["value"].to_list() == [value + 10.0 for value in site.bars()["close"]]
    again = site.run(site.path)
    assert again.run.exit_status == 0
    check_reported(site, path, late, again)
    closes = site.bars()["close"].to_list()
    for node, truth in (("a", 1.0), ("b", 3.0), ("c", 6.0)):
        assert again.output(node)["value"].to_list() == [close + truth for close in closes], node
    assert again.output("sum")["value"].to_list() == [2 * (close + 3.0) for close in closes]
    with duckdb.connect(str(site.database), read_only=True) as plain:
        for node in ("a", "b", "c", "sum"):
            assert plain.execute(f"select count(*), count(columns(*)) from g.{node}").fetchone()[0] == 36
    # what was computed again is stored again
    site.calls()
    assert site.run(site.path).run.counts["computed"] == 0
    assert site.calls() == []


QUICK = {
    ("deleted", "column"),
    ("another file of the same schema", "column"),
    ("exchanged with another", "column"),
    ("a folder in its place", "column"),
    ("a bit at 90%", "table"),
    ("cut in half", "table"),
}
CASES = [
    pytest.param(how, which, marks=() if (how, which) in QUICK else pytest.mark.heavy)
    for how in DAMAGE
    for which in ("column", "table")
]


@pytest.mark.parametrize(("how", "which"), CASES)
def test_a_damaged_value_is_computed_again_and_never_served(ran, how, which) -> None:
    check_damaged(ran, which, how)


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(8))
def test_a_flipped_bit_anywhere_is_noticed(ran, part) -> None:
    """Sixty-four places, the footer among them."""
    for place in range(part, 64, 8):
        ran.restored()
        ran.path = ran.graph(GRAPH)
        ran.run(ran.path)
        ran.calls()
        ran.column = segment_of(ran, "b")
        flip(place / 63)(ran, ran.column)
        late = ran.run(ran.path, LATE)
        assert late.output("c")["value"].to_list() == [value + 10.0 for value in ran.bars()["close"]]
        assert ran.calls() == ["plus 1", "plus 2", "plus 7"], place


@pytest.mark.parametrize("how", ["same length", "another file of the same schema"])
def test_a_damaged_value_is_never_given_out_by_an_older_result(ran, how) -> None:
    """Between two runs, whoever asks for a value of the first gets an error with a hint, no number."""
    result = ran.run(ran.path)
    if how == "same length":
        flip(0.5)(ran, ran.column)
    else:
        same_schema(ran.column)
    with pytest.raises(StoreError) as caught:
        result.output("b")
    assert caught.value.faults[0].code == "TG603"
    assert caught.value.faults[0].hint


def journal_of(site):
    """A run that waits to be published."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.store.recorder.publish", lambda *_, **__: None)
        site.run(site.path, Overrides(settings={"c": {"by": 9.0}}))
    (journal,) = (site.root / ".tradegraph" / "journal").glob("[!.]*")
    return journal


JOURNAL = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "empty": lambda path: path.write_bytes(b""),
    "rubbish": lambda path: path.write_bytes(b"PAR1" * 100),
    "a bit of a page": lambda path: flip(0.1)(None, path),
    "gone": lambda path: path.unlink(),
    "a folder in its place": lambda path: (path.unlink(), path.mkdir()),
}
TABLES = ("runs", "nodes", "node_timings", "objects", "outputs")


def check_journal(site, table, how) -> None:
    journal = journal_of(site)
    path = journal / f"{table}.parquet"
    if not path.exists():
        pytest.skip(f"a run of this graph writes no {table}")
    JOURNAL[how](path)
    for _ in range(2):
        try:
            result = site.run(site.path)
        except StoreError as error:
            said = error.faults[0].code
            if said not in ("TG601", "TG603"):
                raise
            continue
        break
    else:
        raise AssertionError("a damaged journal holds up all runs after it")
    assert result.output("c")["value"].to_list() == [value + 6.0 for value in site.bars()["close"]]
    again = site.run(site.path, Overrides(settings={"c": {"by": 9.0}}))
    assert again.output("c")["value"].to_list() == [value + 12.0 for value in site.bars()["close"]]
    assert list((site.root / ".tradegraph" / "journal").glob("[!.]*")) == []


QUICK_JOURNAL = {("runs", "a bit of a page"), ("objects", "a bit of a page"), ("nodes", "gone")}
JOURNAL_CASES = [
    pytest.param(table, how, marks=() if (table, how) in QUICK_JOURNAL else pytest.mark.heavy)
    for table in TABLES
    for how in JOURNAL
]


@pytest.mark.parametrize(("table", "how"), JOURNAL_CASES)
def test_a_damaged_journal_is_set_aside_and_holds_up_nobody(ran, table, how) -> None:
    check_journal(ran, table, how)


PUBLISHED = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "rubbish": lambda path: path.write_bytes(os.urandom(4096)),
    "a folder in its place": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("how", PUBLISHED)
def test_a_damaged_published_file_is_an_error_with_its_place_and_the_way_out_works(ran, how) -> None:
    PUBLISHED[how](ran.database)
    with pytest.raises(StoreError) as caught:
        ran.run(ran.path)
    assert caught.value.faults[0].code in ("TG601", "TG603")
    assert str(ran.database) in str(caught.value)
    # what the hint says: move it away, and run again
    ran.database.rename(ran.root / "moved-away")
    result = ran.run(ran.path)
    assert result.output("c")["value"].to_list() == [value + 6.0 for value in ran.bars()["close"]]
    assert Path(ran.root / "moved-away").exists()


def test_a_published_file_that_was_deleted_begins_anew_and_lies_about_nothing(ran) -> None:
    ran.database.unlink()
    result = ran.run(ran.path)
    assert result.output("sum")["value"].to_list() == [2 * (close + 3.0) for close in ran.bars()["close"]]
    assert ran.engine().sql("select count(*) from runs").item() == 1
