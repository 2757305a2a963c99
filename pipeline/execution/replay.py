"""A failed call made again, and where in the author's code it fails.

Python code is followed to its line as it stands. A kernel has no lines once it is compiled: when it
fails, the plain function is run in its place to find the one.
"""

from __future__ import annotations

import sys
import sysconfig
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import polars as pl

from pipeline.errors import UsageError
from pipeline.execution.attempt import Call, Outcome, Raised, raised_by
from pipeline.execution.call import call as call_node
from pipeline.execution.call import prepare
from pipeline.execution.kernel import KernelCache
from pipeline.execution.part import apart
from pipeline.execution.protocols import Outputs
from pipeline.execution.recipe import library_versions
from pipeline.model.node import NodeType

__all__ = [
    "Frame",
    "KeptCall",
    "Replay",
    "author_frames",
    "author_traceback",
    "changes",
    "made_again",
    "remake",
    "replay",
]


@dataclass(frozen=True)
class KeptCall:
    """A failed call of a run as it was kept; its columns lie beside `head_file`.

    `users` are the (graph, node) pairs that it was made for, `head` is that of `parcel.head_of`, `ports` are names.
    `kept` says how much of it there is: all rows, those of its first symbol, or none because even those are too many.
    """

    head_file: Path
    run_id: str
    users: tuple[tuple[str, str], ...]
    raised: Raised
    head: Mapping[str, Any]
    ports: tuple[str, ...]
    versions: Mapping[str, str]
    kept: Literal["all", "first", "none"]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols whose rows are kept."""
        return tuple(self.head["symbols"])


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in a node's code: file, line, function, and the text of the line."""

    file: str
    line: int
    function: str
    text: str


@dataclass(frozen=True)
class Replay:
    """What came of a kept call that was made again: a value, or what was raised and where, the innermost place last.

    `changed` says what is different since it was kept: nothing, or "code" and libraries as `polars 2.1.0 → 2.2.0`.
    `ms` is the wall time of the call, `error` the exception itself, for a debugger.
    """

    kept: KeptCall
    call: Call
    changed: tuple[str, ...]
    ms: float
    value: Outputs | None = None
    raised: Raised | None = None
    frames: tuple[Frame, ...] = ()
    error: BaseException | None = field(default=None, repr=False)

    @property
    def frame(self) -> pl.DataFrame | None:
        """The columns with symbol and ts, or the first table where there are none; None when it failed."""
        if self.value is None:
            return None
        found, tables = apart(self.value)
        if not found:
            return next(iter(tables.values()))
        columns = [column.series.alias(name) for name, column in found.items()]
        return pl.DataFrame([self.call.panel.symbol_column, self.call.panel.ts.alias("ts"), *columns])


def changes(kept: KeptCall, node: NodeType) -> tuple[str, ...]:
    """What is different since a call was kept, for `Replay.changed`."""
    now = library_versions(node.style)
    libraries = [f"{name} {then} → {now[name]}" for name, then in kept.versions.items() if now.get(name, then) != then]
    return ("code", *libraries) if kept.head["code"] != node.code else tuple(libraries)


def remake(kept: KeptCall, call: Call) -> Call:
    """A kept call as the node type takes it now: params that it did not have then get their defaults.

    Raises UsageError when the type has other ports, or no longer takes the params.
    """
    node = call.node
    now = tuple(port.name for port in node.ports)
    if now != kept.ports:
        raise UsageError(
            f"{node.id!r} has the inputs {', '.join(now)} now, the kept call has {', '.join(kept.ports)}",
            hint="Run the graph again.",
        )
    params, faults = node.params.check(call.params, owner=node.id)
    if faults:
        raise UsageError(f"the kept call does not fit any more: {faults[0].message}", hint=faults[0].hint)
    return Call(node, call.ports, params, call.columns, call.panel, call.axes)


def replay(kept: KeptCall, call: Call, kernels: KernelCache) -> Replay:
    """Make the call that was `kept`, here and without a limit. Ctrl-C passes through."""
    call, changed = remake(kept, call), changes(kept, call.node)
    outcome, error = made_again(call, kernels)
    frames = author_frames(error) if error is not None else ()
    return Replay(kept, call, changed, outcome.ms, outcome.value, outcome.raised, frames, error)


def made_again(
    call: Call, kernels: KernelCache, begun: Callable[[], None] = lambda: None
) -> tuple[Outcome, BaseException | None]:
    """What comes of a call, and the exception itself; of a kernel that of its plain function, which has lines.

    `begun` is told when the node's own time begins.
    """
    began = time.perf_counter()
    try:
        prepared = prepare(call.node, call.ports, call.params, call.panel, kernels, call.axes)
        begun()
        began = time.perf_counter()
        value = call_node(call.node, call.ports, call.params, call.columns, call.panel, prepared)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the node raises is the answer
        ms = (time.perf_counter() - began) * 1e3
        found = _interpreted(call) or error if call.node.style == "kernel" else error
        return Outcome(raised=raised_by(found), ms=ms), found
    return Outcome(value, ms=(time.perf_counter() - began) * 1e3), None


def author_frames(error: BaseException) -> tuple[Frame, ...]:
    """The places of an exception that lie in node files: not in the engine, in a library, or in generated code."""
    return tuple(
        Frame(entry.filename, entry.lineno or 0, entry.name, entry.line or "")
        for entry in traceback.extract_tb(error.__traceback__)
        if _is_authors(entry.filename)
    )


def author_traceback(error: BaseException) -> TracebackType | None:
    """The same as a traceback, for a debugger; the whole one when there are none."""
    kept = []
    entry = error.__traceback__
    while entry is not None:
        if _is_authors(entry.tb_frame.f_code.co_filename):
            kept.append(entry)
        entry = entry.tb_next
    chain: TracebackType | None = None
    for entry in reversed(kept):
        chain = TracebackType(chain, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return chain or error.__traceback__


def _interpreted(call: Call) -> BaseException | None:
    """What the kernel raises as plain Python, symbol by symbol; None when it raises nothing."""
    bounds = call.panel.offsets.tolist()
    for symbol, start, stop in zip(call.panel.symbols, bounds[:-1], bounds[1:], strict=True):
        arrays = [
            tuple(column.array[start:stop] for column in port.values())
            if isinstance(port, Mapping)
            else None
            if port is None
            else port.array[start:stop]
            for port in call.ports
        ]
        try:
            with redirect_stdout(sys.stderr):
                call.node.fn(*arrays, **call.params)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - see `replay`
            error.add_note(f"symbol {symbol}")
            return error
    return None


def _is_authors(file: str) -> bool:
    return not file.startswith("<") and not file.startswith(_foreign())


@cache
def _foreign() -> tuple[str, ...]:
    """Where code lies that no node author wrote."""
    paths = sysconfig.get_paths()
    libraries = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(f"{folder}/" for folder in (*libraries, Path(__file__).resolve().parents[1]))
