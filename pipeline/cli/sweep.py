"""`tradegraph sweep`: a graph for many choices of its params."""

from __future__ import annotations

import click

from pipeline.cli.guard import INTERRUPTED
from pipeline.cli.option import Given, Leaf, given_options, graph_argument, stream_option
from pipeline.cli.session import Session, pass_session

__all__ = ["sweep"]


@click.command(cls=Leaf)
@graph_argument
@given_options
@click.option("--where", metavar="SQL", default="", help="Try a cell only if this holds: slow >= 3 * fast.")
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="Try at most so many cells.")
@click.option(
    "--sampler",
    type=click.Choice(["grid", "random"]),
    default="grid",
    show_default=True,
    help="With --max: spread over the grid, or drawn by chance.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Which chance.")
@click.option("--objective", metavar="METRIC", help="What cells are ranked by.  [default: sharpe]")
@click.option("--least", is_flag=True, help="The smallest is the best.")
@click.option("--top", type=click.IntRange(min=0), default=10, show_default=True, help="How many cells to show.")
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Compute in N processes, not in this one.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would compute, and compute nothing.")
@click.option("--no-cache", is_flag=True, help="Compute everything, whatever is stored.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first node that fails.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
@stream_option
@pass_session
def sweep(
    session: Session,
    graph: str,
    *,
    given: Given,
    where: str,
    most: int | None,
    sampler: str,
    seed: int,
    objective: str | None,
    least: bool,
    top: int,
    workers: int,
    dry_run: bool,
    no_cache: bool,
    fail_fast: bool,
    quiet: bool,
    stream: bool,
) -> int:
    """Run a graph for many choices of its params, and rank them.

    What is tried stands in the file under `sweep:`, or here: `-p fast=8:24:4` is 8, 12, 16, 20, 24, and `-p
    slow=48,96` is two values; `--set node.param=…` takes the same. Whatever several cells need is computed once, and
    what a killed sweep has computed is not computed again. Its metrics are in SQL as GRAPH.sweep.
    """
    # heavy imports stand inside commands: see the docstring of this package
    from pipeline.cli import sweep_report
    from pipeline.cli.interrupt import Patience
    from pipeline.cli.many_progress import many_progress
    from pipeline.cli.target import find_graph
    from pipeline.runs.forecast import forecast
    from pipeline.runs.sweep import Search

    engine = session.open_engine()
    values, params, settings = _swept(given)
    search = Search(values, where, most, "random" if sampler == "random" else "grid", seed)
    fixed = Given(params, settings, given.bars).overrides()
    file = find_graph(graph, engine.project.root)
    if dry_run:
        cells, size = engine.cells(file, search, fixed)
        planned = engine.plan_sweep(cells, cache=not no_cache)
        sweep_report.outlook(cells, size, forecast(planned, engine.database), as_json=session.json)
        return 0
    with many_progress(quiet=quiet or session.json, stream=stream) as told, Patience(told) as patience:
        swept = engine.sweep(
            file, search, fixed, cache=not no_cache, fail_fast=fail_fast, workers=workers, progress=patience
        )
    ranking = sweep_report.Ranking.of(swept, objective, least=least)
    if session.json:
        sweep_report.document(swept, ranking, stream=stream)
    elif not quiet:
        sweep_report.summary(swept, ranking, top)
    sweep_report.failures(swept, graph, given)
    return INTERRUPTED if patience.pressed else swept.run.exit_status


def _swept(given: Given) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, str]]]:
    """What is swept, by param or `node.param`; and the params and settings of nodes that are the same everywhere."""
    params = {name: text for name, text in given.params.items() if not _several(text)}
    values = {name: text for name, text in given.params.items() if _several(text)}
    settings: dict[str, dict[str, str]] = {}
    for node, found in given.settings.items():
        for name, text in found.items():
            if _several(text):
                values[f"{node}.{name}"] = text
            else:
                settings.setdefault(node, {})[name] = text
    return values, params, settings


def _several(text: str) -> bool:
    return ":" in text or "," in text
