"""What `tradegraph serve` says: where it listens, what that means, and that it ends."""

from __future__ import annotations

import getpass
import json
import sys
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from pipeline.cli.console.fault import tell
from pipeline.cli.console.guard import INTERRUPTED
from pipeline.cli.console.session import Session
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.api.server import Server

__all__ = ["serve"]


def serve(session: Session, *, host: str, port: int, browse: bool, read_only: bool) -> int:
    """Serve until Ctrl-C, and give the exit status.

    Raises UsageError when the extra is missing or the address cannot be had.
    """
    try:
        from pipeline.api.server import Server, listen, warning_of
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("fastapi", "uvicorn", "starlette"):
            raise
        hint = "Install them: pip install 'tradegraph[ui]'"
        raise UsageError(f"the API needs {error.name}, which is not installed", hint=hint) from error
    project = session.open_project()
    listening = listen(host, port)
    server = Server(project.root, listening, read_only=read_only)
    if warning := warning_of(host, getpass.getuser()):
        tell(f"{click.style('warning', fg='yellow', bold=True)} {warning}")

    def ready(_: object) -> None:
        if session.json:
            _document(server)
        else:
            _say(server)
        if browse:
            webbrowser.open(server.link)

    with suppress(KeyboardInterrupt):  # told again by uvicorn, when everything has ended
        server.serve_until_stopped(ready)
    tell("ended")
    return INTERRUPTED


def _say(server: Server) -> None:
    root = server.served.engine.project.root
    only = ", read-only" if server.access.read_only else ""
    click.echo(f"serving {root}{only}; Ctrl-C ends it\n")
    click.echo(f"  {click.style(server.link, bold=True)}\n")
    click.echo(f"  curl -H 'Authorization: Bearer {server.access.token}' {server.listening.address}/api/system")
    sys.stdout.flush()


def _document(server: Server) -> None:
    """One line, at once: whoever started it waits for it."""
    said = {
        "address": server.listening.address,
        "host": server.listening.host,
        "port": server.listening.port,
        "link": server.link,
        "token": server.access.token,
        "read_only": server.access.read_only,
    }
    click.echo(json.dumps(said))
    sys.stdout.flush()
