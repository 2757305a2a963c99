"""What `tradegraph runs replay` answers."""

from __future__ import annotations

from collections.abc import Sequence

import click
import polars as pl

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted, duration
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_frame
from pipeline.execution.replay import Frame, KeptCall, Replay, author_frames
from pipeline.store.failures import FailureFiles

__all__ = ["document", "interrupted", "summary", "warning"]

_LAST = 5
"""Rows shown of a value that it gives now."""
_SYMBOLS = 8


def warning(kept: KeptCall, *, apart: bool) -> None:
    """Say on stderr what a call did that may happen again; `apart`, a worker stands between it and this process."""
    if apart:
        if kept.raised.code == "TG505":
            tell(f"{kept.raised.message}. It is called in a worker again, which plugin_timeout ends")
    elif kept.raised.code == "TG505":
        tell(f"{kept.raised.message}. Here it has no limit: Ctrl-C stops it and shows where it is")
    elif kept.raised.code == "TG506":
        tell(f"{kept.raised.message}. Here there is no worker: it may end this command")


def summary(found: Replay, failures: FailureFiles) -> None:
    """The replay for people, on stdout."""
    kept, call = found.kept, found.call
    node = ".".join(kept.users[0])
    click.echo(f"{click.style(node, bold=True)} ({call.node.id}) of run {kept.run_id}")
    params = " ".join(f"{name}={value}" for name, value in call.params.items())
    rows = f"{counted(len(call.panel), 'row')} of {_names(call.panel.symbols)}"
    click.echo(f"  called with  {rows}{', ' if params else ''}{params}")
    click.echo(f"  inputs in    {shown_path(kept.head_file.with_suffix('.parquet'))}")
    click.echo(f"  it failed    {kept.raised.code} {kept.raised.message}")
    click.echo(f"  since then   {', '.join(f'{what} changed' for what in found.changed) or 'nothing changed'}")
    if kept.kept == "first":
        click.echo(f"  only the rows of {kept.symbols[0]} were kept: the whole call was too large")
    others = sorted(set(failures.failed_symbols(kept.run_id, node)) - set(kept.symbols))
    if others:
        click.echo(f"  it failed for other symbols too: {_names(others)}; --symbol picks one")
    click.echo()
    if found.raised is None:
        click.echo(f"{click.style('It succeeds now', fg='green', bold=True)}, in {duration(found.ms)}:")
        value = found.frame
        assert value is not None
        echo_frame(value.tail(_LAST) if call.columns else value.head(_LAST), limit=_LAST, indent=2)
        return
    head = click.style("It fails", fg="red", bold=True)
    click.echo(f"{head} after {duration(found.ms)}: {found.raised.code} {found.raised.message}")
    click.echo("\n".join(_places(found.frames)) or "  in no line of the node's own code")


def document(found: Replay) -> None:
    """The replay for machines, on stdout."""
    kept, call, raised, value = found.kept, found.call, found.raised, found.frame
    echo_json(
        {
            "run_id": kept.run_id,
            "graph": kept.users[0][0],
            "node": kept.users[0][1],
            "node_type": call.node.id,
            "inputs": str(kept.head_file.with_suffix(".parquet")),
            "kept": kept.kept,
            "symbols": call.panel.symbols,
            "rows": len(call.panel),
            "params": call.params,
            "then": {"code": kept.raised.code, "message": kept.raised.message},
            "changed": found.changed,
            "status": "failed" if raised else "ok",
            "ms": found.ms,
            "failure": raised and {"code": raised.code, "message": raised.message, "traceback": raised.traceback},
            "frames": [
                {"file": frame.file, "line": frame.line, "function": frame.function, "text": frame.text}
                for frame in found.frames
            ],
            "value": None if value is None else _described(value),
        }
    )


def interrupted(interrupt: BaseException) -> None:
    """Where a call was when Ctrl-C ended it, on stderr."""
    if frames := author_frames(interrupt):
        tell("interrupted, the innermost line last:")
        tell("\n".join(_places(frames)))


def _places(frames: Sequence[Frame]) -> list[str]:
    lines = []
    for frame in frames:
        lines.append(f"  {shown_path(frame.file)}:{frame.line} in {frame.function}")
        if frame.text:
            lines.append(f"    {frame.text}")
    return lines


def _names(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - _SYMBOLS:,} more" if len(symbols) > _SYMBOLS else ""
    return ", ".join(symbols[:_SYMBOLS]) + more


def _described(value: pl.DataFrame) -> dict[str, object]:
    return {"rows": value.height, "columns": value.columns, "last": value.tail(_LAST).to_dicts()}
