"""The worker: a process that carries out orders for its host, one after the other, until it is killed.

One that is to be confined shuts itself in before it loads the plugin that it is for, and serves that one alone. Others
find node types by file, id and code digest. Orders and answers are frames (`channel`) with a number; for a call there
are columns in a file besides, and the worker says when the node's own time begins.
"""

from __future__ import annotations

import faulthandler
import gc
import linecache
import logging
import os
import socket
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.errors import PluginError
from pipeline.execution.attempt import Call, InProcess, Outcome, Raised, raised_by
from pipeline.execution.kernel import KernelCache
from pipeline.execution.parcel import call_of_arrays, lengths_of, typed
from pipeline.execution.part import apart
from pipeline.execution.replay import author_frames, made_again
from pipeline.model.node import NodeType
from pipeline.plugins.closure import CodeDigester
from pipeline.plugins.confine import Bounds, Sight, confine
from pipeline.plugins.describe import describe
from pipeline.plugins.discover import load_type
from pipeline.plugins.examination.profile import profile_plugin, tell_profile
from pipeline.plugins.examination.trial import try_out
from pipeline.plugins.examination.unit_test import run_unit_tests, tell_unit_tests
from pipeline.plugins.load import Loaded, Loader
from pipeline.plugins.source import SourceFile, SourceTree
from pipeline.plugins.workers.channel import Channel
from pipeline.plugins.workers.lifeline import WHERE_SIGNAL, hold_lifeline
from pipeline.plugins.workers.pages import Array, Pages, write_columns
from pipeline.plugins.workers.setup import read_captured
from pipeline.plugins.workers.tables import pack_table

__all__ = ["main"]

_TOO_MUCH = ("MemoryError", "_ArrayMemoryError", "RuntimeError: can't start new thread")
_REFUSED = ("PermissionError",)
_FRAMES = 50
_LONGEST = 20_000
"""Characters of a message, and of a traceback."""


def main(descriptors: Sequence[int]) -> None:
    """Serve the host at the other end of: frames, lifeline, columns in, columns out, lines, what is printed."""
    frames, lifeline, inbox, outbox, lines, output = descriptors
    hold_lifeline(lifeline)
    null = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((null, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, place)
    faulthandler.register(WHERE_SIGNAL, file=lines, all_threads=True)
    channel = Channel(socket.socket(fileno=frames))
    setup = channel.receive()
    if setup is not None:
        worker = _Worker(channel, setup, Pages(inbox), Pages(outbox, writes=True))
        while (order := channel.receive()) is not None:
            worker.serve(order)
    # threads that a node left behind must not keep the process
    os._exit(0)


class _Worker:
    def __init__(self, channel: Channel, setup: Mapping[str, Any], inbox: Pages, outbox: Pages) -> None:
        self._channel = channel
        self._inbox = inbox
        self._outbox = outbox
        sys.path[:] = setup["path"]
        os.environ.update(setup["environment"])
        self._directories = [Path(folder) for folder in setup["directories"]]
        self._shipped = Path(setup["shipped"]) if setup["shipped"] else None
        self._captured = read_captured(setup["captured"]) if setup["captured"] else None
        _log_to(channel, setup["level"])
        self._confined = setup["bounds"] is not None
        if self._confined:
            os.chdir("/")
            sight = Sight(tuple(setup["sight"]["reads"]), setup["sight"]["writes"])
            channel.send({"confined": asdict(confine(sight, Bounds(**setup["bounds"])))})
        else:
            with suppress(OSError):
                os.chdir(setup["folder"])
            channel.send({"confined": {}})
        self._kernels = KernelCache(Path(setup["kernels"]) if setup["kernels"] else None)
        self._caller = InProcess(self._kernels, self._begun)
        self._loader = Loader(captured=self._captured)
        self._loader.learning = lambda: channel.send({"learning": True})
        if self._captured is not None:
            self._loader.digester = _Undigested(self._loader.tree, self._captured.digest)
        self._types: dict[tuple[str, str], NodeType] = {}
        self._loaded: Loaded | None = None
        if self._captured is not None:
            self._answer(0, self._load)

    def serve(self, order: Mapping[str, Any]) -> None:
        """Carry out an order, and answer."""
        carry_out: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "call": self._call,
            "replay": self._call,
            "describe": lambda _: describe(self._own),
            "examine": self._examine,
            "profile": self._profile,
            "unit": self._unit,
            "warmup": lambda order: {"found": self._type(order).warmup_of(_params(order))},
            "caution": lambda order: {"found": self._type(order).caution_of(_params(order))},
        }
        self._answer(order["number"], lambda: carry_out[order["do"]](order))

    def _answer(self, number: int, work: Callable[[], dict[str, Any]]) -> None:
        answer: dict[str, Any]
        try:
            answer = {"done": work()}
        except BaseException as error:  # noqa: BLE001 - of loading or answering, whatever it is; it is told to the host
            answer = {"raised": self._told(raised_by(error)), "times": [0.0, 0.0, 0.0]}
        with suppress(Exception):  # a plugin may have put something else there
            sys.stdout.flush()
            sys.stderr.flush()
        self._channel.send({"number": number, **answer})

    def _load(self) -> dict[str, Any]:
        assert self._captured is not None
        for path, data in self._captured.files.items():  # it may not read them, and tracebacks show their lines
            text = data.decode("utf-8", "replace")
            linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
        self._loaded = self._loader.load(self._captured.path, self._captured.root)
        return {}

    @property
    def _own(self) -> Loaded:
        if self._loaded is None:
            raise PluginError("its file could not be loaded", code="TG406")
        return self._loaded

    def _examine(self, order: Mapping[str, Any]) -> dict[str, Any]:
        node = self._type(order)
        assert self._captured is not None
        tree = self._loader.tree.read(self._captured.path, self._captured.root).tree
        alive = lambda: self._channel.send({"alive": True})  # noqa: E731 - a word for it
        return try_out(node, tree, exhaustive=order["exhaustive"], limit=order["limit"], alive=alive)

    def _profile(self, order: Mapping[str, Any]) -> dict[str, Any]:
        plugin = next(plugin for plugin in self._own.plugins if plugin.id == order["plugin"])
        return tell_profile(profile_plugin(plugin, _params(order), order["rows"], lines=order["lines"]))

    def _unit(self, order: Mapping[str, Any]) -> dict[str, Any]:
        assert self._captured is not None
        alive = lambda: self._channel.send({"alive": True})  # noqa: E731 - a word for it
        plugin, tests = self._captured.path, Path(order["tests"])
        return tell_unit_tests(run_unit_tests(plugin, tests, real=order["real"], captured=self._captured, alive=alive))

    def _call(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Make the call that an order describes; times and what went wrong in it are part of the answer.

        Its columns are the shared memory. Where a plugin holds on to them, `held` says so: the next call would
        change them under its hands, so this worker must not get it.
        """
        columns, answer = self._made(order)
        return {**answer, "held": _are_held(columns)}

    def _made(self, order: Mapping[str, Any]) -> tuple[list[weakref.ref[Array]], dict[str, Any]]:
        found = self._inbox.arrays(lengths_of(order))
        if found is None:
            raise OSError("the columns of the call did not arrive")
        call = call_of_arrays(order, self._type(order), found, order["whole"])
        frames: list[list[Any]] = []
        if order["do"] == "replay":
            outcome, error = made_again(call, self._kernels, self._begun)
            if error is not None:
                frames = [[f.file, f.line, f.function, f.text] for f in author_frames(error)[-_FRAMES:]]
        else:
            outcome = self._caller.call(call)
        return [weakref.ref(column) for column in found], {
            "frames": frames,
            **self._put(call, outcome),
            "raised": self._told(outcome.raised) if outcome.raised else None,
            "times": [outcome.ms, outcome.cpu_ms, outcome.compile_ms],
            "fallback": outcome.fallback,
        }

    def _told(self, raised: Raised) -> list[Any]:
        """What was raised, for a frame; where this process is shut in, with what that has to do with it."""
        code, message = raised.code, raised.message
        if self._confined and code in ("TG406", "TG413", "TG501"):
            what = message.removeprefix("on sample bars: ")
            when = message.removesuffix(what)
            if what.startswith(_TOO_MUCH):
                code, message = "TG417", f"{when}it took more than its worker may use: {what}"
            elif what.startswith(_REFUSED):
                code, message = "TG418", f"{when}it reached for what its worker may not: {what}"
        return [code, message[:_LONGEST], raised.traceback[-_LONGEST:], raised.of_values, raised.hint, raised.line]

    def _begun(self) -> None:
        self._channel.send({"begun": True})

    def _type(self, order: Mapping[str, Any]) -> NodeType:
        name, code = order["node_type"], order["code"]
        if self._captured is not None:
            found = next((node for node in self._own.types if node.id == name), None)
            if found is None:
                raise PluginError(f"{name!r} is not declared by its file", code="TG406")
            return found.loaded(code=code, origin=found.origin)
        key = (order["origin"], name)
        if key not in self._types:
            self._types[key] = load_type(
                self._loader, name, code, order["origin"], self._directories, shipped=self._shipped
            )
        return self._types[key]

    def _put(self, call: Call, outcome: Outcome) -> dict[str, Any]:
        """Write what the node gave where the host reads it: its columns, then its tables; gives the tables' heads."""
        if outcome.value is None:
            return {}
        columns, tables = apart(outcome.value)
        heads, pieces = {}, []
        for name, table in tables.items():
            heads[name], parts = pack_table(table)
            pieces += parts
        size = write_columns(self._outbox, [columns[name] for name, _ in call.columns], pieces)
        return {"tables": heads, "size": size}


def _are_held(columns: Sequence[weakref.ref[Array]]) -> bool:
    """True when somebody still uses the columns of a call, or a part of one: views of shared memory hold its array."""
    if all(column() is None for column in columns):
        return False
    gc.collect()  # an exception and its frames hold each other
    return not all(column() is None for column in columns)


def _params(order: Mapping[str, Any]) -> dict[str, Any]:
    return {name: typed(value) for name, value in order["params"].items()}


class _Undigested(CodeDigester):
    """Gives one digest for everything: those that count are worked out by the engine."""

    def __init__(self, tree: SourceTree, whole: str) -> None:
        super().__init__(tree)
        self._whole = whole

    def digest(self, file: SourceFile, name: str | None = None) -> str:  # noqa: ARG002 - one for all
        """The digest of all files behind the plugin."""
        return self._whole


class _Teller(logging.Handler):
    """Hands records to the host, who writes the log."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel

    def emit(self, record: logging.LogRecord) -> None:
        """Tell the host; a record that cannot be told is lost, like one that cannot be written."""
        with suppress(Exception):
            self._channel.send({"log": [record.levelno, record.name, record.getMessage()[:10_000]]})


def _log_to(channel: Channel, level: str) -> None:
    logger = logging.getLogger("tradegraph.plugin")
    logger.handlers[:] = [_Teller(channel)]
    if level:
        logger.setLevel(level)
