"""How a run goes on: a live line on a terminal, a plain line per node elsewhere. On stderr always."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from pipeline.cli.fault import tell
from pipeline.cli.figure import counted, duration
from pipeline.execution.protocols import Progress, Silent

__all__ = ["Lines", "Live", "progress"]

COLOURS = {"computed": None, "cached": "cyan", "failed": "red", "skipped": "yellow"}


@contextmanager
def progress(order: Sequence[str], *, quiet: bool) -> Iterator[Progress]:
    """Who tells of a run whose nodes come in `order`."""
    if quiet:
        yield Silent()
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        live = Live(order)
        with live.bar:
            yield live
    else:
        yield Lines(order)


class Lines:
    """A plain line per node."""

    def __init__(self, order: Sequence[str]) -> None:
        self._width = min(max(map(len, order), default=0), 40)

    def started(self, *, steps: int, cached: int) -> None:
        """Say how much there is to do."""
        tell(f"{counted(steps, 'step')}, {steps - cached:,} to compute")

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """Say what became of a node."""
        detail = _first_line(message) or (f"{duration(ms):>9}  {counted(rows, 'row')}" if rows is not None else "")
        word = click.style(f"{status:<8}", fg=COLOURS.get(status))
        tell(f"{word}  {node:<{self._width}}  {detail}".rstrip())


class Live:
    """One line that is drawn again: what is being computed, how far, how long. Failures stay above it."""

    def __init__(self, order: Sequence[str]) -> None:
        self._waiting = dict.fromkeys(order)
        self.bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self.bar.add_task("planning", total=len(order))

    def started(self, *, steps: int, cached: int) -> None:  # noqa: ARG002 - the protocol's arguments
        """The first node begins."""
        self._next()

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:  # noqa: ARG002
        """A node is done; the next one begins."""
        self._waiting.pop(node, None)
        if status == "failed":
            self.bar.console.print(f"[red]failed[/]  {escape(node)}  {escape(_first_line(message))}", highlight=False)
        self.bar.advance(self._task)
        self._next()

    def _next(self) -> None:
        node = next(iter(self._waiting), "storing")
        self.bar.update(self._task, description=f"{escape(node[:24]):<24}")


def _first_line(message: str) -> str:
    return message.partition("\n")[0]
