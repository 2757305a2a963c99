"""What `tradegraph watch` says: each round with what differs from the one before, and in the end what was done."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from pipeline.cli.console.document import plain
from pipeline.cli.console.fault import report, tell
from pipeline.cli.console.figure import counted, duration, single
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_table
from pipeline.cli.running import run_report
from pipeline.engine import Engine
from pipeline.execution.moved import Moved, Moving
from pipeline.execution.run import Run
from pipeline.follow import Follower, Round

__all__ = ["JsonTeller", "Teller"]


class Teller:
    """For people: results on stdout, faults on stderr."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.begun = time.monotonic()
        self.rounds: Counter[str] = Counter()

    def began(self, follower: Follower) -> None:
        """It listens."""
        reloads = "" if self.engine.plugins.reloads else " (auto_reload is off: plugins stay as they are)"
        click.echo(f"watching {shown_path(follower.file)}, plugins and bars{reloads}; Ctrl-C ends it\n")

    def told(self, done: Round) -> bool:
        """Say what came of a change; False when that was an interrupted run."""
        self.rounds[_kind(done)] += 1
        if done.result:
            self.rounds["steps"] += done.result.run.counts["computed"]
        self.say(done)
        return not (done.result and done.result.run.status == "interrupted")

    def say(self, done: Round) -> None:
        """Write a round."""
        report([record.fault for record in done.plugins if record.fault])
        for record in done.plugins:
            if record.status == "kept":
                tell(f"the last good version of {' '.join(record.ids)} stays")
        head = f"{dt.datetime.now():%H:%M:%S}  {_saved(done)}"
        if done.error is not None:
            report(done.error.faults)
            click.echo(f"{head}: {click.style('error', fg='red')}, the last good result stays")
        elif done.result is None:
            click.echo(f"{head}: nothing to compute, the result is the same ({duration(done.ms)})")
        elif not done.changes:
            run_report.summary(done.result, self.engine.market)
            run_report.failures(done.result)
        else:
            counts = ", ".join(f"{count:,} {status}" for status, count in done.result.run.counts.items() if count)
            click.echo(f"{head}: {counts} in {duration(done.ms)}")
            self._echo_moved(done)
            run_report.failures(done.result)
        click.echo()

    def ended(self, follower: Follower) -> None:
        """Say what was done."""
        last = f"; the last good result is run {follower.good.run.id}" if follower.good else "; there was no result"
        took = duration((time.monotonic() - self.begun) * 1e3)
        done = [counted(self.rounds["result"], "result"), f"{counted(self.rounds['steps'], 'step')} computed"]
        done += [counted(self.rounds[kind], kind) for kind in ("error", "failure") if self.rounds[kind]]
        tell(f"watched for {took}: {', '.join(done)}{last}")

    def _echo_moved(self, done: Round) -> None:
        assert done.result is not None
        for moved in done.moved:
            click.echo(
                f"  {click.style(moved.output, bold=True)}: {moved.differing:,} of {counted(moved.rows, 'row')} differ"
            )
            _echo_values(moved)
        if not done.moved and done.result.run.status == "ok":
            click.echo("  all outputs are equal")


class JsonTeller(Teller):
    """For machines: an object a line on stdout. `event` says what happened, see `docs/watch.md`."""

    def began(self, follower: Follower) -> None:
        """It listens."""
        files = [str(place.path) for place in follower.places()]
        _line("watching", graph=str(follower.file), places=files, reloads=self.engine.plugins.reloads)

    def say(self, done: Round) -> None:
        """Write a round."""
        faults = [
            *(record.fault for record in done.plugins if record.fault),
            *(done.error.faults if done.error else ()),
        ]
        run = done.result.run if done.result else None
        _line(
            _kind(done),
            changed=list(done.changes.files),
            ms=round(done.ms, 1),
            run_id=run.id if run else None,
            counts=run.counts if run else None,
            moved=[_moved(moved) for moved in done.moved],
            kept=[name for record in done.plugins if record.status == "kept" for name in record.ids],
            faults=[fault.as_dict() for fault in faults],
            failures=_failures(run) if run else [],
        )

    def ended(self, follower: Follower) -> None:
        """Say what was done."""
        good = follower.good.run.id if follower.good else None
        _line("ended", results=self.rounds["result"], computed=self.rounds["steps"], last_good=good)


def _kind(done: Round) -> str:
    if done.error is not None:
        return "error"
    if done.result is None:
        return "same"
    return {"ok": "result", "failed": "failure", "interrupted": "interrupted"}[done.result.run.status]


def _saved(done: Round) -> str:
    files = done.changes.files
    if not files:
        return "begun"
    names = "bars" if all(file.parent.name == "heads" for file in files) else ", ".join(map(shown_path, files[:3]))
    more = f" and {len(files) - 3:,} more" if len(files) > 3 and names != "bars" else ""
    return f"{names}{more} {'removed' if len(done.changes.gone) == len(files) and names != 'bars' else 'saved'}"


def _echo_values(moved: Moved) -> None:
    """A line per number, a column per symbol."""
    symbols = list(dict.fromkeys(value.symbol for value in moved.values))
    cells: dict[str, dict[str | None, str]] = {}
    for value in moved.values:
        cells.setdefault(value.name, {})[value.symbol] = _step(value)
    rows = [(name, *(found.get(symbol, "same") for symbol in symbols)) for name, found in cells.items()]
    if rows:
        echo_table(("", *(symbol or "mean over symbols" for symbol in symbols)), rows, indent=4)


def _step(value: Moving) -> str:
    before, now = ("none" if number is None else single(number) for number in (value.before, value.now))
    return f"{before} → {now}"


def _moved(moved: Moved) -> dict[str, Any]:
    values = [{"symbol": v.symbol, "name": v.name, "before": v.before, "now": v.now} for v in moved.values]
    return {"output": moved.output, "rows": moved.rows, "differing": moved.differing, "values": values}


def _failures(run: Run) -> Sequence[dict[str, str]]:
    return [
        {"node": record.step.node.name, "code": record.failure.code, "message": record.failure.message}
        for record in run.records
        if record.status == "failed" and record.failure
    ]


def _line(event: str, **said: Any) -> None:
    at = dt.datetime.now(dt.UTC)
    click.echo(json.dumps(plain({"event": event, "at": at, **said}), ensure_ascii=False, allow_nan=False))
