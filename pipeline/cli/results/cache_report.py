"""What `tradegraph cache` answers."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.figure import counted, size
from pipeline.cli.console.table import echo_table
from pipeline.store.cache import Cache
from pipeline.store.collect import Collected

__all__ = ["collected", "listing", "stats"]


def listing(cache: Cache, *, graph: str | None, as_json: bool) -> None:
    """Stored values by graph and node."""
    frame = cache.contents(graph)
    if as_json:
        echo_json(frame.to_dicts())
        return
    if not frame.height:
        whose = f" of {graph!r}" if graph else ""
        click.echo(f"no values{whose} are stored; run a graph:  tradegraph run GRAPH")
        return
    rows = [
        (r["graph"] or "(removed runs)", r["node"] or "", r["node_type"] or "", r["values"], r["needed"],
         size(r["bytes"]), f"{r['last']:%Y-%m-%d %H:%M}" if r["last"] else "")
        for r in frame.to_dicts()
    ]  # fmt: skip
    echo_table(("graph", "node", "type", "values", "needed", "size", "last run (UTC)"), rows, minor=("type",))


def stats(cache: Cache, *, as_json: bool) -> None:
    """How much is stored, in figures."""
    found = cache.stats()
    kept = cache.retention
    if as_json:
        echo_json({**asdict(found), "retention": asdict(kept)})
        return
    days = "for ever" if kept.keep_days is None else f"for {kept.keep_days:g} days"
    shared = f"{found.shared_kernels:,}, {size(found.shared_kernel_bytes)} shared with other projects"
    room = "" if kept.keep_bytes is None else f", at most {size(kept.keep_bytes)}"
    lines = [
        ("values", f"{found.values:,} in {counted(found.files, 'file')}, {size(found.bytes)}"),
        ("not needed", f"{found.unneeded:,}, at least {size(found.unneeded_bytes)}"),
        ("leftovers", f"{found.leftovers:,}, {size(found.leftover_bytes)}"),
        ("kernels", f"{found.kernels:,}, {size(found.kernel_bytes)}; {shared}"),
        ("database", f"{counted(found.runs, 'run')}, {size(found.database_bytes)}"),
        ("kept", f"{kept.store}, {days}{room}"),
    ]
    if found.live:
        lines.append(("in progress", ", ".join(found.live)))
    for name, text in lines:
        click.echo(f"{name:<12}{text}")
    if found.unneeded_bytes or found.leftovers:
        click.echo(click.style("tradegraph cache gc  frees what is not needed", dim=True))


def collected(found: Collected, *, dry_run: bool, as_json: bool) -> None:
    """What a collection removed, or would."""
    if as_json:
        echo_json({"dry_run": dry_run, **asdict(found)})
        return
    parts = [
        (found.values, "value"),
        (found.files, "file"),
        (found.leftovers, "leftover"),
        (found.kernels, "kernel"),
    ]
    said = ", ".join(counted(number, noun) for number, noun in parts if number)
    anew = f"{counted(found.rewritten, 'file')} written anew with less in it" if found.rewritten else ""
    what = "; ".join(filter(None, (said, anew)))
    if what:
        click.echo(f"{'would remove' if dry_run else 'removed'} {what}: {size(found.bytes)}")
    else:
        click.echo("nothing to remove: all that is stored is needed")
    if found.live:
        click.echo(f"{counted(len(found.live), 'run')} in progress: no value was touched, collect again when it ended")
