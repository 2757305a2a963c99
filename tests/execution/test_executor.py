"""Executors: what holds for all of them, and what a worker that dies does not take with it."""

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from pipeline.execution.executor import MOST_DEATHS, Done, Executor, Inline, Processes


def square(number: int) -> int:
    """A task that works, unless its number is negative."""
    if number < 0:
        raise ValueError(f"no root of {number}")
    return number * number


def dying(folder: str, number: int, times: int) -> int:
    """A task that kills its process the first `times` that it is tried."""
    marks = Path(folder)
    tried = len(list(marks.glob(f"{number}.*")))
    (marks / f"{number}.{tried}").touch()
    if tried < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


MAKE = {"inline": Inline, "processes": partial(Processes, workers=2)}


@pytest.fixture(params=MAKE)
def executor(request):
    """An executor of squares."""
    made: Executor = MAKE[request.param](square)
    yield made
    made.close()


def test_every_task_that_was_submitted_completes(executor) -> None:
    for number in range(7):
        executor.submit(number, number)
    assert {done.task: done.result for done in executor.as_completed()} == {n: n * n for n in range(7)}
    # more may be submitted afterwards
    executor.submit(9, 3)
    assert list(executor.as_completed()) == [Done(9, 9)]


def test_a_task_that_fails_is_a_result_and_the_others_go_on(executor) -> None:
    for number in (1, -2, 3):
        executor.submit(number, number)
    found = {done.task: done for done in executor.as_completed()}
    assert found[-2] == Done(-2, error="ValueError: no root of -2")
    assert (found[1].result, found[3].result) == (1, 9)


def test_nothing_begins_after_it_was_cancelled(executor) -> None:
    for number in range(50):
        executor.submit(number, number)
    heard = 0
    for _ in executor.as_completed():
        heard += 1
        executor.cancel()
    assert 1 <= heard <= 2
    assert list(executor.as_completed()) == []


def test_a_worker_that_is_killed_in_a_task_is_replaced_and_the_task_done_by_another(tmp_path) -> None:
    executor = Processes(partial(dying, str(tmp_path)), workers=2)
    for number in range(4):
        executor.submit(number, number, 1 if number == 2 else 0)
    found = {done.task: done for done in executor.as_completed()}
    executor.close()
    assert sorted(found) == [0, 1, 2, 3]
    assert all(not done.error for done in found.values())
    assert len(list(tmp_path.glob("2.*"))) == 2
    assert os.getpid() not in {done.result for done in found.values()}


def test_a_task_that_kills_every_worker_is_given_up_and_the_others_are_done(tmp_path) -> None:
    executor = Processes(partial(dying, str(tmp_path)), workers=1)
    for number in range(3):
        executor.submit(number, number, 99 if number == 1 else 0)
    found = {done.task: done for done in executor.as_completed()}
    executor.close()
    assert found[1].quarantined
    assert found[1].error == f"{MOST_DEATHS} workers ended at it (SIGKILL)"
    assert len(list(tmp_path.glob("1.*"))) == MOST_DEATHS
    assert not found[0].error
    assert not found[2].error


def test_workers_do_not_outlive_a_close(tmp_path) -> None:
    executor = Processes(partial(dying, str(tmp_path)), workers=2)
    executor.submit(0, 0, 0)
    (done,) = executor.as_completed()
    executor.close()
    with pytest.raises(ProcessLookupError):
        os.kill(done.result, 0)
