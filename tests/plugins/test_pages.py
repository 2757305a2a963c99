"""Columns through memory that two processes share: right to the bit, warm, and nobody's to take away."""

import errno
import mmap
import os

import numpy as np
import polars as pl
import pytest

from pipeline.model.column import Column
from pipeline.plugins.workers.pages import Inbox, Pages, nameless_file, read_columns, write_columns


@pytest.fixture
def outbox():
    """The two sides of results: who writes, who reads."""
    reader = Pages.fresh()
    writer = Pages(os.dup(reader.descriptor), writes=True)
    yield writer, reader
    writer.close()
    reader.close()


@pytest.fixture
def inbox():
    """The two sides of inputs: who writes, who reads."""
    box = Inbox()
    reader = Pages(box.pages.for_reading())
    yield box, reader
    reader.close()
    box.pages.close()


def fixed(*values: float) -> np.ndarray:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def test_columns_come_back_bit_by_bit_and_read_only(outbox) -> None:
    writer, reader = outbox
    values = np.array([1.5, np.nan, -0.0, np.inf])
    warm_up, hole = pl.Series([None, None, 2.5, -1.0]), pl.Series([1.0, None, 3.0, None])
    columns = [Column(array=values), Column(array=np.arange(8.0)[::2]), Column(series=warm_up), Column(series=hole)]
    assert write_columns(writer, columns, [b"behind", b"it"]) == 4 * 32 + 8
    found = read_columns(reader, [4, 4, 4, 4], 8)
    assert found is not None
    (first, second, third, fourth), tail = found
    assert first.tobytes() == values.tobytes()
    assert second.tolist() == [0.0, 2.0, 4.0, 6.0]
    assert np.array_equal(third, [np.nan, np.nan, 2.5, -1.0], equal_nan=True)
    assert np.array_equal(fourth, [1.0, np.nan, 3.0, np.nan], equal_nan=True)
    assert not first.flags.writeable
    assert bytes(tail) == b"behindit"


def test_no_columns_are_columns_and_what_is_not_there_is_none(outbox) -> None:
    writer, reader = outbox
    assert read_columns(reader, [0, 0]) is not None
    assert read_columns(reader, [1]) is None
    assert read_columns(reader, [], 1) is None
    assert write_columns(writer, []) == 0
    write_columns(writer, [Column(array=np.ones(3))])
    assert read_columns(reader, [1 << 40]) is None
    assert read_columns(reader, [3], 1 << 40) is None


def test_what_was_read_does_not_change_when_the_other_side_writes_on(outbox) -> None:
    writer, reader = outbox
    write_columns(writer, [Column(array=np.ones(3))], [b"one"])
    found = read_columns(reader, [3], 3)
    write_columns(writer, [Column(array=np.zeros(3))], [b"two"])
    assert found is not None
    assert found[0][0].tolist() == [1.0, 1.0, 1.0]
    assert bytes(found[1]) == b"one"


def test_who_reads_inputs_cannot_change_them(inbox) -> None:
    box, reader = inbox
    box.put([fixed(1.0, 2.0)])
    (column,) = reader.arrays([2])
    assert not column.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 5.0
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.pwrite(reader.descriptor, b"x", 0)
    with pytest.raises(PermissionError):
        mmap.mmap(reader.descriptor, 16)


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="seals are of Linux")
def test_nobody_can_take_memory_away_that_the_other_side_has_mapped(outbox) -> None:
    writer, reader = outbox
    write_columns(writer, [Column(array=np.ones(3))])
    for descriptor in (writer.descriptor, reader.descriptor):
        with pytest.raises(OSError, match="not permitted") as refused:
            os.ftruncate(descriptor, 0)
        assert refused.value.errno == errno.EPERM


def test_inputs_are_written_again_when_they_are_others_or_elsewhere_and_only_then(inbox) -> None:
    box, reader = inbox
    one, two, loose = fixed(1.0, 2.0), fixed(3.0, 4.0), np.array([5.0, 6.0])

    def seen() -> list[list[float]]:
        return [column.tolist() for column in reader.arrays([2, 2, 2])]

    box.put([one, two, loose])
    assert seen() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    box.pages.arrays([6])[0][:] = 0.0  # shows what is written and what is not
    loose[0] = 7.0
    box.put([one, two, loose])
    assert seen() == [[0.0, 0.0], [0.0, 0.0], [7.0, 6.0]]
    box.put([two, two, loose])
    assert seen() == [[3.0, 4.0], [0.0, 0.0], [7.0, 6.0]]
    box.put([fixed(9.0), one, two])
    assert [column.tolist() for column in reader.arrays([1, 2, 2])] == [[9.0], [1.0, 2.0], [3.0, 4.0]]


def test_a_new_array_in_the_place_of_one_that_is_gone_is_written(inbox) -> None:
    box, reader = inbox
    for value in range(5):
        box.put([fixed(value, value)])
        assert reader.arrays([2])[0].tolist() == [value, value]


def test_growing_leaves_alone_what_somebody_still_reads(inbox) -> None:
    box, reader = inbox
    box.put([fixed(1.0, 2.0)])
    (held,) = reader.arrays([2])
    many = np.arange(1_000_000.0)
    box.put([fixed(1.0, 2.0), many])
    assert np.array_equal(reader.arrays([2, len(many)])[1], many)
    assert held.tolist() == [1.0, 2.0]


def test_large_inputs_give_their_memory_back_at_rest_and_are_written_again(inbox, monkeypatch) -> None:
    monkeypatch.setattr("pipeline.plugins.workers.pages._KEPT", 4096)
    box, reader = inbox
    many = np.arange(100_000.0)
    many.flags.writeable = False
    box.put([many])
    before = os.fstat(box.pages.descriptor).st_blocks
    box.rest()
    assert os.fstat(box.pages.descriptor).st_blocks < before / 10
    box.put([many])
    assert np.array_equal(reader.arrays([len(many)])[0], many)


def test_the_files_have_no_name() -> None:
    for descriptor in (nameless_file(), nameless_file(grows_only=True)):
        assert os.fstat(descriptor).st_nlink == 0
        os.close(descriptor)
