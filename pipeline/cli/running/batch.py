"""`tradegraph batch`: many graphs as one plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.guard import INTERRUPTED
from pipeline.cli.console.option import Given, Leaf, given_options
from pipeline.cli.console.session import Session, pass_session
from pipeline.cli.running.campaign_option import How, campaign_options, split
from pipeline.errors import MarketError, UsageError, did_you_mean

if TYPE_CHECKING:
    from pipeline.engine import Engine
    from pipeline.runs.batch import Selected

__all__ = ["batch"]


@click.command(cls=Leaf)
@click.argument("graphs", nargs=-1, shell_complete=candidate.graphs)
@given_options
@click.option("--where", metavar="SQL", default="", help="Of a grid, try a cell only if this holds: slow >= 3 * fast.")
@click.option("--universe", metavar="NAME", help="Use the symbols of this universe of the project.")
@click.option("--resume", metavar="RUN", help="The graphs of an earlier run, as they were changed then.")
@campaign_options
@pass_session
def batch(
    session: Session,
    graphs: tuple[str, ...],
    *,
    given: Given,
    where: str,
    universe: str | None,
    resume: str | None,
    how: How,
) -> int:
    """Run many graphs as one plan.

    GRAPHS are files, names of graphs, or patterns in quotes: 'graphs/*.yaml'. Nodes that are equal in several graphs
    are computed once; declared outputs and metrics are stored. `-p` and `--set` change the graphs that have such a
    param or node; several values (`-p fast=8:24:4`) sweep these graphs. A graph with faults is left out and told of
    (exit status 1); --fail-fast refuses the batch.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.console.fault import report
    from pipeline.cli.running import batch_report
    from pipeline.cli.running.interrupt import Patience
    from pipeline.cli.running.progress import progress
    from pipeline.runs.forecast import forecast

    engine = session.open_engine()
    if universe is not None:
        given = _of_universe(engine, given, universe)
    selected = (
        _selected(engine, graphs, given, where, how)
        if resume is None
        else _resumed(engine, resume, how, nothing=not graphs and given == Given() and not where)
    )
    if selected.faults:
        report(selected.faults)
    left_out = 1 if selected.faults else 0
    if how.dry_run:
        planned = engine.plan_batch(selected, cache=not how.no_cache, store=how.policy)
        found = forecast(planned, engine.database)
        batch_report.outlook(selected, found, how.crew().prospect(found), as_json=session.json)
        return left_out
    quiet = how.quiet or session.json
    with progress(None, quiet=quiet, stream=how.stream) as told, Patience(told) as patience:
        done = engine.batch(selected, progress=patience, **how.run())
    batch_report.failures(done, selected)
    if session.json:
        batch_report.document(done, stream=how.stream)
    elif not how.quiet:
        batch_report.summary(done)
        how.echo_here(done.run)
    return INTERRUPTED if patience.pressed else done.run.exit_status or left_out


def _of_universe(engine: Engine, given: Given, name: str) -> Given:
    universes = engine.project.settings.project.universes
    if name not in universes:
        hint = did_you_mean(name, universes, otherwise="Name one under project.universes in plugin_config.json.")
        raise MarketError(f"the project has no universe {name!r}", code="TG311", hint=hint)
    if "symbols" in given.bars:
        raise UsageError("--universe and --symbols both say which symbols", hint="Leave one of them out.")
    return Given(given.params, given.settings, {**given.bars, "symbols": name})


def _selected(engine: Engine, graphs: Sequence[str], given: Given, where: str, how: How) -> Selected:
    from pipeline.runs.sweep import Search

    values, same = split(given)
    files = _files(graphs, engine.project.root)
    return engine.gather(
        files, same.overrides(), search=Search(values, where), keep_going=how.keep_going, store=how.policy
    )


def _resumed(engine: Engine, run: str, how: How, *, nothing: bool) -> Selected:
    from pipeline.cli.running.resumed import tell_edited
    from pipeline.runs.batch import joined, recorded

    if not nothing:
        raise UsageError("--resume takes the graphs and changes of that run", hint="Give nothing else with it.")
    found = recorded(engine.database, run)
    if len(found) == 1 and found[0].search is not None:
        raise UsageError(f"run {run} is a sweep", hint="tradegraph sweep --resume RUN goes on with it.")
    tell_edited(found)
    return joined(
        engine.gather([one.file], one.given, search=one.search, keep_going=False, store=how.policy) for one in found
    )


def _files(graphs: Sequence[str], root: Path) -> list[Path]:
    """The files of all patterns, names and paths, each once, in order."""
    from pipeline.cli.console.target import find_graphs

    if not any(graphs):
        raise UsageError("no graph is named", hint="Write tradegraph batch 'graphs/*.yaml'.")
    return list(dict.fromkeys(file for text in graphs for file in find_graphs(text, root)))
