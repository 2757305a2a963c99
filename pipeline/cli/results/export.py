"""`tradegraph export`: runs as one portable file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["export"]


@click.command(cls=Leaf)
@click.argument("what", metavar="[GRAPH|RUN]", required=False, shell_complete=candidate.runs)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Where to.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["duckdb", "parquet"]),
    default="duckdb",
    show_default=True,
    help="One database, or a folder of Parquet files.",
)
@json_option
@pass_session
def export(session: Session, what: str | None, *, output: Path, form: str) -> None:
    """Export runs as one file of real tables.

    The latest run of GRAPH, or RUN with all its graphs; without any, the latest run of every graph. Every node's
    values, timings, metrics and failures are in it; it needs nothing of the project any more.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.console.document import echo_json
    from pipeline.cli.console.figure import counted, size
    from pipeline.cli.console.session import shown_path

    done = session.open_engine().export(output, what, form=cast("Literal['duckdb', 'parquet']", form))
    if session.json:
        echo_json(
            {
                "path": done.path,
                "bytes": done.bytes,
                "runs": [{"run_id": run.run_id, "graph": run.graph} for run in done.runs],
                "tables": [".".join(name) for name in done.tables],
                "missing": [".".join(name) for name in done.missing],
            }
        )
        return
    runs = ", ".join(f"{run.graph} ({run.run_id})" for run in done.runs[:5])
    more = f" and {len(done.runs) - 5} more" if len(done.runs) > 5 else ""
    click.echo(f"exported {runs}{more}")
    click.echo(f"{counted(len(done.tables), 'table')} of values, {size(done.bytes)}: {shown_path(done.path)}")
    if done.missing:
        names = ", ".join(".".join(name) for name in done.missing)
        click.echo(f"without a value, for they failed or are not stored: {names}")
