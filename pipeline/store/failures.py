"""What failed calls were called with, kept so that they can be made again.

`.tradegraph/failures/<run>/<graph>.<node>/` has a pair of files per call: `0.parquet` with symbol, ts and the
columns of the ports, which any tool can open, and `0.json` with everything else. The ports of a panel node have rows
of their own: `0.parquet` has the rows of its output, `0.<port>.parquet` those of a port. A keeper may lose
them (they are not synced) and may keep less than all (`LARGEST`): a run never fails because of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, cast

import polars as pl

from pipeline.errors import StoreError, UsageError, did_you_mean
from pipeline.execution.arguments import Argument, flat
from pipeline.execution.attempt import Call, Raised
from pipeline.execution.parcel import call_of, dtypes_of, head_of
from pipeline.execution.recipe import library_versions
from pipeline.execution.replay import KeptCall
from pipeline.model.column import Column
from pipeline.model.kind import Dtype
from pipeline.model.node import NodeType
from pipeline.model.rows import AXIS_COLUMNS

__all__ = ["LARGEST", "MOST", "FailureFiles"]

LARGEST = 64_000_000
"""Bytes of columns that are kept of one failed node in one run; of a larger call, the first symbol's rows alone."""
MOST = 20
"""Calls that are kept of one failed node in one run: those of its first symbols, where symbols fail one by one."""


class FailureFiles:
    """The kept calls of a project, below `folder`: a `FailureKeeper`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, run_id: str, users: Sequence[tuple[str, str]], call: Call, raised: Raised) -> None:
        """Keep a call, unless `MOST` of the step are kept. Raises StoreError TG601 when it cannot be written."""
        folder = self._folder / run_id / ".".join(users[0])
        try:
            folder.mkdir(parents=True, exist_ok=True)
            number = len(list(folder.glob("*.json")))
            if number >= MOST:
                return
            taken = sum(file.stat().st_size for file in folder.glob("*.parquet"))
            kept, call = _bounded(call, LARGEST - taken)
            document = {
                "run_id": run_id,
                "users": [list(user) for user in users],
                "raised": {"code": raised.code, "message": raised.message, "traceback": raised.traceback},
                "kept": kept,
                "port_names": [port.name for port in call.node.ports],
                "versions": dict(library_versions(call.node.style)),
                **head_of(call),
            }
            path = folder / f"{number}.json"
            if kept != "none":
                for suffix, frame in _frames(call).items():
                    frame.write_parquet(path.with_suffix(suffix), compression="lz4")
            draft = path.with_suffix(".tmp")
            draft.write_text(json.dumps(document, indent=1))
            draft.rename(path)  # a call is there when its head is
        except (OSError, pl.exceptions.PolarsError) as error:
            raise StoreError(
                f"cannot keep the inputs of {users[0][1]!r} in {folder}: {getattr(error, 'strerror', None) or error}",
                hint="The run is not touched by it, but this failure cannot be replayed.",
            ) from error

    def find(self, run_id: str, node: str, symbol: str | None = None) -> KeptCall:
        """The call of a run's `node` (or `graph.node`) that failed; the one with the rows of `symbol` if it is given.

        Raises UsageError when none is kept.
        """
        calls = self._calls(run_id)
        found = [call for call in calls if any(node in (name, f"{graph}.{name}") for graph, name in call.users)]
        if not found:
            names = {name for call in calls for _, name in call.users}
            hint = did_you_mean(node, names) or "Only nodes that were called and failed have inputs to replay."
            raise UsageError(f"run {run_id} has kept no failed call of node {node!r}", hint=hint)
        graphs = sorted({call.users[0][0] for call in found})
        if len(graphs) > 1 and "." not in node:
            several = ", ".join(f"{graph}.{node}" for graph in graphs)
            raise UsageError(f"{node!r} failed in several graphs of run {run_id}", hint=f"Name one: {several}.")
        if symbol is not None:
            symbols = [known for call in found for known in call.symbols]
            found = [call for call in found if symbol in call.symbols]
            if not found:
                hint = did_you_mean(symbol, symbols)
                raise UsageError(f"run {run_id} has kept no failed call of {node!r} with {symbol!r}", hint=hint)
        if found[0].kept == "none":
            message = f"the inputs of {node!r} were not kept: its failed calls hold more than {LARGEST:,} bytes"
            raise UsageError(message, hint="Run it over fewer symbols or a shorter range: --symbols, --to.")
        return found[0]

    def read(self, kept: KeptCall, node: NodeType) -> Call:
        """A kept call, of `node`. Raises StoreError TG603 when its columns cannot be read."""
        own = _read_frame(kept.head_file.with_suffix(".parquet"))
        series, axes = own.get_columns()[2:], []
        if shapes := kept.head.get("axes"):
            names = [None, *kept.ports]
            frames = [
                None if shape is None else own if name is None else _read_frame(_port_file(kept.head_file, name))
                for name, shape in zip(names, shapes, strict=True)
            ]
            axes = [None if frame is None else frame.select(list(AXIS_COLUMNS)) for frame in frames]
            series = [column for frame in frames[1:] if frame is not None for column in frame.get_columns()[3:]]
        dtypes = cast("list[Dtype]", dtypes_of(kept.head))
        columns = [Column(dtype=dtype, series=values) for dtype, values in zip(dtypes, series, strict=True)]
        return call_of(kept.head, node, own["ts"], columns, axes)

    def failed_symbols(self, run_id: str, node: str) -> tuple[str, ...]:
        """Symbols of the calls of a node that are kept, one call after the other."""
        calls = self._calls(run_id)
        return tuple(s for c in calls if any(node in (n, f"{g}.{n}") for g, n in c.users) for s in c.symbols)

    def runs(self) -> tuple[str, ...]:
        """Ids of the runs that have kept calls, also of runs that were killed, the oldest first."""
        return tuple(sorted(path.name for path in self._folder.glob("*") if path.is_dir()))

    def remove(self, run_id: str, graph: str | None = None) -> None:
        """Remove what a run has kept, or of one of its graphs; nothing happens when it kept nothing.

        Raises StoreError TG601.
        """
        folder = self._folder / run_id
        try:
            for nodes in list(folder.glob("*" if graph is None else f"{graph}.*")):
                shutil.rmtree(nodes)
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        except OSError as error:
            raise StoreError(f"cannot remove {folder}: {error.strerror or error}") from error

    def _calls(self, run_id: str) -> list[KeptCall]:
        paths = sorted((self._folder / run_id).glob("*/*.json"), key=lambda path: (path.parent, int(path.stem)))
        return [_read(path) for path in paths]


def _bounded(call: Call, room: int) -> tuple[Literal["all", "first", "none"], Call]:
    """As much of a call as there is room for; a panel call is whole or nothing, for its symbols need one another."""
    if _size(call) <= room:
        return "all", call
    if call.axes:
        return "none", call
    lengths = call.panel.offsets[1:] - call.panel.offsets[:-1]
    first = call.alone(call.panel.symbols[int((lengths > 0).argmax())])
    return ("first" if _size(first) <= room else "none"), first


def _size(call: Call) -> int:
    axes = sum(axis.height for axis in call.axes if axis is not None)
    return 8 * len(call.panel) + 16 * axes + sum(column.nbytes for column in flat(call.ports))


def _frames(call: Call) -> dict[str, pl.DataFrame]:
    """The frames of a call by the suffix of their file."""
    named = {
        port.name: _columns(port.name, given)
        for port, given in zip(call.node.ports, call.ports, strict=True)
        if given is not None
    }
    if not call.axes:
        columns = [column for port in named.values() for column in port]
        return {".parquet": pl.DataFrame([call.panel.symbol_column, call.panel.ts.alias("ts"), *columns])}
    own, *axes = call.axes
    assert own is not None
    found = {".parquet": own}
    for port, axis in zip(call.node.ports, axes, strict=True):
        if axis is not None:
            found[f".{port.name}.parquet"] = axis.with_columns(named[port.name])
    return found


def _columns(port: str, given: Argument) -> list[pl.Series]:
    """The columns of a port under their names: `x`, `bars.open`."""
    names = [f"{port}.{field}" for field in given] if isinstance(given, Mapping) else [port]
    return [
        column.series.alias(name if name not in AXIS_COLUMNS else f"in.{name}")
        for name, column in zip(names, flat([given]), strict=True)
    ]


def _port_file(head_file: Path, port: str) -> Path:
    return head_file.with_suffix(f".{port}.parquet")


def _read_frame(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        message = f"{path}, which holds the inputs of a failed call, cannot be read"
        raise StoreError(message, code="TG603", hint="Run the graph again.") from error


def _read(path: Path) -> KeptCall:
    try:
        head = json.loads(path.read_text())
        return KeptCall(
            path,
            head["run_id"],
            tuple((graph, node) for graph, node in head["users"]),
            Raised(**head["raised"]),
            head,
            tuple(head["port_names"]),
            head["versions"],
            head["kept"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path}, which describes a failed call, cannot be read", code="TG603") from error
