"""Executors: who carries out independent tasks, in this process or in others.

A task is a number and a few plain arguments, its result plain as well: values of nodes go through the store, never
through an executor.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

__all__ = ["MOST_DEATHS", "Done", "Executor", "Gift", "Inline", "Processes", "Work", "done_of", "expect_processes"]

Work: TypeAlias = Callable[..., Any]
"""What is done for a task, given its arguments; for processes a function of a module, or a partial of one."""

MOST_DEATHS = 2
"""A task that was at work when so many workers ended is given up."""

_METHOD = "forkserver" if sys.platform == "linux" else "spawn"
_ONE_THREAD = {"POLARS_MAX_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a task: its result, or why there is none. `quarantined` when it took its workers with it."""

    task: int
    result: Any = None
    error: str = ""
    quarantined: bool = False


class Gift(Protocol):
    """What a new worker gets from the coordinator besides its work: called there first of all, closed here."""

    def __call__(self) -> None:
        """Take it, in the worker."""

    def close(self) -> None:
        """Let go of it, in the coordinator."""


class Executor(Protocol):
    """Carries out tasks."""

    @property
    def room(self) -> int:
        """How many more tasks keep everybody busy: whoever makes tasks need not make more, and can size them later."""

    def submit(self, task: int, *args: Any, lives: int = MOST_DEATHS, near: Collection[str] = ()) -> None:
        """Take a task; it is begun when somebody is free. It is given up when `lives` workers ended at it.

        `near` names what it uses: whoever has used some of it already is the best to do it.
        """

    def as_completed(self) -> Iterator[Done]:
        """What came of each task that was submitted, as it comes; ends when none is left."""

    def cancel(self) -> None:
        """Begin no further task and stop those at work; `as_completed` ends."""

    def close(self) -> None:
        """End all workers. Nothing may be asked afterwards."""


class Inline:
    """Carries out tasks in this process, one after the other."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: deque[tuple[int, tuple[Any, ...]]] = deque()

    @property
    def room(self) -> int:
        """One task at a time."""
        return 0 if self._waiting else 1

    def submit(self, task: int, *args: Any, lives: int = MOST_DEATHS, near: Collection[str] = ()) -> None:  # noqa: ARG002 - it ends with us
        """Take a task."""
        self._waiting.append((task, args))

    def as_completed(self) -> Iterator[Done]:
        """What came of each task."""
        while self._waiting:
            task, args = self._waiting.popleft()
            yield done_of(self._work, task, args)

    def cancel(self) -> None:
        """Begin no further task."""
        self._waiting.clear()

    def close(self) -> None:
        """There is nothing to end."""
        self._waiting.clear()


@dataclass
class _Worker:
    process: BaseProcess
    line: Connection
    task: tuple[int, tuple[Any, ...]] | None = None
    used: set[str] = field(default_factory=set)


class Processes:
    """Carries out tasks in `workers` processes, which are never forked from this one: a forked polars hangs.

    On Linux they are forked from a process that has imported and computed nothing, see `expect_processes`.
    A worker that ends in the middle of a task is replaced and the task tried again, as long as it has lives. A
    worker whose coordinator is gone ends when its task does. `gift` makes what each worker gets when it starts.
    """

    def __init__(self, work: Work, *, workers: int, gift: Callable[[], Gift] | None = None) -> None:
        self._work = work
        self._count = workers
        self._gift = gift
        self._context: Any = multiprocessing.get_context(_METHOD)
        self._workers: list[_Worker] = []
        self._waiting: deque[tuple[int, tuple[Any, ...]]] = deque()
        self._deaths: dict[int, int] = {}
        self._lives: dict[int, int] = {}
        self._near: dict[int, frozenset[str]] = {}

    @property
    def room(self) -> int:
        """A task at work and one waiting for each worker."""
        busy = sum(worker.task is not None for worker in self._workers)
        return max(2 * self._count - busy - len(self._waiting), 0)

    def submit(self, task: int, *args: Any, lives: int = MOST_DEATHS, near: Collection[str] = ()) -> None:
        """Take a task."""
        self._waiting.append((task, args))
        self._lives[task] = lives
        self._near[task] = frozenset(near)

    def as_completed(self) -> Iterator[Done]:
        """What came of each task; at most one is with each worker."""
        while self._waiting or any(worker.task for worker in self._workers):
            self._hand_out()
            busy = [worker for worker in self._workers if worker.task is not None]
            ready = wait([thing for worker in busy for thing in (worker.line, worker.process.sentinel)])
            for worker in busy:
                # whoever hears of one may have ended all
                if worker in self._workers and (worker.line in ready or worker.process.sentinel in ready):
                    done = self._hear(worker)
                    if done is not None:
                        yield done

    def cancel(self) -> None:
        """Begin no further task, and end the workers."""
        self._waiting.clear()
        self.close()

    def close(self) -> None:
        """End all workers."""
        for worker in self._workers:
            worker.line.close()
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.process.close()
        self._workers.clear()

    def _hand_out(self) -> None:
        idle = [worker for worker in self._workers if worker.task is None]
        while self._waiting and (idle or len(self._workers) < self._count):
            worker = idle.pop() if idle else self._start()
            # few wait, see `room`; of those that it knows nothing of the first one
            place = max(range(len(self._waiting)), key=lambda at: len(self._near[self._waiting[at][0]] & worker.used))
            worker.task = self._waiting[place]
            del self._waiting[place]
            worker.used |= self._near[worker.task[0]]
            with suppress(OSError):  # it has just ended: that is heard below
                worker.line.send(worker.task)

    def _start(self) -> _Worker:
        here, there = self._context.Pipe()
        # the server's environment is that of its first day
        environment = {**os.environ, **_ONE_THREAD}
        gift = self._gift() if self._gift is not None else None
        process = self._context.Process(target=_serve, args=(self._work, there, environment, gift), daemon=True)
        with _one_thread():
            process.start()
        there.close()
        if gift is not None:
            gift.close()
        worker = _Worker(process, here)
        self._workers.append(worker)
        return worker

    def _hear(self, worker: _Worker) -> Done | None:
        """What a worker has to say of its task; None when it ended and another one tries."""
        assert worker.task is not None
        task, worker.task = worker.task, None
        with suppress(EOFError, OSError):
            if worker.line.poll():
                done: Done = worker.line.recv()
                return done
        worker.process.join()
        code = worker.process.exitcode
        worker.process.close()
        worker.line.close()
        self._workers.remove(worker)
        number = task[0]
        deaths = self._deaths[number] = self._deaths.get(number, 0) + 1
        if deaths < self._lives[number]:
            self._waiting.appendleft(task)
            return None
        workers = f"{deaths} workers" if deaths > 1 else "a worker"
        return Done(number, error=f"{workers} ended at it ({_ending(code)})", quarantined=True)


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit status {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def done_of(work: Work, task: int, args: tuple[Any, ...]) -> Done:
    """What comes of a task that is carried out here."""
    try:
        return Done(task, work(*args))
    except Exception as error:  # noqa: BLE001 - a task that fails is a result
        return Done(task, error=f"{type(error).__name__}: {error}")


def expect_processes(modules: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Have a process import modules, from which `Processes` are forked: each starts in milliseconds then.

    It is there once for this process, with the modules and variables of its environment that were asked for first, and
    ends with it. Where workers are spawned this does nothing.
    """
    if _METHOD == "forkserver":
        from multiprocessing import forkserver  # there is none on some systems

        multiprocessing.set_forkserver_preload(list(modules))
        with _one_thread(environment or {}):
            forkserver.ensure_running()


@contextmanager
def _one_thread(more: Mapping[str, str] = MappingProxyType({})) -> Iterator[None]:
    """For processes that start in the block: polars reads it when it is imported, and workers are as many as cores."""
    variables = {**_ONE_THREAD, **more}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(work: Work, line: Connection, environment: Mapping[str, str], gift: Gift | None) -> None:
    os.environ.clear()
    os.environ.update(environment)
    if gift is not None:
        gift()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator, who ends us
    with suppress(EOFError, OSError):  # the coordinator is gone
        while True:
            task, args = line.recv()
            line.send(done_of(work, task, args))
