"""The command that runs one graph of many, or one cell, alone: what a failure is told with."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted
from pipeline.execution.run import Failure, NodeRecord, Run
from pipeline.model.scalar import plain

if TYPE_CHECKING:
    from pipeline.cli.console.option import Given
    from pipeline.graph.overrides import Overrides
    from pipeline.graph.sweep import Cell

__all__ = ["alone", "failures_of", "run_failures", "tell_failure"]


def alone(graph: str, given: Overrides | Given, cell: Cell | None = None, symbol: str = "") -> str:
    """What runs a graph, as a cell has it, as it was run here; for one symbol when that alone failed."""
    params: dict[str, Any] = dict(given.params)
    settings = {node: dict(values) for node, values in given.settings.items()}
    if cell is not None:
        params |= {name: plain(value) for name, value in cell.params.items()}
        for node, values in cell.settings.items():
            settings.setdefault(node, {}).update({name: plain(value) for name, value in values.items()})
    words = ["tradegraph", "run", graph]
    for name, value in params.items():
        words += ["-p", f"{name}={value}"]
    for node, values in settings.items():
        for name, value in values.items():
            words += ["--set", f"{node}.{name}={value}"]
    for name, text in {**given.bars, **({"symbols": symbol} if symbol else {})}.items():
        words += [f"--{name}", text]
    return shlex.join(words)


def failures_of(record: NodeRecord) -> Iterable[tuple[str, Failure]]:
    """What failed of a step itself, not because of another one: "" for all of it, or symbols."""
    if record.status == "failed" and record.failure is not None:
        yield "", record.failure
    for symbol, failure in record.symbols.items():
        if not failure.cause:
            yield symbol, failure


def tell_failure(place: str, failure: Failure, command: str) -> None:
    """Say what failed where, and what runs it alone, on stderr."""
    tell(f"{click.style(failure.code, fg='red', bold=True)} {place}: {failure.message}")
    tell(f"  alone: {command}")


def run_failures(run: Run) -> None:
    """Warnings of a run of many graphs, and that it was interrupted, on stderr."""
    for warning in run.warnings:
        tell(str(warning))
    if run.status == "interrupted":
        left = sum(record.status == "skipped" for record in run.records)
        tell(f"interrupted: {counted(left, 'step')} not computed; `--resume {run.id}` goes on")
