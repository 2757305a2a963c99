"""The host: has calls made in worker processes, and kills a worker when a call takes too long or too much.

Each plugin has workers of its own, forked from a process that has computed nothing; they stay warm between calls. What
a worker answers is checked as if a stranger had sent it, for a stranger's code runs there.
"""

from __future__ import annotations

import math
import re
import shutil
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar, overload

from pipeline.errors import Place, PluginError
from pipeline.execution.arguments import flat
from pipeline.execution.attempt import Call, Outcome, Raised
from pipeline.execution.parcel import arrays_of, head_of, plain_value
from pipeline.execution.replay import Frame
from pipeline.model.captured import Captured
from pipeline.model.node import NodeType
from pipeline.plugins.confine import Bounds, Confinement
from pipeline.plugins.examination.profile import Profile, read_profile
from pipeline.plugins.examination.trial import Trial, read_trial
from pipeline.plugins.examination.unit_test import UnitTests, read_unit_tests
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.workers.answer import Ended, Failed, answer_of, outcome_of
from pipeline.plugins.workers.forkserver import forkserver
from pipeline.plugins.workers.hearing import Ear
from pipeline.plugins.workers.process import WorkerProcess
from pipeline.plugins.workers.setup import Places, Setup
from pipeline.plugins.workers.watchdog import Exceeded

__all__ = ["WorkerEnded", "WorkerHost"]

_START = 60.0
"""Seconds for a worker to shut itself in; usually a millisecond."""
_COMPILE = 300.0
"""Seconds for it to compile a node's kernel; the node's own time begins after that."""
_COMPILED = frozenset({"kernel", "table"})
"""The styles of nodes that may have to be compiled."""
_PREPARE = 0.05
"""Seconds for it to prepare the columns of a call of any other style; usually a millisecond."""
_WARM = 8
"""So many workers wait for another call."""
_LINES = 1_000_000
_TRIALS = 20
"""An examination may take so many times as long as a call."""

_LEARNING = "on sample bars: "
_ENDED_FOR = {"SIGSYS": "TG418", "SIGXCPU": "TG417", "SIGXFSZ": "TG417"}

_Found = TypeVar("_Found")
_Told = TypeVar("_Told")


class WorkerEnded(PluginError):
    """A plugin took its worker with it, or had it ended."""


@dataclass
class _Turn:
    """An order on its way: about what it is, which limit holds just now and since when, how its worker is isolated.

    `loading` says that the node's own time has not begun, `learning` that the plugin is called for its outputs' names,
    `held` that it holds on to the columns of a call, `own` that its code has begun.
    """

    subject: str
    origin: str
    loading: bool = True
    learning: bool = False
    held: bool = False
    own: bool = False
    limit: float | None = None
    began: float = 0.0
    isolation: str = ""

    @overload
    def within(self, limit: float) -> float: ...

    @overload
    def within(self, limit: None) -> None: ...

    def within(self, limit: float | None) -> float | None:
        """A new limit from now on; gives the instant at which it is over."""
        self.limit, self.began = limit, time.monotonic()
        return None if limit is None else self.began + limit

    @property
    def ms(self) -> float:
        """Milliseconds of the node's own time so far."""
        return 0.0 if self.loading else (time.monotonic() - self.began) * 1e3


class WorkerHost:
    """Makes calls in worker processes that it can kill: a `Caller`. For any thread; close it, or use it in `with`.

    `directories` are those of the plugins, `kernels` the folder of compiled kernels; `shipped` is the folder of the
    shipped nodes where it is not the usual one. With `bounds` workers are confined, as far as the system can: each
    serves one plugin, and gives up files, network, processes and rights before it loads it. `level` is that of the log,
    `hash_seed` sets the order of Python's sets of texts, `patience` are the seconds that loading a file may take.
    """

    def __init__(
        self,
        directories: Sequence[Path],
        kernels: Path | None,
        *,
        shipped: Path | None = None,
        bounds: Bounds | None = None,
        level: str = "",
        hash_seed: str | None = None,
        patience: float = 30.0,
    ) -> None:
        self._places = Places(tuple(directories), kernels, shipped)
        self.bounds, self.level, self.patience = bounds, level, patience
        self._hash_seed = hash_seed
        self._numbers = count(1)
        self._idle: OrderedDict[str, WorkerProcess] = OrderedDict()
        # nobody may forget to close it: the last one who lets go of it does
        weakref.finalize(self, _end_all, self._idle)

    def __repr__(self) -> str:
        return f"WorkerHost({self._places!r}, {self.bounds!r}, {self.level!r}, {self._hash_seed!r}, {self.patience:g})"

    def __enter__(self) -> WorkerHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers that there are; another call starts one."""
        _end_all(self._idle)

    def expect(self) -> None:
        """Say that a worker will be wanted: what all of them are forked from begins to start."""
        with suppress(OSError):  # told to whoever wants one
            forkserver(self._hash_seed)

    def call(self, call: Call, limit: float | None) -> Outcome:
        """Make a call; one that takes longer than `limit` seconds is stopped, with TG505.

        TG506 when the worker ends during the call, TG417 and TG418 when it is too greedy or too curious.
        """
        return self._called(call, limit, "call")[0]

    def replay(self, call: Call, limit: float | None) -> tuple[Outcome, tuple[Frame, ...]]:
        """Make a call again, and say where in the author's code it failed, the innermost place last."""
        outcome, frames = self._called(call, limit, "replay")
        return outcome, tuple(Frame(str(file), int(line), str(name), str(text)) for file, line, name, text in frames)

    def _called(self, call: Call, limit: float | None, do: str) -> tuple[Outcome, Sequence[Any]]:
        if not call.node.code:
            return Outcome(raised=_unloaded(call)), ()
        turn = _Turn(repr(call.node.id), call.node.origin)

        def made(worker: WorkerProcess, ear: Ear, number: int) -> tuple[Outcome, Sequence[Any]]:
            worker.bound_processor(limit)
            whole = [column.whole for column in flat(call.ports)]
            worker.send({**head_of(call), "whole": whole, "do": do, "number": number}, arrays_of(call))
            if call.node.captured is None or call.node.style in _COMPILED or limit is None:
                last = math.inf
                frame = ear.hear(turn.within(_COMPILE))
            else:  # nothing takes long before its own time begins: that its time begins is not left to it
                turn.loading = False
                last = turn.within(limit) + _PREPARE
                frame = ear.hear(last)
            if frame is not None and frame.get("begun"):
                turn.loading, turn.own = False, True
                until = turn.within(limit)
                frame = ear.hear(None if until is None else min(until, last))
            done = answer_of(frame, number)
            turn.held = bool(done.get("held"))
            frames = [(file, min(int(line), _LINES), name, text) for file, line, name, text in done.get("frames", ())]
            return outcome_of(call, done, worker, turn.ms), frames

        found = self._ordered(call.node.captured, turn, made)
        if isinstance(found, Raised):
            return Outcome(raised=found, ms=turn.ms, isolation=turn.isolation), ()
        return replace(found[0], isolation=turn.isolation), found[1]

    def describe(self, captured: Captured, limit: float) -> Mapping[str, Any]:
        """What some files declare, as their worker tells; it may take `limit` seconds. Raises PluginError."""
        return self._asked(captured, {"do": "describe"}, limit)

    def examine(self, node: NodeType, *, exhaustive: bool = False, limit: float = 30.0) -> Trial:
        """Examine a node type; a call may take `limit` seconds. Raises PluginError when the worker does not survive."""
        assert node.captured is not None
        order = {"do": "examine", "node_type": node.id, "code": node.code, "exhaustive": exhaustive, "limit": limit}
        # the worker has an alarm of its own, which says more
        told = self._asked(node.captured, order, limit * 1.1 + 0.5, most=_TRIALS * limit)
        return _read(lambda: read_trial(told, node))

    def profile(self, plugin: GuidePlugin, params: Mapping[str, Any], rows: int, lines: int) -> Profile:
        """Profile a call of a plugin over made-up bars, see `profile_plugin`. Raises ParameterError, PluginError."""
        assert plugin.home is not None
        said = {name: plain_value(value) for name, value in plugin.checked(params).items()}
        order = {"do": "profile", "plugin": plugin.id, "params": said, "rows": rows, "lines": lines}
        told = self._asked(plugin.home, order, self.patience)
        return _read(lambda: read_profile(told))

    def unit(self, captured: Captured, tests: Path, *, real: bool) -> UnitTests:
        """Run the unit tests of captured files, see `run_unit_tests`; each may last `patience`. Raises PluginError."""
        order = {"do": "unit", "tests": str(tests), "real": real}
        told = self._asked(captured, order, self.patience, most=_TRIALS * self.patience)
        return _read(lambda: read_unit_tests(told))

    def ask(self, captured: Captured, what: str, node_id: str, params: Mapping[str, Any]) -> Any:
        """What a function of a declaration gives for params: `warmup` or `caution`. Raises PluginError."""
        said = {name: plain_value(value) for name, value in params.items()}
        order = {"do": what, "node_type": node_id, "code": "-", "params": said}
        return self._asked(captured, order, self.patience).get("found")

    def _asked(
        self, captured: Captured, order: Mapping[str, Any], limit: float, *, most: float | None = None
    ) -> Mapping[str, Any]:
        """The answer to an order that is no call: `limit` seconds after the last sign of life, `most` in all."""
        turn = _Turn(captured.path.stem, str(captured.path))

        def answered(worker: WorkerProcess, ear: Ear, number: int) -> Mapping[str, Any]:
            worker.bound_processor(most or limit)
            worker.send({"number": number, **order})
            last = time.monotonic() + (most or limit)
            turn.loading = False
            while True:
                until = turn.within(limit)
                frame = ear.hear(last if until is None else min(until, last))
                if frame is None or not (frame.get("alive") or frame.get("begun")):
                    return answer_of(frame, number)

        found = self._ordered(captured, turn, answered)
        if isinstance(found, Raised):
            line = found.line or _line_in(found.traceback, str(captured.path)) or 1
            kind = WorkerEnded if found.ended else PluginError
            raise kind(found.message, code=found.code, place=Place(str(captured.path), line), hint=found.hint)
        return found

    def _ordered(
        self, captured: Captured | None, turn: _Turn, work: Callable[[WorkerProcess, Ear, int], _Found]
    ) -> _Found | Raised:
        """What some work with a worker gives, or why it failed. A worker that fails without saying so is ended."""
        key = captured.digest if captured is not None else ""
        warm = self._idle.pop(key, None)
        try:
            worker = warm or self._start()
            worker.wake()
        except OSError as error:
            return _ended(turn, f"could not be started: {error}")
        ear = Ear(worker)
        keep, spoiled = False, None
        try:
            if not worker.isolation:
                self._set_up(worker, ear, captured, turn)
            turn.isolation = worker.isolation
            found = work(worker, ear, next(self._numbers))
            keep = not turn.held
            return found  # noqa: TRY300 - what stands below is for what failed
        except Failed as failed:
            keep, raised = bool(worker.isolation), failed.raised
        except Ended:
            raised = _ended(turn, worker.how_it_ended())
        except TimeoutError:
            raised = _too_slow(turn, worker.where())
        except Exceeded as exceeded:
            raised = Raised("TG417", f"{turn.subject} took {exceeded}, and its worker was ended", "", ended=True)
            spoiled = exceeded.folder
        except OSError as error:
            raised = _ended(turn, f"failed: {error}")
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            raised = _ended(turn, "sent something that is no answer")
        finally:
            said = ear.printed()
            if keep:
                self._keep(key, worker)
            else:
                worker.kill()
            if spoiled is not None:
                shutil.rmtree(spoiled, ignore_errors=True)
        if raised.ended and warm is not None and not turn.own:
            # something that an earlier call has left behind ended it: that is no fault of this order
            return self._ordered(captured, turn, work)
        if turn.learning and not raised.message.startswith(_LEARNING):
            raised = replace(raised, message=_LEARNING + raised.message)
        return _with_printed(raised, said)

    def _start(self) -> WorkerProcess:
        """A new worker. Somebody may have killed what it is forked from: then from another one. Raises OSError."""
        try:
            return WorkerProcess(forkserver(self._hash_seed), self.bounds)
        except OSError:
            return WorkerProcess(forkserver(self._hash_seed), self.bounds)

    def _set_up(self, worker: WorkerProcess, ear: Ear, captured: Captured | None, turn: _Turn) -> None:
        """Have a worker shut itself in, and load what it is for. Raises as `_ordered` expects."""
        setup = Setup(self._places, captured, self.bounds, self.level).told()
        if worker.watchdog is not None and setup["sight"]["writes"]:
            worker.watchdog.folder = Path(setup["sight"]["writes"])
        worker.send(setup)
        frame = ear.hear(turn.within(_START))
        if frame is None:
            raise Ended
        isolation = "worker"
        if self.bounds is not None:
            isolation = f"worker: {Confinement(**frame['confined'])}"
        if captured is not None:
            last = time.monotonic() + 2 * self.patience
            frame = ear.hear(turn.within(self.patience))
            while frame is not None and frame.get("learning"):
                turn.learning = True
                frame = ear.hear(min(turn.within(self.patience), last))
            answer_of(frame, 0)
        turn.learning = False
        worker.isolation = isolation

    def _keep(self, key: str, worker: WorkerProcess) -> None:
        """Let a worker wait for another order; one that waited for the same plugin, or the longest, is ended."""
        worker.rest()
        before = self._idle.pop(key, None)
        self._idle[key] = worker
        if before is None and len(self._idle) > _WARM:
            _, before = self._idle.popitem(last=False)
        if before is not None:
            before.kill()


def _end_all(idle: OrderedDict[str, WorkerProcess]) -> None:
    while idle:
        idle.popitem()[1].kill()


def _ended(turn: _Turn, how: str) -> Raised:
    """A worker that is gone: by its own doing, or because the system ended it for what it did."""
    code = next((code for word, code in _ENDED_FOR.items() if word in how), "TG506")
    return Raised(code, f"the worker of {turn.subject} {how}", "", ended=True)


def _with_printed(raised: Raised, said: str) -> Raised:
    """What was raised, with what was printed before. Libraries that run out of memory end the process and print why."""
    if not said:
        return raised
    text = f"{raised.traceback or raised.message}\n\nPrinted before:\n{said}"
    if raised.code == "TG506" and "memory allocation of" in said:
        return replace(raised, code="TG417", message=f"{raised.message}: it had no memory left", traceback=text)
    return replace(raised, traceback=text)


def _too_slow(turn: _Turn, where: str) -> Raised:
    """Says at which line of the node's own file it was, when that is known."""
    line = re.search(rf'File "{re.escape(turn.origin)}", line (\d+) in (\S+)', where)
    at = f"; it was in {line[2]}, line {line[1]} of {Path(turn.origin).name}" if line else ""
    limit = f"{turn.limit or 0.0:g} s"
    message = f"{turn.subject} took longer than {limit} to be loaded{at}"
    if turn.learning:
        message = f"it took longer than {limit}{at}"
    elif not turn.loading:
        message = f"{turn.subject} took longer than its timeout of {limit}{at}"
    text = f"{message}\n\nThe worker when it was stopped:\n{where}" if where else ""
    return Raised("TG505", message, text, ended=True)


def _line_in(text: str, origin: str) -> int | None:
    """The innermost line of a file in a traceback."""
    found = re.findall(rf'File "{re.escape(origin)}", line (\d+)', text)
    return int(found[-1]) if found else None


def _read(read: Callable[[], _Told]) -> _Told:
    try:
        return read()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise PluginError("its worker told something else than it was asked", code="TG406") from error


def _unloaded(call: Call) -> Raised:
    message = f"{call.node.id!r} was not loaded from a file, so no worker can find it: it cannot have a timeout"
    return Raised("TG506", message, "")
