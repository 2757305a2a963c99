"""Tasks: long work that goes on while requests are answered, in processes that can be stopped.

Everything here happens in the thread of the event loop, so nothing needs a lock; other threads only look at what there
is.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pipeline import errors
from pipeline.api.problem import refusal
from pipeline.errors import CODES, Fault, Place, RequestError, TradegraphError

__all__ = ["Event", "State", "Task", "Tasks"]

State: TypeAlias = Literal["queued", "running", "ok", "failed", "interrupted", "error", "killed", "cancelled"]

MOST_WAITING = 100
MOST_KEPT = 200
"""Tasks that are over and still known."""
MOST_EVENTS = 5_000
"""Of a task, the newest; who comes late to a large sweep hears of the end of it."""
_LONGEST = 64 * 1024 * 1024
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from pipeline.api.worker import main; main(sys.argv[2])"
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; numbers count from 1."""

    number: int
    name: str
    facts: Mapping[str, Any]


@dataclass(eq=False)
class Task:
    """Something that was asked for, and how far it is. `order` is for the worker, `about` says it in a few words."""

    id: str
    kind: str
    about: str
    order: Mapping[str, Any]
    created_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    state: State = "queued"
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    error: TradegraphError | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS), repr=False)
    stopping: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def over(self) -> bool:
        """True when nothing more will happen."""
        return self.state not in ("queued", "running")

    def ended(self, state: State) -> None:
        """Nothing more happens; what was ordered, a whole plugin perhaps, is let go."""
        self.state, self.finished_at, self.order = state, dt.datetime.now(dt.UTC), {}

    def tell(self, name: str, **facts: Any) -> None:
        """Let everybody who follows know."""
        last = self.events[-1].number if self.events else 0
        self.events.append(Event(last + 1, name, facts))
        self._news.set()
        self._news = asyncio.Event()

    async def follow(self, after: int = 0, *, pause: float = 15.0) -> AsyncIterator[Event | None]:
        """The events after a number, as they come, until it is over; None when nothing happened for a while."""
        while True:
            news = self._news
            for event in [event for event in self.events if event.number > after]:
                after = event.number
                yield event
            if self.over and (not self.events or self.events[-1].number <= after):
                return
            if news is self._news:
                try:
                    await asyncio.wait_for(news.wait(), pause)
                except TimeoutError:
                    yield None

    async def end(self) -> None:
        """Wait until it is over."""
        async for _ in self.follow(after=self.events[-1].number if self.events else 0):
            pass


class Tasks:
    """The tasks of a server: those that wait, those that go on in `most` processes, those that are over."""

    def __init__(self, root: Path, *, most: int = 2, grace: float = 10.0) -> None:
        """`grace` is how many seconds a task may take to end when it is asked to, before its process is killed."""
        self._root = root
        self._most = most
        self._grace = grace
        self._known: dict[str, Task] = {}
        self._waiting: deque[Task] = deque()
        self._idle: list[_Worker] = []
        self._at_work: dict[str, _Worker] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def warm(self) -> None:
        """Start a process before it is needed."""
        worker = _Worker()
        await worker.start(self._root)
        if self._closed:
            await worker.close()
        else:
            self._idle.append(worker)

    def all(self) -> list[Task]:
        """All that are known, the newest first."""
        return sorted(self._known.values(), key=lambda task: task.created_at, reverse=True)

    def get(self, task_id: str) -> Task | None:
        """The task of this id."""
        return self._known.get(task_id)

    def submit(self, task: Task) -> Task:
        """Take a task. Raises RequestError TG809 when too many wait."""
        if self._closed or len(self._waiting) >= MOST_WAITING:
            message = "the server is about to end" if self._closed else f"{MOST_WAITING} tasks are waiting"
            raise refusal("TG809", message, hint="Try again later.")
        self._forget()
        self._known[task.id] = task
        self._waiting.append(task)
        task.tell("queued", id=task.id, kind=task.kind, waiting=len(self._waiting))
        self._hand_out()
        return task

    def cancel(self, task: Task) -> None:
        """Have a task end: at once when it waits, else it stores what it has; it is killed when it does not obey.

        Raises RequestError TG810 when it is over.
        """
        if task.over:
            raise refusal("TG810", f"{task.id} is over: {task.state}")
        if task in self._waiting:
            self._waiting.remove(task)
            _finish(task, "cancelled")
            return
        worker = self._at_work.get(task.id)
        if worker is not None and not task.stopping:
            worker.stop(task.id)
            asyncio.get_running_loop().call_later(self._grace, self._insist, task, worker)
        task.stopping = True

    def kill(self, task: Task) -> None:
        """End a task now, whatever it does."""
        worker = self._at_work.get(task.id)
        if worker is not None:
            worker.kill()

    async def close(self) -> None:
        """End all tasks as `cancel` does, and the processes. Nothing is taken afterwards."""
        self._closed = True
        for task in [task for task in self._known.values() if not task.over]:
            self.cancel(task)
        if self._serving:
            await asyncio.wait(self._serving)
        await asyncio.gather(*(worker.close() for worker in self._idle))
        self._idle.clear()

    def _insist(self, task: Task, worker: _Worker) -> None:
        if self._at_work.get(task.id) is worker:
            worker.kill()

    def _forget(self) -> None:
        over = [task for task in self._known.values() if task.over]
        for task in over[: max(0, len(over) - MOST_KEPT)]:
            del self._known[task.id]

    def _hand_out(self) -> None:
        while self._waiting and len(self._serving) < self._most and not self._closed:
            serving = asyncio.get_running_loop().create_task(self._serve(self._waiting.popleft()))
            self._serving.add(serving)
            serving.add_done_callback(self._served)

    def _served(self, serving: asyncio.Task[None]) -> None:
        self._serving.discard(serving)
        self._hand_out()

    async def _serve(self, task: Task) -> None:
        task.state, task.started_at = "running", dt.datetime.now(dt.UTC)
        worker = self._idle.pop() if self._idle else _Worker()
        self._at_work[task.id] = worker
        try:
            await worker.start(self._root)
            if task.stopping:  # it was told before there was anybody to be told
                _finish(task, "cancelled")
            else:
                await worker.carry_out({**task.order, "id": task.id}, lambda event: _hear(task, event))
            self._idle.append(worker)
        except (OSError, EOFError, ValueError) as error:
            code = await worker.close()
            if task.stopping:
                _finish(task, "killed")
            else:
                said = f"the process that carried it out ended ({code}): {error}".rstrip(": ")
                _fail(task, RequestError(said, code="TG814", hint="Was it out of memory? Run it again."), "killed")
        except Exception as error:  # a task whose server made a mistake must end as well
            await worker.close()
            _fail(task, RequestError(f"{type(error).__name__}: {error}", code="TG813"), "error")
            raise
        finally:
            del self._at_work[task.id]


class _Worker:
    """A process that carries out one task after the other."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, root: Path) -> None:
        """Start it, if it is not there yet."""
        if self._process is None:
            # a session of its own: Ctrl-C is for the server, which ends its tasks itself
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", _START, json.dumps(sys.path), str(root)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
                limit=_LONGEST,
            )

    async def carry_out(self, order: Mapping[str, Any], heard: Callable[[dict[str, Any]], None]) -> None:
        """Give it an order and hear what happens until it is over. Raises EOFError when the process ends."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write((json.dumps(order) + "\n").encode())
        await self._process.stdin.drain()
        while True:
            line = await self._process.stdout.readline()
            if not line:
                raise EOFError
            event = json.loads(line)
            last = event["event"] in ("finished", "error")
            heard(event)
            if last:
                return

    def stop(self, task_id: str) -> None:
        """Ask it to end a task, begun or not."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write((json.dumps({"do": "stop", "id": task_id}) + "\n").encode())

    def kill(self) -> None:
        """End it now, with all that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def close(self) -> str:
        """End it; says how it ended."""
        if self._process is None:
            return "it did not start"
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 2.0)
        except TimeoutError:
            self.kill()
            await self._process.wait()
        code = self._process.returncode or 0
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"


def _hear(task: Task, event: dict[str, Any]) -> None:
    name = event.pop("event")
    if name == "error":
        _fail(task, _error_of(event), "error")
    elif name == "finished":
        task.result = event
        _finish(task, event["status"])
    else:
        task.tell(name, **event)


def _finish(task: Task, state: State) -> None:
    task.ended(state)
    task.tell("finished", **{**task.result, "status": state})


def _fail(task: Task, error: TradegraphError, state: State) -> None:
    task.ended(state)
    task.error = error
    task.tell("error", status=state, faults=[fault.as_dict() for fault in error.faults])


def _error_of(event: Mapping[str, Any]) -> TradegraphError:
    """The error that a worker told of."""
    kind = getattr(errors, event["kind"], RequestError) if event["kind"] else RequestError
    faults = tuple(
        Fault(
            said["code"] if said["code"] in CODES else "TG813",
            said["message"],
            Place(said["file"], said["line"], said["column"]) if said.get("file") else None,
            said["hint"],
        )
        for said in event["faults"]
    )
    error: TradegraphError = kind(faults[0].message)
    error.faults = faults
    return error
