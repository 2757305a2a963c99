"""The way in: which page a run gets, and the file that it is written to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ReportError, UsageError, did_you_mean
from pipeline.report.archive import Archive
from pipeline.report.batch_page import batch_page
from pipeline.report.run_page import run_page
from pipeline.report.sweep_page import sweep_page
from pipeline.report.told import tell
from pipeline.store.export import chosen
from pipeline.store.remove import RunOfGraph
from pipeline.store.sweep_view import SUFFIX

__all__ = ["FOLDER", "Wanted", "draw_report", "write_report"]

FOLDER = "reports"
"""Where reports go in a project unless they are told to go elsewhere."""


@dataclass(frozen=True)
class Wanted:
    """What a report is about, when the run alone does not say it.

    `graph` is one graph of a batch; `batch` asks for the page of many, also where a batch ran a single graph;
    `symbols` are those to chart.
    """

    graph: str | None = None
    batch: bool = False
    symbols: Sequence[str] = ()


def write_report(archive: Archive, run: str, target: Path | None, wanted: Wanted) -> Path:
    """Write the report of a run and give its path; the file appears whole or not at all.

    `run` is an id, a beginning of one, latest, or the name of a graph (its latest run). A run of several graphs and a
    sweep get the page of many. Raises StoreError TG605, UsageError, ReportError TG901.
    """
    name, text = draw_report(archive, run, wanted)
    return _write(target or archive.root / FOLDER / name, text)


def draw_report(archive: Archive, run: str, wanted: Wanted) -> tuple[str, str]:
    """The name of the file, when it is told none, and the page; raises as `write_report`, and writes nothing."""
    with archive.database.hold():
        return _page(archive, run, wanted)


def _page(archive: Archive, run: str, wanted: Wanted) -> tuple[str, str]:
    database = archive.database
    runs = chosen(database, run)
    if wanted.graph is not None:
        runs = [one for one in runs if one.graph == wanted.graph] or _no_such(runs, wanted.graph)
    run_id, graph = runs[0].run_id, runs[0].graph
    swept = graph.endswith(SUFFIX)
    if wanted.batch and not swept:
        runs = chosen(database, run_id)
    many = swept or wanted.batch or len(runs) > 1
    if many and wanted.symbols:
        raise UsageError("--symbols chooses what the report of one graph charts", hint="Name one: --graph NAME.")
    if swept:
        return f"{graph}-{run_id}.html", sweep_page(database, run_id, graph)
    if many:
        return f"batch-{run_id}.html", batch_page(database, run_id, [one.graph for one in runs])
    return f"{graph}-{run_id}.html", run_page(tell(database, run_id, graph), archive, wanted.symbols)


def _no_such(runs: Sequence[RunOfGraph], graph: str) -> list[RunOfGraph]:
    hint = did_you_mean(graph, [one.graph for one in runs])
    raise UsageError(f"run {runs[0].run_id} has no graph {graph!r}", hint=hint)


def _write(target: Path, text: str) -> Path:
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.parent.name == FOLDER:
            target.parent.mkdir(exist_ok=True)
        draft.write_text(text, encoding="utf-8", newline="")
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        hint = "Say where to with -o FILE; its folder must be there."
        raise ReportError(f"cannot write {target}: {error.strerror or error}", hint=hint) from error
    return target
