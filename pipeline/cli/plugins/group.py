"""`tradegraph plugin`: the plugins of a project, looked at, made, tried, installed and signed."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.lazy import LazyGroup
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["info", "install", "list_", "new", "plugin", "reload", "remove"]


@click.group(
    cls=LazyGroup,
    lazy={
        "list": "pipeline.cli.plugins.group:list_",
        "info": "pipeline.cli.plugins.group:info",
        "new": "pipeline.cli.plugins.group:new",
        "test": "pipeline.cli.plugins.trial:test",
        "profile": "pipeline.cli.plugins.trial:profile",
        "install": "pipeline.cli.plugins.group:install",
        "remove": "pipeline.cli.plugins.group:remove",
        "disable": "pipeline.cli.plugins.switch:disable",
        "enable": "pipeline.cli.plugins.switch:enable",
        "reload": "pipeline.cli.plugins.group:reload",
        "sign": "pipeline.cli.plugins.signature:sign",
        "verify": "pipeline.cli.plugins.signature:verify",
        "audit": "pipeline.cli.plugins.audit:audit",
    },
)
def plugin() -> None:
    """Look at plugins; make, try, install and sign them."""


@click.command("list", cls=Leaf)
@json_option
@pass_session
def list_(session: Session) -> None:
    """List the project's plugins, and the files that were refused.

    A refused file is told with its line, the reason and a hint; the same stands in logs/plugin_system.log and in the
    tables `plugin_events` and, for each run, `plugins`.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.plugins import report

    report.listing(session.open_engine(), as_json=session.json)


@click.command(cls=Leaf)
@click.argument("plugin_id", metavar="ID", shell_complete=candidate.node_types)
@json_option
@pass_session
def info(session: Session, plugin_id: str) -> None:
    """Show what a plugin says of itself.

    Metadata, params, requirements, signature, the file, and how long its calls took.
    """
    from pipeline.cli.plugins import report

    report.page(session.open_engine(), plugin_id, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("kind", type=click.Choice(["strategy", "indicator"]))
@click.argument("name")
@json_option
@pass_session
def new(session: Session, kind: str, name: str) -> None:
    """Write a plugin to begin with.

    It works as it is, and has a page and a unit test beside it. NAME is as people say it: "Fast Trend".
    """
    from pipeline.cli.plugins import report

    report.made(session.open_engine(), kind, name, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Take the place of a file of the same name.")
@json_option
@pass_session
def install(session: Session, file: Path, *, replace: bool) -> None:
    """Copy a plugin file into the project.

    It is admitted first: a file that would be refused is not copied. Its signature comes along.
    """
    from pipeline.cli.plugins import report

    report.installed(session.open_engine(), file, replace=replace, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("plugin_id", metavar="ID", shell_complete=candidate.node_types)
@json_option
@pass_session
def remove(session: Session, plugin_id: str) -> None:
    """Delete the file of a plugin, and its signature."""
    from pipeline.cli.plugins import report

    report.removed(session.open_engine(), plugin_id, as_json=session.json)


@click.command(cls=Leaf)
@json_option
@pass_session
def reload(session: Session) -> None:
    """Look at all plugin files anew, and list them.

    Verdicts that are kept of unchanged code are found out again. Every command loads what changed by itself; an
    engine that runs on does so with auto_reload.
    """
    from pipeline.cli.plugins import report

    engine = session.open_engine()
    engine.plugins.forget()
    report.listing(engine, as_json=session.json)
