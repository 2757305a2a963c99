"""`tradegraph runs`: what was run, with what, and what changed between two runs."""

from __future__ import annotations

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.lazy import LazyGroup
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["compare", "list_", "runs", "show"]


@click.group(
    cls=LazyGroup,
    lazy={
        "list": "pipeline.cli.results.runs:list_",
        "show": "pipeline.cli.results.runs:show",
        "compare": "pipeline.cli.results.runs:compare",
        "replay": "pipeline.cli.results.replay:replay",
        "rm": "pipeline.cli.results.runs_rm:rm",
    },
)
def runs() -> None:
    """Look back at runs, compare two of them, replay a failure.

    RUN is an id, the beginning of one, latest, or latest~1 for the one before it.
    """


@click.command("list", cls=Leaf)
@click.option("--graph", metavar="NAME", help="Only runs of this graph.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0), help="The newest; 0 shows all.")
@json_option
@pass_session
def list_(session: Session, *, graph: str | None, limit: int) -> None:
    """List runs, the newest first."""
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.results import runs_report

    runs_report.listing(session.open_database(), graph=graph, limit=limit, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("run", metavar="RUN", default="latest", shell_complete=candidate.runs)
@json_option
@pass_session
def show(session: Session, run: str) -> None:
    """Show a run.

    Its nodes with their times, failures, metrics, and what it was run with.
    """
    from pipeline.cli.results import runs_report

    runs_report.page(session.open_database(), run, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("before", metavar="[A]", required=False, shell_complete=candidate.runs)
@click.argument("now", metavar="[B]", default="latest", shell_complete=candidate.runs)
@click.option("--limit", default=40, show_default=True, type=click.IntRange(0), help="Rows of a table; 0 shows all.")
@json_option
@pass_session
def compare(session: Session, before: str | None, now: str, *, limit: int) -> None:
    """Compare two runs.

    Nodes whose values can differ between A and B and why, their times, metrics that differ. Without any, the
    latest run is compared with the one of the same graph before it.
    """
    from pipeline.cli.results import compare_report

    compare_report.compare(session.open_database(), before, now, limit=limit, as_json=session.json)
