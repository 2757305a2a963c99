"""`tradegraph run`: a graph over stored bars."""

from __future__ import annotations

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.guard import INTERRUPTED
from pipeline.cli.console.option import Chosen, Given, Leaf, chosen_options, given_options, graph_argument, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["run"]


@click.command(cls=Leaf)
@graph_argument
@given_options
@chosen_options
@click.option("--no-cache", is_flag=True, help="Compute everything, whatever is stored.")
@click.option(
    "--refresh", multiple=True, metavar="NODE", shell_complete=candidate.nodes, help="Compute it though stored."
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first node that fails.")
@click.option("--report", "reports", is_flag=True, help="Write the HTML report of the run, and say where it is.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
@json_option
@pass_session
def run(
    session: Session,
    graph: str,
    *,
    given: Given,
    chosen: Chosen,
    no_cache: bool,
    refresh: tuple[str, ...],
    fail_fast: bool,
    reports: bool,
    quiet: bool,
) -> int:
    """Run a graph and store what every node gives.

    GRAPH is a file or the name of one in graphs/. What is stored and has not changed is not computed again. A node
    that fails fails alone: what depends on it is skipped, the rest is stored, and the exit status is 1. Ctrl-C
    keeps what was computed (130).
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.console.fault import report
    from pipeline.cli.console.session import shown_path
    from pipeline.cli.console.target import find_graph
    from pipeline.cli.running import run_report
    from pipeline.cli.running.interrupt import Patience
    from pipeline.cli.running.progress import progress
    from pipeline.runs.selection import nodes_meant

    engine = session.open_engine()
    overrides = given.overrides()
    checked = engine.check(find_graph(graph, engine.project.root), overrides)
    meant = nodes_meant(checked, refresh, "--refresh")
    if chosen:
        checked = engine.select(checked, chosen.select, chosen.exclude)
    if checked.warnings and not quiet:
        report(checked.warnings)
    nodes = tuple(checked.nodes)
    with progress(nodes, quiet=quiet) as told, Patience(told, nodes=len(nodes)) as patience:
        result = engine.run(
            checked, overrides, cache=not no_cache, refresh=meant, fail_fast=fail_fast, progress=patience
        )
    with engine.database.hold():
        page = engine.report(result.run.id) if reports else None
        if session.json:
            run_report.document(result, engine.market, page)
        elif not quiet:
            run_report.summary(result, engine.market)
            if page is not None:
                click.echo(f"report: {shown_path(page)}")
        run_report.failures(result)
    return INTERRUPTED if patience.pressed else result.run.exit_status
