"""Value files: what is put is read again, and nothing that is damaged is ever read."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from pipeline.errors import StoreError
from pipeline.execution.holding import Coverage, Holding
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.store import segment as room
from pipeline.store.segment import Found, Segments, is_intact


def panel(rows: int = 4) -> Panel:
    ts = pl.Series([dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=i) for i in range(rows // 2)] * 2)
    return Panel(("A", "B"), np.array([0, rows // 2, rows]), ts.cast(pl.Datetime("us", "UTC")), {})


@pytest.fixture
def store(tmp_path):
    """Opens the folder as a new run would, with what was written so far."""
    listed = {}

    def opened(run_id: str = "run") -> Segments:
        made = Segments(tmp_path, run_id, lambda wanted: [listed[h.key] for h in wanted if h.key in listed])
        opened.all.append(made)
        return made

    def land() -> None:
        for made in opened.all:
            made.flush()
            listed.update({row.key: Found(holding(row.key), row) for row in made.written})

    opened.all, opened.land, opened.listed, opened.folder = [], land, listed, tmp_path
    return opened


def holding(key: str) -> Holding:
    """What storing a value under `key` means; its recipe is called like it."""
    return Holding(key, key, Coverage("data", ("A", "B"), ("1", "2"), (("1d splits", ""),)))


def found(segments: Segments, *keys: str) -> set[str]:
    """Those of `keys` that are stored."""
    there = segments.find([holding(key) for key in keys])
    return {item.key for items in there.values() for item in items}


def floats(*values) -> dict[str, Column]:
    return {"value": Column(array=np.array(values))}


def stored(store) -> Segments:
    """A run that stored one column under `key`."""
    first = store()
    first.put(holding("key"), floats(1.5, np.nan, -0.0, np.inf), panel())
    store.land()
    return first


def test_what_was_put_is_read_by_a_later_run(store) -> None:
    stored(store)
    later = store("later")
    assert found(later, "key", "unknown") == {"key"}
    column = later.read("key", [("value", "float")])["value"]
    assert column.series.to_list() == [1.5, None, -0.0, float("inf")]
    assert column.series.dtype == pl.Float64
    assert np.signbit(column.array[2])


def test_every_dtype_comes_back_as_it_was(store) -> None:
    value = {
        "event": Column(dtype="event", array=np.array([1.0, 0.0, -1.0, np.nan])),
        "flag": Column(dtype="bool", array=np.array([1.0, 0.0, np.nan, 1.0])),
    }
    first = store()
    first.put(holding("key"), value, panel())
    store.land()
    later = store("later")
    found(later, "key")
    value = later.read("key", [("event", "event"), ("flag", "bool")])
    assert value["event"].series.to_list() == [1, 0, -1, None]
    assert value["event"].series.dtype == pl.Int8
    assert value["flag"].series.to_list() == [True, False, None, True]


def test_the_values_of_one_axis_share_a_file_that_names_symbol_and_time(store) -> None:
    first = store()
    axis = panel()
    for key in ("one", "two"):
        first.put(holding(key), floats(1, 2, 3, 4), axis)
    first.put(holding("other"), floats(1, 2), panel(2))
    store.land()
    files = sorted(store.folder.rglob("*.parquet"))
    assert len(files) == 2
    frame = pl.read_parquet(files[0])
    assert frame.columns == ["symbol", "ts", "one.value", "two.value"]
    assert frame["symbol"].to_list() == ["A", "A", "B", "B"]
    assert frame["ts"].dtype == pl.Datetime("us", "UTC")
    assert {row.rows for row in first.written} == {4, 2}


def test_a_file_holds_no_more_columns_than_a_view_can_bind_fast(store, monkeypatch) -> None:
    monkeypatch.setattr(room, "MAX_COLUMNS", 3)
    first, axis = store(), panel()
    for number in range(7):
        first.put(holding(f"k{number}"), floats(number, 2, 3, 4), axis)
    store.land()
    assert sorted(pl.read_parquet(path).width - 2 for path in store.folder.rglob("*.parquet")) == [1, 3, 3]
    later = store("later")
    found(later, *[f"k{number}" for number in range(7)])
    assert [later.read(f"k{n}", [("value", "float")])["value"].array[0] for n in range(7)] == [0, 1, 2, 3, 4, 5, 6]


def test_a_value_that_waits_to_be_written_can_be_read(store) -> None:
    first = store()
    first.put(holding("key"), floats(1, 2, 3, 4), panel())
    assert first.read("key", [("value", "float")])["value"].array.tolist() == [1, 2, 3, 4]


def test_a_table_has_a_file_of_its_own(store) -> None:
    table = pl.DataFrame({"symbol": ["A", "B"], "sharpe": [1.0, None]})
    first = store()
    first.put(holding("table"), table, None)
    store.land()
    later = store("later")
    assert found(later, "table") == {"table"}
    assert later.read("table", ()).equals(table)


def test_a_name_ends_with_the_checksum_of_the_content(store) -> None:
    stored(store)
    (file,) = store.folder.rglob("*.parquet")
    assert is_intact(file)
    file.rename(file.with_name("00000.00000000.parquet"))
    assert not is_intact(file.with_name("00000.00000000.parquet"))


def test_equal_values_make_equal_files(store) -> None:
    for run in ("one", "two"):
        made = store(run)
        made.put(holding("key"), floats(1, 2, 3, 4), panel())
        made.flush()
    first, second = sorted(store.folder.rglob("*.parquet"))
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("at", [0, 4, 40, 120, 300, -60, -9, -1])
def test_one_changed_byte_is_noticed_and_the_file_set_aside(store, at) -> None:
    stored(store)
    (file,) = store.folder.rglob("*.parquet")
    data = bytearray(file.read_bytes())
    data[at] ^= 0x01
    file.write_bytes(data)
    later = store("later")
    found(later, "key")
    assert later.read("key", [("value", "float")]) is None
    assert not file.exists()
    # it is kept for whoever wants to look, and is no longer found
    assert file.with_suffix(".damaged").exists()
    assert found(store("again"), "key") == set()


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_file_that_was_cut_short_is_not_found(store, cut) -> None:
    stored(store)
    (file,) = store.folder.rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:cut])
    assert found(store("later"), "key") == set()


def test_a_file_that_is_gone_is_not_found(store) -> None:
    stored(store)
    next(store.folder.rglob("*.parquet")).unlink()
    assert found(store("later"), "key") == set()


def test_a_file_that_goes_between_finding_and_reading_is_a_lost_value(store) -> None:
    stored(store)
    later = store("later")
    assert found(later, "key") == {"key"}
    next(store.folder.rglob("*.parquet")).unlink()
    assert later.read("key", [("value", "float")]) is None


def test_a_file_without_the_column_is_a_lost_value(store) -> None:
    stored(store)
    later = store("later")
    found(later, "key")
    assert later.read("key", [("another", "float")]) is None


def test_nothing_is_there_under_its_name_before_it_is_whole(store, monkeypatch) -> None:
    seen = []
    plain = room._checksum

    def checksum(path):
        seen.extend(sorted(p.name for p in store.folder.rglob("*") if p.is_file()))
        return plain(path)

    monkeypatch.setattr(room, "_checksum", checksum)
    stored(store)
    assert seen == ["00000.tmp"]
    assert [path.suffix for path in store.folder.rglob("*") if path.is_file()] == [".parquet"]


def test_a_folder_that_cannot_be_written_is_an_error_with_its_place(tmp_path) -> None:
    (tmp_path / "segments").write_text("in the way")
    made = Segments(tmp_path / "segments", "run", lambda _: [])
    made.put(holding("key"), floats(1, 2, 3, 4), panel())
    with pytest.raises(StoreError) as caught:
        made.flush()
    assert caught.value.faults[0].code == "TG601"
    assert str(tmp_path / "segments") in str(caught.value)
