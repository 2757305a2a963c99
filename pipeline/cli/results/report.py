"""`tradegraph report`: a run as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["report"]


@click.command(cls=Leaf)
@click.argument("run", metavar="[RUN|GRAPH]", default="latest", shell_complete=candidate.runs)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to.  [default: reports/ in the project]",
)
@click.option("--graph", metavar="NAME", help="One graph of a batch.", shell_complete=candidate.graphs)
@click.option("--batch", is_flag=True, help="The page of many: what a sweep or a batch gets anyway.")
@click.option("--symbols", metavar="A,B", help="The symbols to chart.  [default: as many as a small file holds]")
@click.option("--open", "opens", is_flag=True, help="Open it in a browser.")
@json_option
@pass_session
def report(
    session: Session,
    run: str,
    *,
    output: Path | None,
    graph: str | None,
    batch: bool,
    symbols: str | None,
    opens: bool,
) -> None:
    """Write the report of a run, one HTML file that works offline.

    RUN is an id, the beginning of one, latest, latest~1 for the one before it, or a graph's name for its latest run.
    Figures, prices with entries and exits, trades, monthly returns, the graph with its times, and where every number
    comes from; of a sweep or a batch heat maps, a ranking, and how steady the best is.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.console.document import echo_json
    from pipeline.cli.console.figure import size
    from pipeline.cli.console.session import shown_path
    from pipeline.report.write import Wanted

    named = tuple(part.strip() for part in (symbols or "").split(",") if part.strip())
    path = session.open_engine().report(run, output, Wanted(graph, batch, named))
    if session.json:
        echo_json({"path": path, "bytes": path.stat().st_size})
    else:
        click.echo(f"report: {shown_path(path)} ({size(path.stat().st_size)})")
    if opens:
        click.launch(path.absolute().as_uri())
