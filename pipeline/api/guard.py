"""What stands before every route: the door, the limit of bodies, and headers that keep a browser careful."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.api.access import Access
from pipeline.api.problem import answer, problem_of
from pipeline.errors import RequestError

__all__ = ["MOST_BYTES", "Guard"]

MOST_BYTES = 4 * 1024 * 1024
"""Of a body: a plugin file of 1 MiB as JSON text may be some times as long."""
_PATIENCE = 30.0
"""Seconds in which the next piece of a body must come."""

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}

_IN = """<!doctype html><html lang="en"><meta charset="utf-8"><title>tradegraph</title>
<meta http-equiv="refresh" content="0; url=/docs"><p>Opening <a href="/docs">tradegraph</a> …</p>"""
# the cookie is strict: after a redirect from another site a browser would not send it, after this page it does

_OUT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>tradegraph</title>
<h1>Locked</h1><p>Open the link that <code>tradegraph serve</code> printed when it started: it has the token of this
server. After a restart there is a new one.</p>"""


class Guard:
    """An ASGI application before another one."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        told = _Answer(send)
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, told)
            return
        await self._app(scope, _Body(scope, receive), told)

    def _refused(self, scope: Scope) -> Response | None:
        """The answer of the door, None when it opens."""
        method, path, headers = scope["method"], scope["path"], Headers(scope=scope)
        try:
            if method == "GET" and path == "/" and scope["query_string"]:
                self._access.check_place(method, path, headers)
                if self._access.admits(scope["query_string"]):
                    return self._let_in()
            self._access.check(method, path, headers)
        except RequestError as error:
            code = error.faults[0].code
            if code == "TG804" and "text/html" in headers.get("accept", ""):
                return HTMLResponse(_OUT, 401, {"WWW-Authenticate": "Bearer"})
            more = {"WWW-Authenticate": "Bearer"} if code == "TG804" else None
            return answer(problem_of(error, path), more)
        return None

    def _let_in(self) -> Response:
        cookie: SimpleCookie = SimpleCookie()
        name = self._access.cookie
        cookie[name] = self._access.pass_
        cookie[name]["httponly"] = True
        cookie[name]["samesite"] = "Strict"
        cookie[name]["path"] = "/"
        return HTMLResponse(_IN, headers={"set-cookie": cookie[name].OutputString()})


class _Body:
    """A body that is counted while it comes, whatever its header says."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._seen = 0
        self._complete = False
        said = Headers(scope=scope).get("content-length", "")
        self._said = int(said) if said.isdecimal() else 0

    async def __call__(self) -> Message:
        if self._complete:  # from here on it is asked whether the client is still there, and that may last
            return await self._receive()
        if self._said > MOST_BYTES:
            raise _too_large()
        try:
            message = await asyncio.wait_for(self._receive(), _PATIENCE)
        except TimeoutError as error:
            raise HTTPException(413, f"the body did not go on for {_PATIENCE:g} s") from error
        self._seen += len(message.get("body", b""))
        if self._seen > MOST_BYTES:
            raise _too_large()
        self._complete = not message.get("more_body", False)
        return message


class _Answer:
    """An answer with the headers that all of them have."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _too_large() -> HTTPException:
    return HTTPException(413, f"the body has more than {MOST_BYTES:,} bytes")
