"""Graph files of a project: a new one, all of them as a list, and their layout."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_table
from pipeline.cli.console.target import find_graph, known_graphs
from pipeline.cli.graphs.check_report import role
from pipeline.engine import Engine
from pipeline.errors import GraphError, UsageError
from pipeline.graph.fix import replace_text
from pipeline.graph.fmt import formatted
from pipeline.graph.library import load_text
from pipeline.graph.schema import FILE_NAME

__all__ = ["fmt", "listing", "new"]

_HEAD = "# yaml-language-server: $schema={schema}\ntradegraph: 1\n"
_NEW = """\
description: What it trades, and why
params:
  fast: {{type: int, default: 12, min: 2, max: 200, description: Bars of the fast average}}
  slow: {{type: int, default: 48, min: 3, max: 400, description: Bars of the slow average}}
bars:
  daily: {{timeframe: {timeframe}, symbols: all}}
nodes:
  fast: {{use: ema, in: daily.close, with: {{period: $fast}}}}
  slow: {{use: ema, in: daily.close, with: {{period: $slow}}}}
  entry: {{use: cross, in: {{fast: fast, slow: slow}}}}
outputs:
  entry: entry
"""
_CHILD = """\
extends: {parent}
# what stands here is laid over the parent: maps merge, everything else replaces, ~ deletes
"""


def new(engine: Engine, name: str, extends: str | None) -> None:
    """Write a graph file that is legal as it stands. Raises UsageError where there is one already."""
    root = engine.project.root
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UsageError(
            f"{name!r} cannot be the name of a graph", hint="Use lower-case letters, digits and _, a letter first."
        )
    file = root / "graphs" / f"{name}.yaml"
    schema = os.path.relpath(engine.project.private / FILE_NAME, file.parent)
    timeframes = sorted({str(row.timeframe) for row in engine.market.coverage()})
    body = _NEW.format(timeframe="1d" if not timeframes or "1d" in timeframes else timeframes[0])
    if extends is not None:
        parent = os.path.relpath(find_graph(extends, root), file.parent)
        body = _CHILD.format(parent=parent if parent.startswith(".") else f"./{parent}")
    file.parent.mkdir(exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(_HEAD.format(schema=Path(schema).as_posix()) + body)
    except FileExistsError:
        raise UsageError(f"there is a graph {shown_path(file)} already", hint="Take another name.") from None
    engine.write_schema()
    click.echo(f"{shown_path(file)} written")
    click.echo(f"  tradegraph graph show {name}\n  tradegraph run {name}")


def listing(engine: Engine, *, as_json: bool) -> None:
    """One row per graph file."""
    rows: list[tuple[str, str, int | None, str, str, str]] = []
    for file in known_graphs(engine.project.root / "graphs"):
        try:
            graph = engine.check(file)
            size = (len(graph.nodes), ", ".join(graph.outputs), graph.description)
            status = counted(len(graph.warnings), "warning") if graph.warnings else "ok"
            rows.append((graph.name, shown_path(file), *size, status))
        except GraphError as error:
            if (kind := role(file)) != "graph":
                rows.append((file.stem, shown_path(file), None, "", "", kind))
                continue
            rows.append((file.stem, shown_path(file), None, "", "", counted(len(error.faults), "fault")))
    names = ("graph", "file", "nodes", "outputs", "description", "status")
    if as_json:
        echo_json([dict(zip(names, row, strict=True)) for row in rows])
    elif rows:
        echo_table(names, rows, minor=("file", "outputs"), roomy=("description",))
    else:
        click.echo("no graphs yet: `tradegraph graph new NAME` writes one")


def fmt(root: Path, graphs: Sequence[str], *, check: bool) -> int:
    """Lay files out anew; 1 when `check` found one that would change."""
    files = [find_graph(graph, root) for graph in graphs] or known_graphs(root / "graphs")
    changed = []
    for file in files:
        text = load_text(file)
        better = formatted(text)
        if better != _raw(file):
            changed.append(file)
            if not check:
                replace_text(file.resolve(), better)
    for file in changed:
        tell(f"{shown_path(file)}: {'would be laid out anew' if check else 'laid out anew'}")
    left = len(files) - len(changed)
    click.echo(f"{counted(len(changed), 'file')} {'to change' if check else 'changed'}, {left} left as they are")
    return 1 if check and changed else 0


def _raw(file: Path) -> str:
    return file.read_bytes().decode("utf-8", errors="replace")
