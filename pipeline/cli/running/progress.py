"""How a run goes on: a live line on a terminal, plain lines elsewhere, or events for machines.

A run of one graph tells of each node, a run of many graphs of counts and the time that is left. Lines go to stderr,
events to stdout.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from pipeline.cli.console.document import plain
from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted, duration
from pipeline.execution.protocols import Progress, Silent
from pipeline.runs.telling import Counts, Events

__all__ = ["EVENTS", "Lines", "Live", "event", "progress"]

COLOURS = {"computed": None, "cached": "cyan", "failed": "red", "skipped": "yellow"}
EVENTS = ("started", "step", "finished")
"""The names of events, in the order in which they come."""
_EVERY = 5.0
"""Seconds between lines that tell of counts, where no terminal redraws one."""


@contextmanager
def progress(order: Sequence[str] | None, *, quiet: bool, stream: bool = False) -> Iterator[Progress]:
    """Who tells of a run whose nodes come in `order`; None for a run of many graphs."""
    if stream:
        yield Events(_Stream().say)
    elif quiet:
        yield Silent()
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        live = Live(order)
        with live.bar:
            yield live
    else:
        yield Lines(order)


def event(event: str, **facts: object) -> None:
    """Write one event: a line of JSON on stdout, at once."""
    click.echo(json.dumps(plain({"event": event, **facts}), ensure_ascii=False, allow_nan=False))
    sys.stdout.flush()


class _Stream:
    """Events on stdout, as long as somebody reads them: then it is as if Ctrl-C were pressed."""

    _open = True

    def say(self, said: dict[str, Any]) -> None:
        """Write an event. Raises KeyboardInterrupt when the reader has gone, once."""
        try:
            if self._open:
                event(**said)
        except BrokenPipeError:
            self._open = False
            raise KeyboardInterrupt from None


class Lines(Counts):
    """A plain line per node of one graph; of many graphs a line every few seconds, and failures at once."""

    def __init__(self, order: Sequence[str] | None) -> None:
        super().__init__()
        self._each = order is not None
        self._width = min(max(map(len, order or ()), default=0), 40)
        self._due = time.monotonic() + _EVERY

    def started(self, *, steps: int, cached: int) -> None:
        """Say how much there is to do."""
        super().started(steps=steps, cached=cached)
        tell(f"{counted(steps, 'step')}, {steps - cached:,} to compute")

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """Say what became of a node, or how far it is when it is time for that."""
        super().finished(node=node, status=status, ms=ms, rows=rows, message=message)
        if self._each or status == "failed":
            detail = _first_line(message) or (f"{duration(ms):>9}  {counted(rows, 'row')}" if rows is not None else "")
            word = click.style(f"{status:<8}", fg=COLOURS.get(status))
            tell(f"{word}  {node:<{self._width}}  {detail}".rstrip())
        if not self._each and time.monotonic() >= self._due:
            self._due = time.monotonic() + _EVERY
            left = "" if self.left is None else f", about {duration(self.left * 1e3)} left"
            tell(f"{self.done:,} of {self.steps:,}: {self.words()}{left}")


class Live(Counts):
    """One line that is drawn again: the node at work, or counts; how far, how long. Failures stay above it."""

    def __init__(self, order: Sequence[str] | None) -> None:
        super().__init__()
        self._waiting = None if order is None else dict.fromkeys(order)
        self.bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            *(() if order is not None else (TimeRemainingColumn(),)),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self.bar.add_task("planning", total=None if order is None else len(order))

    def started(self, *, steps: int, cached: int) -> None:
        """The first node begins."""
        super().started(steps=steps, cached=cached)
        if self._waiting is None:
            self.bar.update(self._task, total=steps, completed=0)
        self._tell()

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """A node is done; the next one begins."""
        super().finished(node=node, status=status, ms=ms, rows=rows, message=message)
        if self._waiting is not None:
            self._waiting.pop(node, None)
        if status == "failed":
            self.bar.console.print(f"[red]failed[/]  {escape(node)}  {escape(_first_line(message))}", highlight=False)
        self.bar.advance(self._task)
        self._tell()

    def _tell(self) -> None:
        node = "" if self._waiting is None else next(iter(self._waiting), "storing")[:24]
        said = self.words() or "computing" if self._waiting is None else f"{node:<24}"
        self.bar.update(self._task, description=escape(said))


def _first_line(message: str) -> str:
    return message.partition("\n")[0]
