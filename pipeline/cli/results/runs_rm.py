"""`tradegraph runs rm`: letting runs go."""

from __future__ import annotations

import datetime as dt

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.amount import AGE
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["rm"]


@click.command(cls=Leaf)
@click.argument("run", metavar="[RUN]…", nargs=-1, shell_complete=candidate.runs)
@click.option("--older-than", type=AGE, metavar="AGE", help="Runs that began longer ago: 12h, 30d, 2w.")
@click.option("--graph", metavar="NAME", help="Runs of this graph.")
@click.option("--keep", default=0, type=click.IntRange(0), metavar="N", help="Leave the newest N of each graph.")
@click.option("--dry-run", is_flag=True, help="Only say which.")
@json_option
@pass_session
def rm(
    session: Session,
    run: tuple[str, ...],
    *,
    older_than: dt.timedelta | None,
    graph: str | None,
    keep: int,
    dry_run: bool,
) -> None:
    """Remove runs from the database.

    Those that are named, or all to which the options apply together. Their records and metrics go; values that
    nothing else needs are freed by `tradegraph cache gc`. Does not ask; runs in progress are left alone.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.console.document import echo_json
    from pipeline.cli.console.figure import counted
    from pipeline.store.remove import Selection

    selection = Selection(run, graph, older_than, keep)
    gone = session.open_engine().remove_runs(selection, dry_run=dry_run)
    if session.json:
        echo_json({"dry_run": dry_run, "runs": [{"run_id": one.run_id, "graph": one.graph} for one in gone]})
        return
    if not gone:
        click.echo("no such runs: nothing to remove")
        return
    for one in gone:
        click.echo(f"{'would remove' if dry_run else 'removed'}  {one.run_id}  {one.graph}")
    if not dry_run:
        note = f"{counted(len(gone), 'run')} removed; values that nothing else needs:  tradegraph cache gc"
        click.echo(click.style(note, dim=True))
