"""`tradegraph runs replay`: a failed call, made again."""

from __future__ import annotations

import faulthandler

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session
from pipeline.errors import UsageError

__all__ = ["replay"]


@click.command(cls=Leaf)
@click.argument("run", metavar="RUN", shell_complete=candidate.runs)
@click.argument("node", metavar="NODE")
@click.option("--symbol", metavar="S", help="Only the rows of this symbol.")
@click.option("--pdb", "debugger", is_flag=True, help="Open Python's debugger where it fails.")
@json_option
@pass_session
def replay(session: Session, run: str, node: str, *, symbol: str | None, debugger: bool) -> int:
    """Make the failed call of a node again.

    What a failed node was called with is kept with its run. This calls the node type as it is now with just
    that: nodes that ship here and without a timeout, plugins in a worker, with --pdb here too. NODE is a node, or
    graph.node. The exit status is 1 when it fails again.
    """
    if debugger and session.json:
        raise UsageError("--pdb and --json do not go together", hint="Leave one of them out.")
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.results import replay_report

    engine = session.open_engine()
    kept = engine.failed_call(run, node, symbol)
    replay_report.warning(kept, apart=not debugger and engine.runs_apart(kept))
    # a call that crashes the process says at which line
    if not faulthandler.is_enabled():
        faulthandler.enable(2)
    try:
        found = engine.replay(run, node, symbol, here=debugger)
    except KeyboardInterrupt as interrupt:
        replay_report.interrupted(interrupt)
        raise
    if session.json:
        replay_report.document(found)
    else:
        replay_report.summary(found, engine.failures)
    if debugger and found.error is not None:
        import pdb  # noqa: T100 - what was asked for

        from pipeline.execution.replay import author_traceback

        pdb.post_mortem(author_traceback(found.error))
    return 1 if found.raised else 0
