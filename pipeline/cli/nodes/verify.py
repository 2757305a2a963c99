"""`tradegraph nodes verify`: put node types through the laws."""

from __future__ import annotations

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["verify"]


@click.command(cls=Leaf)
@click.argument("types", metavar="[TYPE…]", nargs=-1, shell_complete=candidate.node_types)
@click.option("--whole", is_flag=True, help="Draw params from their whole range as well, not only their ends.")
@json_option
@pass_session
def verify(session: Session, types: tuple[str, ...], *, whole: bool) -> int:
    """Put node types through the laws.

    No look ahead, nothing missing after the warm-up, symbols and gaps that do no harm, every end of every param.
    The verdicts are stored in the table `certificates`. All types when none is named; `talib.*` names a group. Exit
    status 1 when a law is broken.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.nodes import laws_report

    return laws_report.verify(session.open_engine(), types, whole=whole, as_json=session.json)
