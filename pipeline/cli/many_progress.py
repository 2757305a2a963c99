"""How a run of many graphs goes on: counts and the time that is left, on stderr, or events on stdout."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from pipeline.cli.document import plain
from pipeline.cli.fault import tell
from pipeline.cli.figure import counted, duration
from pipeline.execution.protocols import Progress, Silent
from pipeline.runs.telling import Counts, Events

__all__ = ["event", "many_progress"]

_EVERY = 5.0
"""Seconds between lines where no terminal redraws one."""


@contextmanager
def many_progress(*, quiet: bool, stream: bool) -> Iterator[Progress]:
    """Who tells of a run of many steps."""
    if stream:
        yield Events(lambda said: event(**said))
    elif quiet:
        yield Silent()
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        live = _Live()
        with live.bar:
            yield live
    else:
        yield _Lines()


def event(event: str, **facts: object) -> None:
    """Write one event: a line of JSON on stdout, at once."""
    click.echo(json.dumps(plain({"event": event, **facts}), ensure_ascii=False, allow_nan=False))
    sys.stdout.flush()


class _Lines(Counts):
    """A line every few seconds; failures at once."""

    def __init__(self) -> None:
        super().__init__()
        self._due = time.monotonic() + _EVERY

    def started(self, *, steps: int, cached: int) -> None:
        """Say how much there is to do."""
        super().started(steps=steps, cached=cached)
        tell(f"{counted(steps, 'step')}, {steps - cached:,} to compute")

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """Say how far it is, when it is time for that."""
        super().finished(node=node, status=status, ms=ms, rows=rows, message=message)
        if status == "failed":
            tell(f"{click.style('failed', fg='red')}  {node}  {message.partition(chr(10))[0]}")
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + _EVERY
            left = "" if self.left is None else f", about {duration(self.left * 1e3)} left"
            tell(f"{self.done:,} of {self.steps:,}: {self.words()}{left}")


class _Live(Counts):
    """One line that is drawn again."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self.bar.add_task("planning", total=None)

    def started(self, *, steps: int, cached: int) -> None:
        """The first step begins."""
        super().started(steps=steps, cached=cached)
        self.bar.update(self._task, total=steps, completed=0, description="computing")

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """A step is done."""
        super().finished(node=node, status=status, ms=ms, rows=rows, message=message)
        if status == "failed":
            self.bar.console.print(f"failed  {node}  {message.partition(chr(10))[0]}", markup=False, style="red")
        self.bar.update(self._task, advance=1, description=self.words())
