"""`tradegraph serve`: the project over HTTP, for programs and for a browser on this machine."""

from __future__ import annotations

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["serve"]


@click.command(cls=Leaf)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8321, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--open", "open_", is_flag=True, help="Open it in a browser.")
@click.option("--read-only", is_flag=True, help="Answer questions and refuse every change.")
@json_option
@pass_session
def serve(session: Session, *, host: str, port: int, open_: bool, read_only: bool) -> int:
    """Serve the project over HTTP.

    The link that is printed has a token, new at each start: whoever has it may change graphs, install plugins and run
    code. Its page describes every route. Needs the extra `ui`. Ctrl-C ends it (130), and runs that go on store what
    they have.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.project import serve_report

    return serve_report.serve(session, host=host, port=port, browse=open_, read_only=read_only)
