"""An author's list: the digests of their files, signed by them, on its way into the marketplace.

What an author has signed last lies in `submissions/AUTHOR/list.json`, until somebody with the marketplace's keys takes
it in. A list only ever grows: a file that was published stays as it is, or the list is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, TargetFile, Targets
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from pipeline.errors import MarketplaceError
from pipeline.marketplace.extra import Clock, custom_of
from pipeline.marketplace.key import Signers
from pipeline.marketplace.place import Part, Ref, author_paths
from pipeline.marketplace.scribe import Scribe
from pipeline.marketplace.shelf import Shelf, write_whole

__all__ = ["AuthorList", "take_in"]


class AuthorList:
    """What an author is about to sign: what they signed last, and changes."""

    def __init__(self, shelf: Shelf, outbox: Path, author: str, targets: Targets, metadata: Metadata[Targets]) -> None:
        self._shelf, self._outbox, self._author = shelf, outbox, author
        self._targets = targets
        self._metadata = metadata

    @classmethod
    def open(cls, shelf: Shelf, waiting: Path, author: str, targets: Targets) -> AuthorList:
        """What the author signed last: what waits, else what is published, else nothing yet."""
        outbox = waiting / author / "list.json"
        known = _published(shelf, author)
        waits = _waiting(outbox, author, targets)
        newest = max((found for found in (known, waits) if found), key=lambda found: found.signed.version, default=None)
        if newest is None:
            newest = Metadata(Targets())
            newest.signed.version = 0
        return cls(shelf, outbox, author, targets, newest)

    @staticmethod
    def unverified(shelf: Shelf, author: str) -> Targets | None:
        """What the snapshot has of an author whose key was changed since: to be signed anew, not to be trusted."""
        found = _published(shelf, author)
        return found.signed if found else None

    def add(self, ref: Ref, data: Mapping[Part, bytes]) -> None:
        """Put the files of a version on it."""
        for part, content in data.items():
            path = ref.path(part)
            self._metadata.signed.targets[path] = TargetFile.from_data(path, content, ["sha256"])

    def yank(self, ref: Ref, reason: str) -> None:
        """Advise against a version. Raises MarketplaceError TG709."""
        target = self._metadata.signed.targets.get(ref.path("plugin"))
        if target is None:
            raise MarketplaceError(f"{self._author} has published no {ref.stem}", code="TG709")
        target.unrecognized_fields["custom"] = {**custom_of(target), "yanked": reason}

    def sign(self, signers: Signers, root: Root, clock: Clock) -> None:
        """Sign it and leave it where it is taken in. Raises MarketplaceError TG717."""
        Scribe(self._shelf, signers, clock).sign(self._author, self._metadata, self._targets, root)
        write_whole(self._outbox, self._metadata.to_bytes(JSONSerializer(compact=True)))


def take_in(shelf: Shelf, waiting: Path, authors: Iterable[str]) -> dict[str, Metadata[Targets]]:
    """The lists that wait and are newer than what is published, by author. Raises MarketplaceError TG702, TG710."""
    targets, found = shelf.targets().signed, {}
    for author in authors:
        waits = _waiting(waiting / author / "list.json", author, targets)
        known = _published(shelf, author)
        if waits is None or (known is not None and waits.signed.version <= known.signed.version):
            continue
        _check(author, waits.signed, known.signed if known else None)
        found[author] = waits
    return found


def _check(author: str, new: Targets, old: Targets | None) -> None:
    role_paths = author_paths(author)
    for path in new.targets:
        if path.rpartition("/")[0] != author:
            said = f"the list of {author!r} names {path!r}, which lies outside of {role_paths[0]}"
            raise MarketplaceError(said, code="TG710")
    if new.delegations is not None:
        raise MarketplaceError(f"the list of {author!r} delegates to others", code="TG710")
    for path, target in (old.targets if old else {}).items():
        kept = new.targets.get(path)
        if kept is None or kept.hashes != target.hashes or kept.length != target.length:
            said = f"the list of {author!r} has changed or lost {path!r}, which is published"
            raise MarketplaceError(said, code="TG705", hint="What is published stays as it is: yank it.")


def _published(shelf: Shelf, author: str) -> Metadata[Targets] | None:
    meta = shelf.snapshot().signed.meta.get(f"{author}.json")
    if meta is None:
        return None
    try:
        data = (shelf.folder / f"{meta.version}.{author}.json").read_bytes()
        meta.verify_length_and_hashes(data)
        return Metadata[Targets].from_bytes(data)
    except (OSError, DeserializationError, RepositoryError) as error:
        said = f"the list of {author!r} is not the one that the snapshot names"
        raise MarketplaceError(said, code="TG705") from error


def _waiting(outbox: Path, author: str, targets: Targets) -> Metadata[Targets] | None:
    """What waits of an author, if they have signed it with a key that counts now."""
    try:
        found = Metadata[Targets].from_bytes(outbox.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, DeserializationError) as error:
        raise MarketplaceError(f"{outbox} cannot be read", code="TG702") from error
    try:
        targets.verify_delegate(author, found.signed_bytes, found.signatures)
    except (RepositoryError, ValueError):
        return None  # signed with a key that was taken away since: it must be signed anew
    return found if isinstance(found.signed, Targets) else None
