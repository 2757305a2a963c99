"""`tradegraph check` and `tradegraph plan`: a graph before it runs."""

from __future__ import annotations

import click

from pipeline.cli import candidate
from pipeline.cli.option import Given, Leaf, given_options, graph_argument, json_option
from pipeline.cli.session import Session, pass_session

__all__ = ["check", "plan"]


@click.command(cls=Leaf)
@graph_argument
@click.option("--laws", is_flag=True, help="Put its node types through the laws as well, with the params of the graph.")
@given_options
@json_option
@pass_session
def check(session: Session, graph: str, *, laws: bool, given: Given) -> int:
    """Check a graph and name every fault at once.

    Nothing is computed. Looked at are names, wires, kinds, params, and whether the market has the symbols and bars
    that it asks for. Exit status 2 when there are faults; warnings alone leave it 0. With --laws each node type is
    run over made-up bars, and exit status 1 says that one breaks a law.
    """
    # heavy imports stand inside commands: see the docstring of this package
    from pipeline.cli import plan_report

    engine = session.open_engine()
    if laws:
        from pipeline.cli import laws_report

        return laws_report.verify_graph(engine, graph, given, as_json=session.json)
    plan_report.check(engine, graph, given, as_json=session.json)
    return 0


@click.command(cls=Leaf)
@graph_argument
@click.option("--why", metavar="NODE", shell_complete=candidate.nodes, help="Say why this node must be computed.")
@click.option("--no-cache", is_flag=True, help="Plan as if nothing were stored.")
@click.option(
    "--refresh", multiple=True, metavar="NODE", shell_complete=candidate.nodes, help="Compute it though stored."
)
@given_options
@json_option
@pass_session
def plan(
    session: Session, graph: str, *, why: str | None, no_cache: bool, refresh: tuple[str, ...], given: Given
) -> None:
    """Show what a run would compute, and why.

    The steps in order, and what is taken from the store instead. No bar is read.
    """
    from pipeline.cli import plan_report

    engine = session.open_engine()
    planned = plan_report.make(engine, graph, given, cache=not no_cache, refresh=refresh)
    if why is not None:
        plan_report.reasons(engine, planned, why, as_json=session.json)
    else:
        plan_report.show(engine, planned, refresh=refresh, as_json=session.json)
