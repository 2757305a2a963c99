"""`tradegraph check`: graphs before they run."""

from __future__ import annotations

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.option import Given, Leaf, given_options, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.errors import UsageError

__all__ = ["check"]


@click.command(cls=Leaf)
@click.argument("graphs", nargs=-1, metavar="[GRAPH]...", shell_complete=candidate.graphs)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="For people, for scripts, for the log of a GitHub workflow, for code scanning.",
)
@click.option("--laws", is_flag=True, help="Put its node types through the laws as well, with the params of the graph.")
@click.option("--fix", is_flag=True, help="Change the file where a fault has one certain remedy, and look again.")
@given_options
@json_option
@pass_session
def check(session: Session, graphs: tuple[str, ...], *, form: str, laws: bool, fix: bool, given: Given) -> int:
    """Check graphs and tell every fault at once.

    All graphs of the project when none is named. Nothing is computed. Looked at are names, wires, kinds, params, and
    whether the market has the symbols and bars that a graph asks for. Exit status 2 when there are faults; warnings
    alone leave it 0. With --laws each node type is run over made-up bars, and exit status 1 says that one breaks a
    law.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.graphs import check_report

    engine = session.open_engine()
    if laws:
        from pipeline.cli.nodes import laws_report

        if len(graphs) != 1:
            raise UsageError("--laws is about one graph", hint="Write tradegraph check GRAPH --laws.")
        return laws_report.verify_graph(engine, graphs[0], given, as_json=session.json or form == "json")
    found = check_report.look(engine, graphs, given, fix=fix)
    return check_report.tell_all(found, "json" if session.json else form)
