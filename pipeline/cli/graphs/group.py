"""`tradegraph graph`: graph files written, listed, drawn, laid out and compared."""

from __future__ import annotations

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.lazy import LazyGroup
from pipeline.cli.console.option import Given, Leaf, given_options, graph_argument, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["diff", "dot", "fmt", "graph", "list_", "new", "show"]


@click.group(
    cls=LazyGroup,
    lazy={
        "new": "pipeline.cli.graphs.group:new",
        "list": "pipeline.cli.graphs.group:list_",
        "show": "pipeline.cli.graphs.group:show",
        "fmt": "pipeline.cli.graphs.group:fmt",
        "diff": "pipeline.cli.graphs.group:diff",
        "dot": "pipeline.cli.graphs.group:dot",
    },
)
def graph() -> None:
    """Write, list, draw, lay out and compare graph files."""


@click.command(cls=Leaf)
@click.argument("name")
@click.option("--extends", metavar="GRAPH", shell_complete=candidate.graphs, help="Begin as a child of this graph.")
@pass_session
def new(session: Session, name: str, *, extends: str | None) -> None:
    """Write a graph to begin with.

    It stands in the project's graphs and is legal as it is.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.graphs import files

    files.new(session.open_engine(), name, extends)


@click.command("list", cls=Leaf)
@json_option
@pass_session
def list_(session: Session) -> None:
    """List the project's graphs.

    What they are for, how large they are and whether they are legal.
    """
    from pipeline.cli.graphs import files

    files.listing(session.open_engine(), as_json=session.json)


@click.command(cls=Leaf)
@graph_argument
@given_options
@json_option
@pass_session
def show(session: Session, graph: str, *, given: Given) -> None:
    """Draw a graph in the terminal.

    Nodes stand in the order of computing, wires are the rails at their left.
    """
    from pipeline.cli.graphs import picture

    picture.show(session.open_engine(), graph, given, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("graphs", nargs=-1, metavar="[GRAPH]...", shell_complete=candidate.graphs)
@click.option("--check", is_flag=True, help="Change nothing; exit status 1 when a file would change.")
@pass_session
def fmt(session: Session, graphs: tuple[str, ...], *, check: bool) -> int:
    """Put graph files into the one layout.

    All of them when none is named. Comments and line breaks stay.
    """
    from pipeline.cli.graphs import files

    return files.fmt(session.open_project().root, graphs, check=check)


@click.command(cls=Leaf)
@graph_argument
@click.argument("other", required=False, shell_complete=candidate.graphs)
@given_options
@json_option
@pass_session
def diff(session: Session, graph: str, other: str | None, *, given: Given) -> None:
    """Compare what two graphs mean.

    Which nodes would give other values, and why; not which lines differ.
    OTHER is compared with GRAPH; left out, it is GRAPH itself with what -p, --set and the other options change.
    """
    from pipeline.cli.graphs import diff as graph_diff

    graph_diff.diff(session.open_engine(), graph, other or graph, given, as_json=session.json)


@click.command(cls=Leaf)
@graph_argument
@click.option("--mermaid", is_flag=True, help="For Markdown pages instead of Graphviz.")
@given_options
@pass_session
def dot(session: Session, graph: str, *, mermaid: bool, given: Given) -> None:
    """Write a graph for Graphviz or Mermaid.

    tradegraph graph dot NAME | dot -Tsvg > name.svg
    """
    from pipeline.cli.graphs import picture

    picture.export(session.open_engine(), graph, given, as_mermaid=mermaid)
