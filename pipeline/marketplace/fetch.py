"""Getting files: from `file://`, `http://` or `https://`, with limits on how many bytes and how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.ngclient import FetcherInterface

from pipeline.errors import MarketplaceError

__all__ = ["Fetcher", "address_of"]

_CHUNK = 64 * 1024


class Fetcher(FetcherInterface):
    """Fetches a file in pieces. Who asks counts the bytes; here the seconds are counted, for servers that drip.

    `seconds` bound one file, however large it is; `clock` is what they are read from.
    """

    def __init__(self, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._pool: urllib3.PoolManager | None = None

    def _fetch(self, url: str) -> Iterator[bytes]:
        until = self._clock() + self._seconds
        try:
            for piece in self._file(url) if url.startswith("file://") else self._http(url):
                if self._clock() > until:
                    raise DownloadError(f"{url} was not there after {self._seconds:g} s")
                yield piece
        except urllib3.exceptions.MaxRetryError as error:
            raise DownloadError(f"{url}: {error.reason}") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise DownloadError(f"{url}: {error}") from error

    def _file(self, url: str) -> Iterator[bytes]:
        path = Path(unquote(urlsplit(url).path))
        if not path.is_file():
            raise DownloadHTTPError(f"{path} does not exist", 404)
        with path.open("rb") as file:
            while piece := file.read(_CHUNK):
                yield piece

    def _http(self, url: str) -> Iterator[bytes]:
        if self._pool is None:
            timeout = urllib3.Timeout(connect=10.0, read=20.0)
            self._pool = urllib3.PoolManager(
                timeout=timeout, retries=urllib3.Retry(None, connect=0, read=0, redirect=3, status=0, other=0)
            )
        # as it is, not unpacked: a small answer must not become a large one
        answer = self._pool.request("GET", url, preload_content=False, headers={"Accept-Encoding": "identity"})
        try:
            if answer.status >= 400:
                raise DownloadHTTPError(f"{url} was answered with status {answer.status}", answer.status)
            while piece := answer.read1(_CHUNK, decode_content=False):
                yield piece
        finally:
            answer.close()


def address_of(said: str) -> str:
    """The address of a marketplace: an URL as it is, a folder as `file://`. Raises MarketplaceError TG708."""
    scheme = urlsplit(said).scheme
    if scheme in ("http", "https", "file"):
        return said.rstrip("/")
    if scheme and not Path(said).exists():
        hint = "A folder, file://…, http://… or https://…"
        raise MarketplaceError(f"{said!r} is no address of a marketplace", code="TG708", hint=hint)
    return Path(said).absolute().as_uri()
