"""Frames over a socket, columns through a file without a name."""

import socket

import numpy as np
import pytest

from pipeline.plugins.workers.channel import Channel, append_bytes, nameless_file, read_columns, write_columns


@pytest.fixture
def ends():
    """Two channels that are connected, and the raw socket of the second."""
    mine, its = socket.socketpair()
    one, other = Channel(mine), Channel(its)
    yield one, other, its
    one.close()
    other.close()


def test_frames_arrive_in_order_and_whole(ends) -> None:
    one, other, _ = ends
    one.send({"a": [1, None, "é"]})
    one.send({})
    assert other.receive(1) == {"a": [1, None, "é"]}
    assert other.receive() == {}


@pytest.mark.parametrize(
    "said",
    [b"", b"\x02\0", b"\x05\0\0\0[1", b"\x03\0\0\0[1]", b"\x01\0\0\0{", b"\xff" * 4, b"\x02\0\0\0\xff\xff"],
)
def test_what_is_no_whole_frame_is_none(ends, said) -> None:
    one, other, raw = ends
    raw.sendall(said)
    other.close()
    assert one.receive(1) is None


def test_waiting_ends_after_the_limit_also_in_the_middle_of_a_frame(ends) -> None:
    one, _, raw = ends
    with pytest.raises(TimeoutError):
        one.receive(0.01)
    raw.sendall(b"\x05\0\0\0[1")
    with pytest.raises(TimeoutError):
        one.receive(0.01)


def test_columns_come_back_bit_by_bit_and_read_only() -> None:
    values = np.array([1.5, np.nan, -0.0, np.inf])
    with nameless_file() as file:
        write_columns(file, [values, np.arange(8.0)[::2]])
        append_bytes(file, b"behind")
        append_bytes(file, b"it")
        found = read_columns(file, [4, 4], 8)
        assert found is not None
        (first, second), tail = found
        assert first.tobytes() == values.tobytes()
        assert second.tolist() == [0.0, 2.0, 4.0, 6.0]
        assert not first.flags.writeable
        assert bytes(tail) == b"behindit"
        assert read_columns(file, [4, 4]) is None
        write_columns(file, [])
        assert read_columns(file, [1]) is None
        assert read_columns(file, [0, 0, 0]) is not None


def test_columns_that_were_read_do_not_change_when_the_file_does() -> None:
    with nameless_file() as file:
        write_columns(file, [np.ones(3)])
        found = read_columns(file, [3])
        write_columns(file, [np.zeros(3)])
        assert found is not None
        assert found[0][0].tolist() == [1.0, 1.0, 1.0]
