"""`tradegraph sql`: questions to the published database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.errors import UsageError

__all__ = ["FORMATS", "sql"]

FORMATS = ("table", "csv", "json", "parquet")


@click.command(cls=Leaf)
@click.argument("query")
@click.option("--format", "-f", "form", type=click.Choice(FORMATS), help="[default: table, or what FILE's name says]")
@click.option("--output", "-o", metavar="FILE", type=click.Path(path_type=Path), help="Write the answer to a file.")
@click.option("--limit", default=40, show_default=True, type=click.IntRange(0), help="Rows of a table; 0 shows all.")
@json_option
@pass_session
def sql(session: Session, query: str, *, form: str | None, output: Path | None, limit: int) -> None:
    """Ask the project's results in SQL.

    QUERY is DuckDB's SQL, or - to read it from stdin.

    \b
    tradegraph sql "show all tables"
    tradegraph sql "select node, median(ms) from node_timings group by node"
    tradegraph sql "select * from ema_cross.fast where symbol = 'SPX' limit 5"
    """  # noqa: D301 - click needs the character itself
    text = sys.stdin.read() if query == "-" else query
    if not text.strip():
        raise UsageError("the query is empty", hint='Try: tradegraph sql "show all tables"')
    chosen = _form(form, output, as_json=session.json)
    if chosen == "parquet" and output is None and sys.stdout.isatty():
        raise UsageError("Parquet is nothing for a terminal", hint="Give --output FILE, or redirect it to a file.")
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.results import sql_report

    sql_report.write(session.open_database().sql(text), chosen, output, limit=limit)


def _form(form: str | None, output: Path | None, *, as_json: bool) -> str:
    if as_json:
        if form not in (None, "json"):
            raise UsageError(f"--json and --format {form} contradict each other", hint="Leave one of them out.")
        return "json"
    if form:
        return form
    suffix = output.suffix.lstrip(".") if output else ""
    return suffix if suffix in FORMATS else "table"
