"""The `tradegraph` command itself: its global options and the list of its commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from pipeline.cli.guard import PipeClosed, guarded
from pipeline.cli.lazy import LazyGroup
from pipeline.cli.session import PROJECT_VARIABLE, Session, pass_session

__all__ = ["COMMANDS", "app", "main", "version"]

COMMANDS = {
    "init": "pipeline.cli.init:init",
    "doctor": "pipeline.cli.doctor:doctor",
    "data": "pipeline.cli.data:data",
    "nodes": "pipeline.cli.nodes:nodes",
    "plugin": "pipeline.cli.plugin:plugin",
    "market": "pipeline.cli.market:market",
    "graph": "pipeline.cli.graph:graph",
    "check": "pipeline.cli.check:check",
    "plan": "pipeline.cli.plan:plan",
    "run": "pipeline.cli.run:run",
    "batch": "pipeline.cli.batch:batch",
    "sweep": "pipeline.cli.sweep:sweep",
    "watch": "pipeline.cli.watch:watch",
    "serve": "pipeline.cli.serve:serve",
    "backtest": "pipeline.cli.backtest:backtest",
    "sql": "pipeline.cli.sql:sql",
    "runs": "pipeline.cli.runs:runs",
    "cache": "pipeline.cli.cache:cache",
    "export": "pipeline.cli.export:export",
    "report": "pipeline.cli.report:report",
    "schema": "pipeline.cli.schema:schema",
    "explain": "pipeline.cli.explain:explain",
    "completion": "pipeline.cli.completion:completion",
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
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character gets another one, not a traceback
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    return int(app.main(args=args, prog_name="tradegraph", standalone_mode=False))


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    click.echo(f"tradegraph {version() or '(not installed: run from its source)'}")
    ctx.exit()


def version() -> str:
    """The version of the installed product, "" when it runs from its source."""
    # imported here because reading metadata costs as much as the rest of the start
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    try:
        return version_of("tradegraph")
    except PackageNotFoundError:
        return ""


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
