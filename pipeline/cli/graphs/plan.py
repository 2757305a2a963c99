"""`tradegraph plan`: what a run would compute."""

from __future__ import annotations

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.option import Chosen, Given, Leaf, chosen_options, given_options, graph_argument, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["plan"]


@click.command(cls=Leaf)
@graph_argument
@click.option("--why", metavar="NODE", shell_complete=candidate.nodes, help="Say why this node must be computed.")
@click.option("--no-cache", is_flag=True, help="Plan as if nothing were stored.")
@click.option(
    "--refresh", multiple=True, metavar="NODE", shell_complete=candidate.nodes, help="Compute it though stored."
)
@given_options
@chosen_options
@json_option
@pass_session
def plan(
    session: Session,
    graph: str,
    *,
    why: str | None,
    no_cache: bool,
    refresh: tuple[str, ...],
    given: Given,
    chosen: Chosen,
) -> None:
    """Show what a run would compute, and why.

    The steps in order, and what is taken from the store instead. No bar is read.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.graphs import plan_report

    engine = session.open_engine()
    with engine.database.hold():
        planned = plan_report.make(engine, graph, given, chosen, cache=not no_cache, refresh=refresh)
        if why is not None:
            plan_report.reasons(engine, planned, why, as_json=session.json)
        else:
            plan_report.show(engine, planned, as_json=session.json)
