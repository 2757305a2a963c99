"""`tradegraph nodes`: the node types that graphs may use."""

from __future__ import annotations

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.lazy import LazyGroup
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["catalog", "list_", "nodes", "show"]


@click.group(
    cls=LazyGroup,
    lazy={
        "list": "pipeline.cli.nodes.group:list_",
        "show": "pipeline.cli.nodes.group:show",
        "verify": "pipeline.cli.nodes.verify:verify",
        "catalog": "pipeline.cli.nodes.group:catalog",
    },
)
def nodes() -> None:
    """Find a node type, and read what it takes and gives."""


@click.command("list", cls=Leaf)
@click.option(
    "--kind", metavar="KIND", help="indicator, strategy, portfolio, or a kind that it gives: event, percent …"
)
@click.option("--search", metavar="TEXT", help="Only those whose id or documentation has this text.")
@json_option
@pass_session
def list_(session: Session, *, kind: str | None, search: str | None) -> None:
    """List node types, and the files that could not be loaded."""
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.nodes import report

    report.listing(session.open_engine().discovery, kind=kind, search=search, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("node_type", metavar="ID", shell_complete=candidate.node_types)
@json_option
@pass_session
def show(session: Session, node_type: str) -> None:
    """Show the page of a node type.

    Inputs, params, outputs, documentation, and YAML to begin with.
    """
    from pipeline.cli.nodes import report

    engine = session.open_engine()
    report.page(engine.discovery, node_type, report.fallbacks(engine, node_type), as_json=session.json)


@click.command(cls=Leaf)
@pass_session
def catalog(session: Session) -> None:
    """Print a page of all node types, in Markdown.

    What every one takes, gives and means, in tables by category.
    """
    from pipeline.cli.nodes import catalog as nodes_catalog

    click.echo(nodes_catalog.catalog(session.open_engine().registry), nl=False)
