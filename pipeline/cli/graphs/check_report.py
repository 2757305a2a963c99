"""What `tradegraph check` answers: for each graph a clean bill or its faults, in one of four forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import report, tell
from pipeline.cli.console.figure import counted
from pipeline.cli.console.option import Given
from pipeline.cli.console.remedy import REMEDIES
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.target import find_graph, known_graphs
from pipeline.cli.graphs.annotation import github_line, sarif
from pipeline.engine import Engine, Overrides
from pipeline.errors import Fault, GraphError, UsageError
from pipeline.graph.fix import write_fixes
from pipeline.graph.graph import Graph
from pipeline.graph.library import load_text
from pipeline.graph.read import faults_that_matter, role_of

__all__ = ["Checked", "look", "role", "tell_all"]

_ROUNDS = 10
"""Fixes may bring other faults to light; so often is a file looked at again."""


@dataclass(frozen=True)
class Checked:
    """A file, its graph or None, its faults (warnings of a legal one), and whether the market was asked.

    `role` is "library" for a file of sub-graphs without faults: it is no graph and need not be one.
    """

    file: Path
    graph: Graph | None
    faults: Sequence[Fault]
    stored: bool
    fixed: int = 0
    role: str = "graph"

    @property
    def sound(self) -> bool:
        """True when nothing is wrong with the file."""
        return self.graph is not None or (self.role == "library" and not self.faults)


def look(engine: Engine, graphs: Sequence[str], given: Given, *, fix: bool) -> list[Checked]:
    """Check the named graphs, or all of the project. Raises GraphError for a name that is none."""
    root = engine.project.root
    files = [find_graph(graph, root) for graph in graphs]
    if not files:  # a file that is one sub-graph is checked where it is used
        files = [file for file in known_graphs(root / "graphs") if role(file) != "sub-graph"]
    if not files:
        raise UsageError("there is no graph to check", hint="`tradegraph graph new NAME` writes one.")
    stored = bool(engine.market.coverage())
    overrides = given.overrides()
    return [_look(engine, file, overrides, stored=stored, fix=fix) for file in files]


def _look(engine: Engine, file: Path, overrides: Overrides, *, stored: bool, fix: bool) -> Checked:
    done = 0
    for _ in range(_ROUNDS):
        found = _once(engine, file, overrides, stored=stored)
        counts = write_fixes(found.faults) if fix else {}
        if not counts:
            break
        done += sum(counts.values())
    return replace(found, fixed=done)


def role(file: Path) -> str:
    """What a file is for; "graph" when it cannot be read, for whoever reads it next says why."""
    try:
        return role_of(load_text(file))
    except GraphError:
        return "graph"


def _once(engine: Engine, file: Path, overrides: Overrides, *, stored: bool) -> Checked:
    try:
        graph = engine.check(file, overrides)
        if stored:
            engine.plan(graph, cache=False)  # whether the market has what is asked for
    except GraphError as error:
        kind = role(file)
        return Checked(file, None, faults_that_matter(kind, error.faults), stored, role=kind)
    return Checked(file, graph, graph.warnings, stored)


def tell_all(found: Sequence[Checked], form: str) -> int:
    """Say what was found, in one of four forms, and give the exit status."""
    faults = [fault for one in found for fault in one.faults]
    if form == "json":
        documents = [_document(one) for one in found]
        status = "ok" if all(one.sound for one in found) else "error"
        echo_json(documents[0] if len(documents) == 1 else {"status": status, "graphs": documents})
    elif form == "sarif":
        from pipeline.version import product_version

        echo_json(sarif(list(dict.fromkeys(faults)), product_version(), REMEDIES))
    elif form == "github":
        for fault in dict.fromkeys(faults):
            click.echo(github_line(fault))
    else:
        for one in found:
            _tell(one)
    return 0 if all(one.sound for one in found) else 2


def _tell(one: Checked) -> None:
    if one.fixed:
        tell(f"{shown_path(one.file)}: {counted(one.fixed, 'change')} made")
    if one.faults:
        report(one.faults)
    if one.graph is None:
        if one.sound:
            click.echo(f"{shown_path(one.file)}: {click.style('ok', fg='green')}, sub-graphs")
        return
    counts = f"{counted(len(one.graph.nodes), 'node')}, {counted(len(one.graph.outputs), 'output')}"
    click.echo(f"{shown_path(one.file)}: {click.style('ok', fg='green')}, {counts}")
    if not one.stored:
        tell("  symbols and ranges were not checked: no bars are stored yet")


def _document(one: Checked) -> dict[str, object]:
    faults = [fault.as_dict() for fault in one.faults]
    if one.graph is None:
        return {
            "status": "ok" if one.sound else "error",
            "role": one.role,
            "file": str(one.file),
            "fixed": one.fixed,
            "faults": faults,
        }
    body = {name: len(getattr(one.graph, name)) for name in ("nodes", "bars", "outputs")}
    head = {"status": "ok", "graph": one.graph.name, "file": one.graph.file}
    return {**head, **body, "fixed": one.fixed, "faults": faults}
