"""The client: a marketplace as TUF lets a project see it, and what of it reviewers have approved.

TUF's own workflow does the work: roots in order, expiry, versions that never fall, digests and lengths. Beyond it, a
client that has never been here refuses metadata older than the root file that it began with, and everything counts
only where three parties agree: an author has signed a file, reviewers have approved its digest, and the operator says
that the id is theirs.
"""

from __future__ import annotations

import datetime as dt
import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tuf.api import exceptions as tuf
from tuf.api.metadata import DelegatedRole, Metadata, Root, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError
from tuf.ngclient import Updater, UpdaterConfig

from pipeline.errors import MarketplaceError
from pipeline.marketplace.catalogue import Catalogue, read_catalogue
from pipeline.marketplace.extra import Clock, issued_of
from pipeline.marketplace.fetch import Fetcher
from pipeline.marketplace.manifest import sha256
from pipeline.marketplace.place import REVIEWS

__all__ = ["Client", "find_root"]

_MOST_ROOTS = 256
_ROOT_BYTES = 512_000


class _Updater(Updater):
    """TUF's updater with the things that its public face lacks: somebody else's clock, and a role by its name."""

    def set_clock(self, at: dt.datetime) -> None:
        self._trusted_set.reference_time = at

    @property
    def timestamp(self) -> Timestamp:
        return self._trusted_set.timestamp

    @property
    def root(self) -> Root:
        return self._trusted_set.root

    def role(self, name: str, parent: str) -> Targets:
        return self._load_targets(name, parent)

    def has(self, name: str) -> bool:
        """False for a role that has signed nothing yet."""
        return f"{name}.json" in self._trusted_set.snapshot.meta


class Client:
    """A marketplace at `url`, trusted from the root file `root` on. What was seen is remembered in `cache`.

    `issued` and `version` are date and version of the newest timestamp that anybody of the project has seen. Every
    method raises MarketplaceError: TG701 not there, TG702 not signed, TG703 expired, TG704 older, TG705 not the file.
    """

    def __init__(
        self,
        url: str,
        cache: Path,
        root: bytes,
        *,
        clock: Clock,
        seen: tuple[str, int] = ("", 0),
        fetcher: Fetcher | None = None,
    ) -> None:
        self.url = url
        self._cache = cache
        self._bootstrap = root
        self._clock = clock
        self._seen = seen
        self._fetcher = fetcher or Fetcher()
        self._updater: _Updater | None = None

    def refresh(self) -> tuple[str, int]:
        """Get the newest metadata; gives date and version of the timestamp."""
        with refusals(self.url), self._alone():
            updater = self._open()
            updater.refresh()
        issued, version = issued_of(updater.timestamp), updater.timestamp.version
        began = issued_of(Metadata[Root].from_bytes(self._bootstrap).signed)
        for than, what in ((began, "the root file that trust began with"), (self._seen[0], "what was seen before")):
            if than and (not issued or dt.datetime.fromisoformat(issued) < dt.datetime.fromisoformat(than)):
                said = f"{self.url} serves metadata of {issued or 'no date'}, {what} is of {than}"
                raise MarketplaceError(said, code="TG704", hint="Somebody may be serving old ones, or a mirror lags.")
        if version < self._seen[1]:
            said = f"{self.url} serves timestamp {version}, {self._seen[1]} was seen before"
            raise MarketplaceError(said, code="TG704", hint="Somebody may be serving old ones, or a mirror lags.")
        self._updater = updater
        return issued, version

    def catalogue(self) -> Catalogue:
        """All that is approved, withdrawn or not, and what of the metadata had to be left aside."""
        updater, problems, lists = self._opened(), [], {}
        with refusals(self.url), self._alone():
            targets = updater.role(Targets.type, Root.type)
            reviews = updater.role(REVIEWS, Targets.type)
        for author in (name for name in _delegations(targets) if name != REVIEWS and updater.has(name)):
            try:
                with refusals(self.url), self._alone():
                    lists[author] = updater.role(author, Targets.type)
            except MarketplaceError as error:
                if error.faults[0].code == "TG701":
                    raise
                problems.append(f"the list of {author!r} is left aside: {error.faults[0].message}")
        with refusals(self.url):
            return read_catalogue(targets, reviews, lists, tuple(problems), updater.timestamp)

    def fetch(self, path: str, sha256_: str = "") -> bytes:
        """A file, which is the signed one, and the one with this digest where one is given."""
        updater, place = self._opened(), self._cache / "download"
        with refusals(self.url), self._alone():
            target = updater.get_targetinfo(path)
            if target is None:
                raise MarketplaceError(f"{self.url} has no {path}", code="TG701")
            _check_digest(path, target, sha256_)
            updater.download_target(target, str(place))
            data = place.read_bytes()
            place.unlink()
        return data

    def paths(self) -> dict[str, TargetFile]:
        """Every file that somebody who may has signed, by its path."""
        updater = self._opened()
        found: dict[str, TargetFile] = {}
        for name, role in _delegations(updater.role(Targets.type, Root.type)).items():
            try:
                with self._alone():
                    signed = updater.role(name, Targets.type)
            except (tuf.RepositoryError, tuf.DownloadError):
                continue  # `catalogue` says why
            found |= {path: target for path, target in signed.targets.items() if role.is_delegated_path(path)}
        return found

    @property
    def root(self) -> Root:
        """The newest root."""
        return self._opened().root

    def _opened(self) -> _Updater:
        if self._updater is None:
            self.refresh()
        assert self._updater is not None
        return self._updater

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others from the cache meanwhile: TUF's updater is made for one at a time."""
        self._cache.mkdir(parents=True, exist_ok=True)
        with (self._cache / "mutex").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _open(self) -> _Updater:
        updater = _Updater(
            str(self._cache),
            f"{self.url}/metadata",
            str(self._cache),
            f"{self.url}/files",
            self._fetcher,
            UpdaterConfig(prefix_targets_with_hash=False),
            bootstrap=self._bootstrap,
        )
        updater.set_clock(self._clock())
        return updater


def find_root(url: str, digest: str, fetcher: Fetcher | None = None) -> bytes:
    """The root file of a marketplace that has this SHA-256. Raises MarketplaceError TG701, TG706."""
    wanted, fetcher = digest.removeprefix("sha256:").lower(), fetcher or Fetcher()
    if len(wanted) != 64 or set(wanted) - set("0123456789abcdef"):
        hint = "64 letters; `tradegraph market init` and `rotate` print it."
        raise MarketplaceError(f"{digest!r} is no SHA-256", code="TG706", hint=hint)
    version = 0
    for version in range(1, _MOST_ROOTS + 1):
        try:
            with refusals(url):
                data = fetcher.download_bytes(f"{url}/metadata/{version}.root.json", _ROOT_BYTES)
        except MarketplaceError:
            if version == 1:
                raise
            break
        if sha256(data) == wanted:
            return data
    hint = "Get the digest again from somebody whom you trust."
    raise MarketplaceError(
        f"none of the {version - 1 or 1} root files of {url} has the digest {wanted}", code="TG706", hint=hint
    )


@contextmanager
def refusals(url: str) -> Iterator[None]:
    """Say what TUF refuses in words of ours."""
    try:
        yield
    except tuf.ExpiredMetadataError as error:
        hint = "Its operator must sign anew: `tradegraph market renew`. If that was done, somebody keeps it from you."
        raise MarketplaceError(f"{url}: {_plain(error)}", code="TG703", hint=hint) from error
    except (tuf.BadVersionNumberError, tuf.EqualVersionNumberError) as error:
        raise MarketplaceError(f"{url} serves something older than before: {_plain(error)}", code="TG704") from error
    except (tuf.LengthOrHashMismatchError, tuf.DownloadLengthMismatchError) as error:
        raise MarketplaceError(
            f"{url} serves a file that is not the signed one: {_plain(error)}", code="TG705"
        ) from error
    except tuf.DownloadError as error:
        said = f"{url} cannot be reached: {_plain(error)}"
        raise MarketplaceError(said, code="TG701", hint="Is the address right?") from error
    except (tuf.RepositoryError, DeserializationError) as error:
        missing = "is missing info" in str(error)
        code = "TG704" if missing else "TG702"
        raise MarketplaceError(f"{url} serves metadata that cannot be trusted: {_plain(error)}", code=code) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise MarketplaceError(f"{url} serves metadata that are malformed: {_plain(error)}", code="TG702") from error


def _delegations(targets: Targets) -> Mapping[str, DelegatedRole]:
    return (targets.delegations.roles if targets.delegations else None) or {}


def _check_digest(path: str, target: TargetFile, wanted: str) -> None:
    if wanted and target.hashes.get("sha256") != wanted:
        said = f"{path} was signed by its author with another digest than reviewers have approved"
        raise MarketplaceError(said, code="TG705", hint="Do not install it; tell the operator.")


def _plain(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
