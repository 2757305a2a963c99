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

__all__ = ["event", "many_progress"]

_EVERY = 5.0
"""Seconds between lines where no terminal redraws one."""


@contextmanager
def many_progress(*, quiet: bool, stream: bool) -> Iterator[Progress]:
    """Who tells of a run of many steps."""
    if stream:
        yield _Events()
    elif quiet:
        yield Silent()
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        live = _Live()
        with live.bar:
            yield live
    else:
        yield _Lines()


def event(name: str, **facts: object) -> None:
    """Write one event: a line of JSON on stdout, at once."""
    click.echo(json.dumps(plain({"event": name, **facts}), ensure_ascii=False, allow_nan=False))
    sys.stdout.flush()


class _Counts:
    """Counts what became of steps, and guesses what is left: what remains takes as long as what was computed."""

    def __init__(self) -> None:
        self.counts = {"computed": 0, "cached": 0, "failed": 0, "skipped": 0}
        self.steps = self.due = 0
        self.began = time.monotonic()

    def started(self, *, steps: int, cached: int) -> None:
        """The plan is made, or with workers first the tasks; each is a round of its own."""
        self.counts = dict.fromkeys(self.counts, 0)
        self.steps, self.due = steps, steps - cached
        self.began = time.monotonic()

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:  # noqa: ARG002
        """A step is done."""
        self.counts[status] += 1

    @property
    def done(self) -> int:
        """Steps that are done."""
        return sum(self.counts.values())

    @property
    def left(self) -> float | None:
        """Seconds that are left, None while nobody can say."""
        tried = self.counts["computed"] + self.counts["failed"]
        if not tried:
            return None
        return (time.monotonic() - self.began) / tried * max(self.due - tried - self.counts["skipped"], 0)

    def words(self) -> str:
        """The counts that are not 0."""
        return ", ".join(f"{count:,} {status}" for status, count in self.counts.items() if count)


class _Lines(_Counts):
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


class _Live(_Counts):
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


class _Events(_Counts):
    """An event per step."""

    def started(self, *, steps: int, cached: int) -> None:
        """The plan is made."""
        super().started(steps=steps, cached=cached)
        event("started", steps=steps, cached=cached)

    def finished(self, *, node: str, status: str, ms: float | None, rows: int | None, message: str) -> None:
        """A step is done."""
        super().finished(node=node, status=status, ms=ms, rows=rows, message=message)
        facts: dict[str, object] = {"message": message} if message else {}
        event(
            "step", node=node, status=status, ms=ms, done=self.done, steps=self.steps, seconds_left=self.left, **facts
        )
