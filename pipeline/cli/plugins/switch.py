"""`tradegraph plugin disable` and `enable`: plugins that stay where they are and are not run."""

from __future__ import annotations

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["disable", "enable"]


@click.command(cls=Leaf)
@click.argument("plugin_id", metavar="ID", shell_complete=candidate.node_types)
@json_option
@pass_session
def disable(session: Session, plugin_id: str) -> None:
    """Switch a plugin off.

    Its file stays and is not run any more; graphs that use it cannot run (TG820). `disabled_plugins` of
    plugin_config.json lists what is off.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.plugins import report

    report.switched(session.open_engine(), plugin_id, on=False, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("plugin_id", metavar="ID", shell_complete=candidate.node_types)
@json_option
@pass_session
def enable(session: Session, plugin_id: str) -> None:
    """Switch a plugin on again."""
    from pipeline.cli.plugins import report

    report.switched(session.open_engine(), plugin_id, on=True, as_json=session.json)
