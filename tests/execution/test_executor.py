"""One contract over all executors, and what a worker that dies does not take with it."""

import logging
import os
import signal
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.errors import UsageError
from pipeline.execution.executor import Done, Executor, Inline, Processes
from pipeline.runs.crew import Crew

HEAVY = pytest.mark.heavy
ALL = ["inline", "processes", pytest.param("dask", marks=HEAVY)]
APART = ["processes", pytest.param("dask", marks=HEAVY)]
WORKERS = 2


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


@pytest.fixture(scope="module")
def scheduler():
    """The address of a cluster on this machine; what it says of workers that are killed on purpose is not shown."""
    import dask
    from distributed import LocalCluster

    for name in ("distributed.scheduler", "distributed.nanny", "distributed.worker", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(
            n_workers=WORKERS, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
        ) as cluster,
    ):
        yield cluster.scheduler_address


@pytest.fixture
def hire(request):
    """Makes an executor of a kind, and closes it."""
    made: list[Executor] = []

    def hired(kind, work):
        address = request.getfixturevalue("scheduler") if kind == "dask" else ""
        made.append(Crew(kind, WORKERS, address).hire(work))
        return made[-1]

    yield hired
    for executor in made:
        executor.close()


@pytest.mark.parametrize("kind", ALL)
def test_every_task_that_was_submitted_completes_and_one_that_fails_is_a_result(hire, kind) -> None:
    executor = hire(kind, square)
    for number in (0, 1, -2, 3, 4, 5, 6):
        executor.submit(number, number)
    found = {done.task: done for done in executor.as_completed()}
    assert found.pop(-2) == Done(-2, error="ValueError: no root of -2")
    assert {task: done.result for task, done in found.items()} == {n: n * n for n in (0, 1, 3, 4, 5, 6)}
    # more may be submitted afterwards, and meanwhile
    executor.submit(9, 3)
    heard = []
    for done in executor.as_completed():
        heard.append(done.result)
        if done.task == 9:
            executor.submit(10, 4)
    assert heard == [9, 16]


@pytest.mark.parametrize("kind", ALL)
def test_whoever_makes_tasks_is_told_when_there_are_enough(hire, kind) -> None:
    executor = hire(kind, square)
    number = 0
    while executor.room:
        executor.submit(number, number)
        number += 1
    assert 1 <= number <= 2 * WORKERS
    for done in executor.as_completed():
        assert done.result == done.task**2
        for _ in range(executor.room if number < 20 else 0):
            executor.submit(number, number)
            number += 1
    assert number >= 20


@pytest.mark.parametrize("kind", ALL)
def test_nothing_is_heard_after_it_was_cancelled(hire, kind) -> None:
    executor = hire(kind, square)
    for number in range(50):
        executor.submit(number, number)
    heard = 0
    for _ in executor.as_completed():
        heard += 1
        executor.cancel()
    assert 1 <= heard <= 2
    assert list(executor.as_completed()) == []


@pytest.mark.parametrize("kind", APART)
def test_a_worker_that_is_killed_in_a_task_is_replaced_and_the_task_done_by_another(hire, kind, tmp_path) -> None:
    executor = hire(kind, partial(dying, str(tmp_path)))
    for number in range(4):
        executor.submit(number, number, 1 if number == 2 else 0)
    found = {done.task: done for done in executor.as_completed()}
    assert sorted(found) == [0, 1, 2, 3]
    assert all(not done.error for done in found.values())
    assert len(list(tmp_path.glob("2.*"))) == 2
    assert os.getpid() not in {done.result for done in found.values()}


@pytest.mark.parametrize("kind", APART)
def test_a_task_that_kills_every_worker_is_given_up_and_the_others_are_done(hire, kind, tmp_path) -> None:
    executor = hire(kind, partial(dying, str(tmp_path)))
    for number in range(3):
        executor.submit(number, number, 99 if number == 1 else 0)
    found = {done.task: done for done in executor.as_completed()}
    assert found[1].quarantined
    assert "ended" in found[1].error
    assert len(list(tmp_path.glob("1.*"))) == 2
    assert [found[number].error for number in (0, 2)] == ["", ""]


def test_a_task_has_as_many_lives_as_it_was_given(tmp_path) -> None:
    executor = Processes(partial(dying, str(tmp_path)), workers=1)
    executor.submit(1, 1, 99, lives=1)
    (done,) = executor.as_completed()
    executor.close()
    assert done == Done(1, error="a worker ended at it (SIGKILL)", quarantined=True)


def test_workers_do_not_outlive_a_close(tmp_path) -> None:
    executor = Processes(partial(dying, str(tmp_path)), workers=2)
    executor.submit(0, 0, 0)
    (done,) = executor.as_completed()
    executor.close()
    with pytest.raises(ProcessLookupError):
        os.kill(done.result, 0)


def test_a_worker_is_given_what_it_has_used_some_of_before() -> None:
    executor = Processes(square, workers=1)
    given = []

    class Line:
        def send(self, task):
            given.append(task[0])

    worker = SimpleNamespace(line=Line(), task=None, used=set())
    executor._workers.append(worker)
    for number, near in enumerate(["a", "b", "ac", "d", "c", "bd"]):
        executor.submit(number, number, near=near)
    while executor._waiting:
        executor._hand_out()
        worker.task = None
    assert given == [0, 2, 4, 1, 5, 3]


class Present:
    """What a worker is given: it writes a file, there and not here."""

    def __init__(self, folder: str) -> None:
        self.folder, self.closed = folder, False

    def __call__(self) -> None:
        (Path(self.folder) / f"taken.{os.getpid()}").touch()

    def close(self) -> None:
        self.closed = True


def test_each_worker_gets_a_gift_before_its_first_task(tmp_path) -> None:
    made = []

    def gift():
        made.append(Present(str(tmp_path)))
        return made[-1]

    executor = Processes(partial(dying, str(tmp_path)), workers=1, gift=gift)
    executor.submit(0, 0, 1)  # ends the first worker
    (done,) = executor.as_completed()
    executor.close()
    assert len(made) == 2
    assert all(present.closed for present in made)
    assert len(list(tmp_path.glob("taken.*"))) == 2
    assert (tmp_path / f"taken.{done.result}").exists()


def test_a_crew_is_what_was_asked_for() -> None:
    assert not Crew().divided
    assert Crew.of(3) == Crew(workers=3)
    assert Crew.of(3).divided
    assert isinstance(Crew("inline").hire(square), Inline)
    with pytest.raises(UsageError) as caught:
        Crew("processes", 2, "tcp://127.0.0.1:1").hire(square)
    assert caught.value.faults[0].code == "TG524"
