"""The alarm: ends Python that takes too long, and leaves nothing behind."""

import signal
import threading

import pytest

from pipeline.execution.alarm import Overdue, alarm


def test_an_endless_loop_is_ended_even_where_it_catches_everything_it_can() -> None:
    def endless() -> None:
        while True:
            try:
                sum(range(100))
            except Exception:  # noqa: BLE001 - as authors write it
                continue

    with pytest.raises(Overdue), alarm(0.02):
        endless()


def test_it_rings_again_for_code_that_caught_even_that() -> None:
    caught = []

    def stubborn() -> None:
        while True:
            try:
                sum(range(100))
            except BaseException:
                caught.append(1)
                if len(caught) > 1:
                    raise

    with pytest.raises(Overdue), alarm(0.02):
        stubborn()


def test_what_is_quick_hears_nothing_and_nothing_is_left_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with alarm(30.0):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) is before


def test_an_error_inside_passes_through() -> None:
    with pytest.raises(ValueError, match="mine"), alarm(30.0):
        raise ValueError("mine")
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_an_alarm_inside_an_alarm_leaves_the_outer_one_alone() -> None:
    with alarm(30.0):
        before = signal.getitimer(signal.ITIMER_REAL)[0]
        with alarm(0.001):
            sum(range(100_000))
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= before


def test_other_threads_and_no_limit_are_without_alarm() -> None:
    found = []

    def work() -> None:
        with alarm(0.001):
            found.append(signal.getitimer(signal.ITIMER_REAL)[0])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with alarm(None):
        found.append(signal.getitimer(signal.ITIMER_REAL)[0])
    assert found == [0.0, 0.0]
