"""The server: a socket, the application, and an end without loss."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from pipeline.api.access import Access, is_loopback
from pipeline.api.app import guarded
from pipeline.api.served import Served
from pipeline.errors import UsageError

__all__ = ["Listening", "Server", "listen", "warning_of"]

_AT_ONCE = 256
"""Requests that are answered at once; more are told to come later."""


class Listening:
    """A socket that is bound, and the address that it has: port 0 has become one that was free."""

    def __init__(self, bound: socket.socket, host: str) -> None:
        self.socket = bound
        self.host = host
        self.port: int = bound.getsockname()[1]

    @property
    def address(self) -> str:
        """What a browser on this machine opens."""
        name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - it is compared, not bound
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}"


class Server(uvicorn.Server):
    """A server of one project."""

    def __init__(self, root: Path, listening: Listening, *, read_only: bool = False) -> None:
        """Open the project at `root`. Raises SettingsError."""
        self.listening = listening
        self.access = Access(listening.host, listening.port, read_only)
        app, self.served = guarded(root, self.access)
        self._bound = listening.socket
        self._ready: Callable[[Served], None] = lambda _: None
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=15,
            proxy_headers=False,
            ws="none",
        )
        super().__init__(config)
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)

    @property
    def link(self) -> str:
        """The address with the token, for a browser."""
        return self.access.link(self.listening.address)

    def serve_until_stopped(self, ready: Callable[[Served], None]) -> None:
        """Serve until SIGINT or SIGTERM; `ready` is called when requests are answered."""
        self._ready = ready
        self.run(sockets=[self._bound])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._ready(self.served)
            self._warming = asyncio.create_task(self._warm())

    async def _warm(self) -> None:
        """Load the plugins and start a process for tasks, so that who comes first waits for neither."""
        if not self.access.read_only:
            await self.served.tasks.warm()
        await asyncio.to_thread(lambda: self.served.engine.registry)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: tasks store what they have, so that streams of their events end, then connections are closed."""
        await self.served.tasks.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> Listening:
    """Bind a socket. Raises UsageError when the address cannot be had."""
    bound = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        if bound is not None:
            bound.close()
        said = getattr(error, "strerror", None) or str(error)
        hint = "`--port 0` takes any free one." if port else ""
        raise UsageError(f"cannot listen on {host} port {port}: {said.lower()}", hint=hint) from error
    return Listening(bound, host)


def warning_of(host: str, user: str) -> str:
    """What it means to listen on an address that others can reach, "" when they cannot."""
    if is_loopback(host):
        return ""
    return (
        f"listening on {host}: other machines can reach it. Whoever has the link can run any code here with the rights "
        f"of {user}, and what is sent is not encrypted, the token included. Prefer 127.0.0.1 and a tunnel: "
        "ssh -L 8321:127.0.0.1:8321 HOST"
    )
