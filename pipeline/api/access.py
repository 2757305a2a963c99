"""Who may do what: the token, the names that the server goes by, and whether anything may change.

A page of another site that is open in the same browser can send requests here. It cannot read this server's token, so
it has neither the header nor, as the cookie is strict, the cookie; and what it sends names its own origin. A page whose
name was made to resolve to this machine afterwards (DNS rebinding) sends that name as `Host`.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers

from pipeline.api.problem import refusal

__all__ = ["QUESTIONS", "Access", "is_loopback"]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
QUESTIONS = frozenset({"/api/sql", "/api/graphs/validate", "/api/graphs/complete", "/api/graphs/plan"})
"""What is asked with POST, because the question has a body, and changes nothing."""


def is_loopback(host: str) -> bool:
    """True for names of this machine that no other machine can reach."""
    if host in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Access:
    """What a server asks of requests. `host` is the name or address that it listens on, `port` tells cookies apart."""

    host: str = "127.0.0.1"
    port: int = 0
    read_only: bool = False
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def cookie(self) -> str:
        """The name of the cookie: servers on several ports share a browser's cookies."""
        return f"tradegraph-{self.port}"

    @property
    def pass_(self) -> str:
        """What the cookie holds. It cannot be used as the token."""
        return hmac.new(self.token.encode(), b"cookie", hashlib.sha256).hexdigest()

    def is_token(self, given: str) -> bool:
        """True for the token; takes as long for any other text of its length."""
        return hmac.compare_digest(given.encode(errors="replace"), self.token.encode())

    def link(self, address: str) -> str:
        """The address that lets a browser in."""
        return f"{address}/?token={self.token}"

    def admits(self, query: bytes) -> bool:
        """True when the query of a link has the token."""
        return any(map(self.is_token, parse_qs(query.decode("latin-1")).get("token", ())))

    def check(self, method: str, path: str, headers: Headers) -> None:
        """Raise RequestError TG804, TG805 or TG806 for a request that must not be answered."""
        self.check_place(method, path, headers)
        if not self._is_known(method, headers):
            raise refusal(
                "TG804",
                "this request has no token, or a wrong one",
                hint="Open the link that `tradegraph serve` printed, or send `Authorization: Bearer TOKEN`.",
            )
        if self.read_only and method not in _SAFE and path not in QUESTIONS:
            raise refusal("TG806", "this server changes nothing", hint="Start it without --read-only.")

    def check_place(self, method: str, path: str, headers: Headers) -> None:
        """Raise RequestError TG805 for a request that was sent to another name, or by a page of another site."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            told = hosts[0] if hosts else "no name"
            raise refusal("TG805", f"the request was sent to {told!r}", hint="Use the address that was printed.")
        for origin in headers.getlist("origin"):
            if not _same(origin, hosts[0]):
                raise refusal("TG805", f"the request comes from a page of {origin!r}")
        site = headers.get("sec-fetch-site", "none")
        # to follow a link to a page is no harm: its text is not for the page that has the link
        followed = headers.get("sec-fetch-mode") == "navigate" and method == "GET" and not path.startswith("/api")
        if site not in ("same-origin", "none") and not followed:
            raise refusal("TG805", f"the request comes from a page of another site ({site})")

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in LOOPBACK or name == self.host.lower():
            return True
        if is_loopback(self.host):
            return False
        try:  # reached by an address of the machine: only names can be made to resolve to it
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _is_known(self, method: str, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.is_token(given.strip())
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        found = cookies.get(self.cookie)
        if found is None or not hmac.compare_digest(found.value.encode(), self.pass_.encode()):
            return False
        # every browser that knows strict cookies says where a change comes from
        return method in _SAFE or "origin" in headers or "sec-fetch-site" in headers


def _same(origin: str, host: str) -> bool:
    """True when a page of `origin` was loaded from the server that is called `host`."""
    scheme, _, name = origin.partition("://")
    return scheme in ("http", "https") and name.lower() == host.lower()
