"""`tradegraph cache`: what is stored, and letting go of what nobody needs."""

from __future__ import annotations

import click

from pipeline.cli.console.lazy import LazyGroup
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["cache", "clear", "gc", "list_", "stats"]


@click.group(
    cls=LazyGroup,
    lazy={
        "list": "pipeline.cli.results.cache:list_",
        "stats": "pipeline.cli.results.cache:stats",
        "gc": "pipeline.cli.results.cache:gc",
        "clear": "pipeline.cli.results.cache:clear",
    },
)
def cache() -> None:
    """See what is stored, and let go of what no run needs."""


@click.command("list", cls=Leaf)
@click.option("--graph", metavar="NAME", help="Only values of this graph.")
@json_option
@pass_session
def list_(session: Session, *, graph: str | None) -> None:
    """List stored values by graph and node.

    How many there are, how many of them kept runs need, and their share of the files.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.results import cache_report

    cache_report.listing(session.open_engine().cache, graph=graph, as_json=session.json)


@click.command(cls=Leaf)
@json_option
@pass_session
def stats(session: Session) -> None:
    """Say how much is stored, and how much of it nobody needs."""
    from pipeline.cli.results import cache_report

    cache_report.stats(session.open_engine().cache, as_json=session.json)


@click.command(cls=Leaf)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@pass_session
def gc(session: Session, *, dry_run: bool) -> None:
    """Remove what no kept run needs.

    Values, leftovers of killed runs, compiled kernels of code that is gone, and shared kernels that no project has
    loaded for 30 days. What is kept for how long is set in
    plugin_config.json: project.store, keep_days, keep_bytes.
    """
    from pipeline.cli.results import cache_report

    cache_report.collected(session.open_engine().collect(dry_run=dry_run), dry_run=dry_run, as_json=session.json)


@click.command(cls=Leaf)
@json_option
@pass_session
def clear(session: Session) -> None:
    """Remove all values and the project's compiled kernels.

    Records of runs, their metrics and the tables of declared outputs stay, and kernels that projects share; what
    is asked for again is computed again.
    """
    from pipeline.cli.results import cache_report

    cache_report.collected(session.open_engine().cache.clear(), dry_run=False, as_json=session.json)
