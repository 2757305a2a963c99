"""The worker: a process that makes calls for its host, one after the other, until it is killed.

It knows where node files lie and finds a node type by file, id and code digest. For each call it gets a
head and columns (`channel`), says when the node's own time begins, and answers with what came of it.
"""

from __future__ import annotations

import faulthandler
import io
import os
import resource
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from pipeline.execution.attempt import Call, InProcess, Outcome, raised_by
from pipeline.execution.kernel import KernelCache
from pipeline.execution.parcel import call_of_arrays, lengths_of
from pipeline.execution.part import apart
from pipeline.model.node import NodeType
from pipeline.plugins.channel import Channel, append_bytes, read_columns, write_columns
from pipeline.plugins.discover import load_type
from pipeline.plugins.lifeline import hold_lifeline
from pipeline.plugins.load import Loader
from pipeline.plugins.log import write_to

__all__ = ["WHERE_SIGNAL", "main"]

WHERE_SIGNAL = signal.SIGUSR1
"""Makes a worker write down at which lines its threads are, also while they are inside C code."""


def main(arguments: Sequence[str]) -> None:
    """Serve the host at the other end of these descriptors: frames, lifeline, columns in, columns out, lines."""
    frames, lifeline, inbox, outbox, lines = map(int, arguments)
    hold_lifeline(lifeline)
    for descriptor in (frames, inbox, outbox, lines):
        os.set_inheritable(descriptor, False)
    faulthandler.register(WHERE_SIGNAL, file=lines, all_threads=True)
    channel = Channel(socket.socket(fileno=frames))
    setup = channel.receive()
    if setup is not None:
        worker = _Worker(channel, setup, os.fdopen(inbox, "rb", 0), os.fdopen(outbox, "wb", 0))
        while (head := channel.receive()) is not None:
            worker.serve(head)
    # threads that a node left behind must not keep the process
    os._exit(0)


def _limit_memory(megabytes: int) -> None:
    """Let this process take so much beyond what it has now; where the system does not say how much that is, nothing."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        now = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:")) * 1024
    except (OSError, StopIteration, ValueError):
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (now + megabytes * 1024 * 1024, most))


class _Worker:
    def __init__(self, channel: Channel, setup: Mapping[str, Any], inbox: IO[bytes], outbox: IO[bytes]) -> None:
        self._channel = channel
        self._inbox = inbox
        self._outbox = outbox
        self._directories = [Path(folder) for folder in setup["directories"]]
        self._shipped = Path(setup["shipped"]) if setup["shipped"] else None
        self._caller = InProcess(KernelCache(Path(setup["kernels"]) if setup["kernels"] else None), self._begun)
        if setup.get("log"):
            write_to(Path(setup["log"][0]), setup["log"][1])
        if setup.get("memory_mb"):
            _limit_memory(int(setup["memory_mb"]))
        self._loader = Loader()
        self._types: dict[tuple[str, str], NodeType] = {}

    def serve(self, head: Mapping[str, Any]) -> None:
        """Make the call that a head describes, and answer."""
        try:
            call = self._call(head)
            outcome = self._caller.call(call)
            tables = self._put(call, outcome)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - of loading or answering; it is told to the host
            outcome, tables = Outcome(raised=raised_by(error)), {}
        raised = outcome.raised
        self._channel.send(
            {
                "tables": tables,
                "raised": [raised.code, raised.message, raised.traceback, raised.of_values] if raised else None,
                "times": [outcome.ms, outcome.cpu_ms, outcome.compile_ms],
                "fallback": outcome.fallback,
            }
        )

    def _begun(self) -> None:
        self._channel.send({"begun": True})

    def _call(self, head: Mapping[str, Any]) -> Call:
        found = read_columns(self._inbox, lengths_of(head))
        if found is None:
            raise OSError("the columns of the call did not arrive")
        return call_of_arrays(head, self._type(head), found[0])

    def _type(self, head: Mapping[str, Any]) -> NodeType:
        key = (head["origin"], head["node_type"])
        if key not in self._types:
            self._types[key] = load_type(
                self._loader, head["node_type"], head["code"], head["origin"], self._directories, shipped=self._shipped
            )
        return self._types[key]

    def _put(self, call: Call, outcome: Outcome) -> dict[str, int]:
        """Write what the node gave where the host reads it: its columns, then its tables; gives their lengths."""
        if outcome.value is None:
            return {}
        columns, tables = apart(outcome.value)
        write_columns(self._outbox, [columns[name].array for name, _ in call.columns])
        lengths = {}
        for name, table in tables.items():
            buffer = io.BytesIO()
            table.write_ipc(buffer)
            data = buffer.getvalue()
            append_bytes(self._outbox, data)
            lengths[name] = len(data)
        return lengths
