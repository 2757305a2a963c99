"""`tradegraph sweep`: a graph for many choices of its params."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.guard import INTERRUPTED
from pipeline.cli.console.option import Given, Leaf, given_options
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.running.campaign_option import How, campaign_options, split
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.engine import Engine, Overrides
    from pipeline.graph.sweep import Sampler
    from pipeline.runs.sweep import Search

__all__ = ["sweep"]


@click.command(cls=Leaf)
@click.argument("graph", required=False, shell_complete=candidate.graphs)
@given_options
@click.option("--where", metavar="SQL", default="", help="Try a cell only if this holds: slow >= 3 * fast.")
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="Try at most so many cells.")
@click.option(
    "--sampler",
    type=click.Choice(["grid", "random", "optuna"]),
    default="grid",
    show_default=True,
    help="With --max: spread over the grid, drawn by chance, or chosen by what the ones before gave.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Which chance.")
@click.option("--objective", metavar="METRIC", help="What cells are ranked, and chosen, by.  [default: sharpe]")
@click.option("--least", is_flag=True, help="The smallest is the best.")
@click.option("--top", type=click.IntRange(min=0), default=10, show_default=True, help="How many cells to show.")
@click.option("--resume", metavar="RUN", help="The sweep of an earlier run, as it was asked for then.")
@campaign_options
@pass_session
def sweep(
    session: Session,
    graph: str | None,
    *,
    given: Given,
    where: str,
    most: int | None,
    sampler: str,
    seed: int,
    objective: str | None,
    least: bool,
    top: int,
    resume: str | None,
    how: How,
) -> int:
    """Run a graph for many choices of its params, and rank them.

    What is tried stands in the file under `sweep:`, or here: `-p fast=8:24:4` is 8, 12, 16, 20, 24, and `-p
    slow=48,96` is two values; `--set node.param=…` takes the same. Whatever several cells need is computed once, and
    what a killed sweep has computed is not computed again. Its metrics are in SQL as GRAPH.sweep.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.console.target import find_graph
    from pipeline.cli.running import sweep_report
    from pipeline.cli.running.interrupt import Patience
    from pipeline.cli.running.progress import progress
    from pipeline.runs.batch import Selected
    from pipeline.runs.campaign import chosen
    from pipeline.runs.forecast import forecast
    from pipeline.runs.sweep import Search

    engine = session.open_engine()
    values, same = split(given)
    search = Search(values, where, most, cast("Sampler", sampler), seed, objective or "sharpe", least)
    if (graph is None) == (resume is None):
        raise UsageError("what is swept is a graph, or with --resume an earlier sweep", hint="Name one of the two.")
    if resume is not None:
        same_search = search == replace(Search(), objective=search.objective, least=least)
        file, fixed, search = _resumed(engine, resume, nothing=given == Given() and same_search)
        objective = objective or (search.objective if search.objective != Search.objective else None)
        search = replace(search, least=search.least or least)
        graph, given = (
            str(file),
            Given(dict(fixed.params), {node: dict(found) for node, found in fixed.settings.items()}, dict(fixed.bars)),
        )
    else:
        file, fixed = find_graph(graph or "", engine.project.root), same.overrides()
    if how.dry_run:
        prepared = engine.allowed(file, search, fixed, store=how.policy)
        cells = chosen(prepared, search)
        planned = engine.plan_batch(Selected((), swept=(cells,)), cache=not how.no_cache, store=how.policy)
        found = forecast(planned, engine.database)
        sweep_report.outlook(cells, prepared, found, how.crew().prospect(found), as_json=session.json)
        return 0
    quiet = how.quiet or session.json
    with progress(None, quiet=quiet, stream=how.stream) as told, Patience(told) as patience:
        swept = engine.sweep(file, search, fixed, progress=patience, **how.run())
    sweep_report.failures(swept, str(graph), given)
    ranking = sweep_report.Ranking.of(swept, objective, least=search.least)
    if session.json:
        sweep_report.document(swept, ranking, stream=how.stream)
    elif not how.quiet:
        sweep_report.summary(swept, ranking, top)
        how.echo_here(swept.run)
    return INTERRUPTED if patience.pressed else swept.run.exit_status


def _resumed(engine: Engine, run: str, *, nothing: bool) -> tuple[Path, Overrides, Search]:
    from pipeline.cli.running.resumed import tell_edited
    from pipeline.runs.batch import recorded

    if not nothing:
        raise UsageError("--resume takes the graph and changes of that run", hint="Give nothing else with it.")
    found = recorded(engine.database, run)
    if len(found) != 1 or found[0].search is None:
        raise UsageError(f"run {run} is no sweep", hint="tradegraph batch --resume RUN goes on with a batch.")
    tell_edited(found)
    return found[0].file, found[0].given, found[0].search
