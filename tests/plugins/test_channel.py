"""Frames over a socket."""

import socket

import pytest

from pipeline.plugins.workers.channel import Channel


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
