"""The executor on a Dask cluster, for runs that one machine is not enough for. Needs the extra `cluster`.

All workers must see the project at the same path, with the same packages: through the scheduler go metadata alone.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from typing import Any

from pipeline.errors import UsageError
from pipeline.execution.executor import MOST_DEATHS, Done, Executor, Work, done_of

try:
    import dask
    import distributed
    from distributed.scheduler import KilledWorker
except ImportError as error:
    raise UsageError(
        "the executor dask needs the package distributed", code="TG523", hint="pip install 'tradegraph[cluster]'"
    ) from error

__all__ = ["Dask", "cluster"]

_CONNECT = "10s"


def cluster(work: Work, *, scheduler: str, workers: int) -> Executor:
    """An executor on the cluster of a scheduler, or on one of `workers` processes that is started here.

    Raises UsageError TG524 when the scheduler does not answer.
    """
    try:
        if scheduler:
            return Dask(work, distributed.Client(scheduler, timeout=_CONNECT, set_as_default=False))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"no Dask scheduler answers at {scheduler!r}: {error}", code="TG524", hint="Start one: dask scheduler."
        ) from error
    with dask.config.set({"distributed.scheduler.allowed-failures": MOST_DEATHS - 1}), _ctrl_c_is_ours():
        own = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            env={"POLARS_MAX_THREADS": "1"},
        )
    return Dask(work, distributed.Client(own, set_as_default=False), own)


@contextmanager
def _ctrl_c_is_ours() -> Iterator[None]:
    """Let threads that start in the block, and processes that these start, not hear Ctrl-C: it is for us, who end them.

    What is pressed meanwhile is heard at the end.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # where it starts, it lets the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Dask:
    """Carries out tasks on the workers of a cluster: one with each thread of a worker, the others wait here.

    A second one that waits at a worker would be held to have ended it, too, when the first one ends it.

    A worker that ends in the middle of a task is replaced by the cluster, which tries the task elsewhere and gives it
    up when more workers ended at it than its setting `distributed.scheduler.allowed-failures` says. `own` is a cluster
    that ends with the executor.
    """

    def __init__(self, work: Work, client: Any, own: Any = None) -> None:
        self._work = work
        self._client = client
        self._own = own
        self._waiting: deque[tuple[int, tuple[Any, ...]]] = deque()
        self._futures: dict[Any, int] = {}

    @property
    def room(self) -> int:
        """A task for each thread."""
        return max(self._most - len(self._futures) - len(self._waiting), 0)

    def submit(self, task: int, *args: Any, lives: int = MOST_DEATHS, near: Collection[str] = ()) -> None:  # noqa: ARG002 - the cluster decides
        """Take a task."""
        self._waiting.append((task, args))

    def as_completed(self) -> Iterator[Done]:
        """What came of each task."""
        while self._waiting or self._futures:
            while self._waiting and len(self._futures) < self._most:
                task, args = self._waiting.popleft()
                future = self._client.submit(done_of, self._work, task, args, pure=False, retries=0)
                self._futures[future] = task
            with self._client.as_current():
                done = distributed.wait(list(self._futures), return_when="FIRST_COMPLETED").done
            for future in done:
                if future in self._futures:  # else it was cancelled meanwhile
                    yield _answer(future, self._futures.pop(future))

    def cancel(self) -> None:
        """Begin no further task; those at work end when they do, and nobody hears of them."""
        self._waiting.clear()
        if self._futures:
            self._client.cancel(list(self._futures), force=True)
            self._futures.clear()

    def close(self) -> None:
        """Leave the cluster; one of our own ends."""
        self.cancel()
        with suppress(TimeoutError):
            self._client.close(timeout="5s")
        if self._own is not None:
            self._own.close(timeout=10)

    @property
    def _most(self) -> int:
        threads: dict[str, int] = self._client.nthreads()
        return max(sum(threads.values()), 1)


def _answer(future: Any, task: int) -> Done:
    error = future.exception()
    if error is None:
        done: Done = future.result()
        return done
    if isinstance(error, KilledWorker):
        return Done(task, error="every worker that was at it ended", quarantined=True)
    return Done(task, error=f"{type(error).__name__}: {error}")
