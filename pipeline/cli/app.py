"""The `tradegraph` command itself: its global options and the list of its commands."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from pipeline.cli.console.guard import PipeClosed, guarded
from pipeline.cli.console.lazy import LazyGroup
from pipeline.cli.console.session import PROJECT_VARIABLE, Session, pass_session
from pipeline.version import product_version

__all__ = ["COMMANDS", "app", "main"]

COMMANDS = {
    "init": "pipeline.cli.project.init:init",
    "doctor": "pipeline.cli.project.doctor:doctor",
    "data": "pipeline.cli.data.group:data",
    "nodes": "pipeline.cli.nodes.group:nodes",
    "plugin": "pipeline.cli.plugins.group:plugin",
    "market": "pipeline.cli.market.group:market",
    "graph": "pipeline.cli.graphs.group:graph",
    "check": "pipeline.cli.graphs.check:check",
    "plan": "pipeline.cli.graphs.plan:plan",
    "run": "pipeline.cli.running.run:run",
    "batch": "pipeline.cli.running.batch:batch",
    "sweep": "pipeline.cli.running.sweep:sweep",
    "watch": "pipeline.cli.running.watch:watch",
    "serve": "pipeline.cli.project.serve:serve",
    "backtest": "pipeline.cli.running.backtest:backtest",
    "sql": "pipeline.cli.results.sql:sql",
    "runs": "pipeline.cli.results.runs:runs",
    "cache": "pipeline.cli.results.cache:cache",
    "export": "pipeline.cli.results.export:export",
    "report": "pipeline.cli.results.report:report",
    "schema": "pipeline.cli.graphs.schema:schema",
    "explain": "pipeline.cli.console.explain:explain",
    "completion": "pipeline.cli.console.completion:completion",
}


class Application(LazyGroup):
    """The root group. Every failure of a command goes through `guarded`, in tests too."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run a command and give its exit status, or end the process with it when `standalone_mode`."""
        session = extra.setdefault("obj", Session())
        plain: Any = super().main
        status = guarded(lambda: plain(*args, standalone_mode=False, **extra), session)
        if standalone_mode:
            sys.exit(status)
        return status

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read what was typed, and help who asks. Raises PipeClosed."""
        with _readers():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Raises PipeClosed."""
        with _readers():
            return super().invoke(ctx)


@contextmanager
def _readers() -> Iterator[None]:
    """Take it from click that nobody reads stdout any more: it would end the process with status 1, a failed node's."""
    try:
        yield
    except BrokenPipeError as error:
        raise PipeClosed from error


def main(args: Sequence[str] | None = None) -> int:
    """Run the command with `args` (those of the process when None) and give its exit status."""
    alone = args is None
    if alone:
        # imports make a million objects and no garbage: to look for it took a tenth of a start
        gc.set_threshold(50_000, 20, 100)
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character gets another one, not a traceback
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    status = int(app.main(args=args, prog_name="tradegraph", standalone_mode=False))
    if alone:
        gc.freeze()  # the process ends, and would look through all of them once more
    return status


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    click.echo(f"tradegraph {product_version() or '(not installed: run from its source)'}")
    ctx.exit()


@click.group(
    cls=Application,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with:  tradegraph init my-project",
)
@click.option(
    "--project",
    type=click.Path(path_type=Path),
    envvar=PROJECT_VARIABLE,
    metavar="DIR",
    help=f"The project to work on.  [default: ${PROJECT_VARIABLE}, else this folder or the nearest one above it]",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show it.")
@pass_session
def app(session: Session, project: Path | None, debug: bool) -> None:
    """Trading strategies as YAML graphs of typed nodes: ordered, cached, timed, and answered for in SQL."""
    session.project = project
    session.debug = debug
    if os.environ.get("NO_COLOR"):
        click.get_current_context().color = False
