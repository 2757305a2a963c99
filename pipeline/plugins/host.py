"""The host: has calls made in a worker process, and kills it when a call takes too long.

One worker serves all calls of a run and stays warm between them. It is a fresh process, never a fork
(polars hangs in a forked child), leads a process group of its own, and gets the parent's stderr for
whatever its nodes print. What it answers is checked as if a stranger had sent it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import CODES, NodeError
from pipeline.execution.attempt import Call, Outcome, Raised, raised_by
from pipeline.execution.call import check_codes
from pipeline.execution.parcel import arrays_of, head_of
from pipeline.execution.protocols import Outputs
from pipeline.model.column import Column
from pipeline.plugins.channel import Channel, nameless_file, read_bytes, read_columns, write_columns
from pipeline.plugins.worker import WHERE_SIGNAL

__all__ = ["WorkerHost"]

_GET_READY = 300.0
"""Seconds for a worker to start, load a node's file and compile its kernel; its own time begins after that."""
_SAY_WHERE = 1.0
"""Seconds for a hanging worker to write down where it is; usually a millisecond."""
_START = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from pipeline.plugins.worker import main
main(sys.argv[2:])
"""


class WorkerHost:
    """Makes calls in a worker process that it can kill: a `Caller`. For one thread; close it, or use it in `with`.

    `directories` are those of the plugins, `kernels` the folder of compiled kernels; `shipped` is the folder of the
    shipped nodes where it is not the usual one. `memory_mb` is what a worker may take beyond what it starts with, `log`
    the project's folder and the level of its log; `hash_seed` sets the order of Python's sets of texts.
    """

    def __init__(
        self,
        directories: Sequence[Path],
        kernels: Path | None,
        *,
        shipped: Path | None = None,
        memory_mb: int | None = None,
        log: tuple[str, str] | None = None,
        hash_seed: str | None = None,
    ) -> None:
        self._setup = {
            "directories": [str(folder) for folder in directories],
            "shipped": str(shipped or ""),
            "kernels": str(kernels or ""),
            "memory_mb": memory_mb,
            "log": log,
        }
        self._environment = None if hash_seed is None else {**os.environ, "PYTHONHASHSEED": hash_seed}
        self._worker: _Worker | None = None

    def __enter__(self) -> WorkerHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def call(self, call: Call, limit: float | None) -> Outcome:
        """Make a call; one that takes longer than `limit` seconds is stopped, with TG505.

        TG506 when the worker ends during the call.
        """
        if not call.node.code:
            return Outcome(raised=_unloaded(call))
        try:
            worker = self._worker = self._worker or _Worker(self._setup, self._environment)
            worker.ask(call)
            return self._answer(worker, call, limit)
        except OSError as error:  # it could not be started, or was gone before it was asked
            self.close()
            return Outcome(raised=_ended(call, f"failed: {error}"))
        except BaseException:  # Ctrl-C: the call must not go on alone
            self.close()
            raise

    def _answer(self, worker: _Worker, call: Call, limit: float | None) -> Outcome:
        began: float | None = None
        try:
            frame = worker.channel.receive(_GET_READY)
            if frame is not None and frame.get("begun"):
                began = time.monotonic()
                frame = worker.channel.receive(limit)
            if frame is not None:
                return _outcome(call, frame, worker)
            raised = _ended(call, worker.how_it_ended())
        except TimeoutError:
            raised = _too_slow(call, limit or 0.0, worker.where()) if began else _ended(call, "did not get ready")
        except (KeyError, TypeError, ValueError):
            raised = _ended(call, "sent something that is no answer")
        self.close()
        return Outcome(raised=raised, ms=(time.monotonic() - began) * 1e3 if began else 0.0)


class _Worker:
    """A worker process and the host's ends of what connects the two."""

    def __init__(self, setup: dict[str, Any], environment: Mapping[str, str] | None = None) -> None:
        self._inbox, self.outbox, self._lines = nameless_file(), nameless_file(), nameless_file()
        mine, its = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        self.channel = Channel(mine)
        passed = [its.fileno(), lifeline, *(file.fileno() for file in (self._inbox, self.outbox, self._lines))]
        command = [sys.executable, "-P", "-c", _START, json.dumps(sys.path), *map(str, passed)]
        out = _stderr()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and code written above
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=passed,
                start_new_session=True,
                env=environment,
            )
        except BaseException:
            self._let_go()
            raise
        finally:
            its.close()
            os.close(lifeline)
        self.channel.send(setup)

    def ask(self, call: Call) -> None:
        """Hand over a call."""
        self._lines.truncate(0)
        self._lines.seek(0)
        write_columns(self._inbox, arrays_of(call))
        self.channel.send(head_of(call))

    def where(self) -> str:
        """At which lines its threads are, the innermost first; "" when it does not say."""
        with suppress(OSError):
            self._process.send_signal(WHERE_SIGNAL)
        until, size = time.monotonic() + _SAY_WHERE, 0
        while time.monotonic() < until:
            before, size = size, os.fstat(self._lines.fileno()).st_size
            if size and size == before:
                break
            time.sleep(0.005)
        return read_bytes(self._lines).decode("utf-8", "replace")

    def how_it_ended(self) -> str:
        """What became of the process, in words."""
        try:
            status = self._process.wait(_SAY_WHERE)
        except subprocess.TimeoutExpired:
            return "hung up"
        if status < 0:
            return f"was killed by {signal.Signals(-status).name}"
        return f"ended with status {status} during the call"

    def kill(self) -> None:
        """End the process and all that it started; nothing can resist that."""
        with suppress(OSError):  # all gone already
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._let_go()

    def _let_go(self) -> None:
        self.channel.close()
        os.close(self._lifeline)
        for file in (self._inbox, self.outbox, self._lines):
            file.close()


def _stderr() -> int:
    """Where a worker's output goes: never to stdout, where somebody may wait for an answer."""
    try:
        os.fstat(2)
    except OSError:
        return subprocess.DEVNULL
    return 2


def _outcome(call: Call, frame: Mapping[str, Any], worker: _Worker) -> Outcome:
    """The outcome that a frame reports. Raises KeyError, TypeError or ValueError for one that is malformed."""
    ms, cpu_ms, compile_ms = map(float, frame["times"])
    if frame["raised"] is not None:
        code, message, text, of_values = frame["raised"]
        raised = Raised(code if code in CODES else "TG501", str(message), str(text), bool(of_values))
        return Outcome(raised=raised, ms=ms, cpu_ms=cpu_ms, compile_ms=compile_ms)
    try:
        value = _value(call, frame["tables"], worker)
    except NodeError as error:
        return Outcome(raised=raised_by(error), ms=ms, cpu_ms=cpu_ms, compile_ms=compile_ms)
    return Outcome(value, None, ms, cpu_ms, compile_ms, str(frame.get("fallback", "")))


def _value(call: Call, tables: Mapping[str, Any], worker: _Worker) -> Outputs:
    node = call.node
    lengths = [int(tables[name]) for name in node.tables]
    found = read_columns(worker.outbox, [len(call.panel)] * len(call.columns), lengths)
    if found is None:
        raise NodeError(f"the worker of {node.id!r} gave something else than its outputs", code="TG502")
    arrays, pieces = found
    value: Outputs = {}
    for array, (name, dtype) in zip(arrays, call.columns, strict=True):
        check_codes(node, array, name, dtype)
        value[name] = Column(dtype=dtype, array=array)
    for name, piece in zip(node.tables, pieces, strict=True):
        try:
            value[name] = pl.read_ipc(piece)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise NodeError(f"the worker of {node.id!r} gave a table that cannot be read", code="TG502") from error
    return value


def _ended(call: Call, how: str) -> Raised:
    return Raised("TG506", f"the worker of {call.node.id!r} {how}", "")


def _too_slow(call: Call, limit: float, where: str) -> Raised:
    """Says at which line of the node's own file it was, when that is known."""
    line = re.search(rf'File "{re.escape(call.node.origin)}", line (\d+) in (\S+)', where)
    at = f"; it was in {line[2]}, line {line[1]} of {Path(call.node.origin).name}" if line else ""
    message = f"{call.node.id!r} took longer than its timeout of {limit:g} s{at}"
    return Raised("TG505", message, f"{message}\n\nThe worker when it was stopped:\n{where}" if where else "")


def _unloaded(call: Call) -> Raised:
    message = f"{call.node.id!r} was not loaded from a file, so no worker can find it: it cannot have a timeout"
    return Raised("TG506", message, "")
