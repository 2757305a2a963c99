"""The metadata files of a marketplace's folder, read from the timestamp downwards and written upwards to it.

What the timestamp does not lead to does not count: files that a command left behind when it died are written over.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from tuf.api.exceptions import RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from pipeline.errors import MarketplaceError, Place

__all__ = ["Shelf", "write_whole"]


class Shelf:
    """The folder `metadata`. Whatever is read from it has the signatures that it needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def there(self) -> bool:
        """False for a folder that is no marketplace."""
        return (self.folder / "timestamp.json").is_file()

    def root(self) -> Metadata[Root]:
        """The newest root; each one was signed by the keys of the one before."""
        found: Metadata[Root] = self._parsed("1.root.json")
        self._verified(found, "root", found)
        version = 1
        while (self.folder / f"{version + 1}.root.json").is_file():
            version += 1
            following: Metadata[Root] = self._parsed(f"{version}.root.json")
            self._verified(following, "root", found)
            found = self._verified(following, "root", following)
        return found

    def timestamp(self) -> Metadata[Timestamp]:
        return cast("Metadata[Timestamp]", self._verified(self._parsed("timestamp.json"), "timestamp", self.root()))

    def snapshot(self) -> Metadata[Snapshot]:
        version = self.timestamp().signed.snapshot_meta.version
        found: Metadata[Snapshot] = self._parsed(f"{version}.snapshot.json")
        return self._verified(found, "snapshot", self.root())

    def targets(self) -> Metadata[Targets]:
        """What the operator signs: delegations, owners of ids, what is revoked."""
        version = self.snapshot().signed.meta["targets.json"].version
        return self._verified(self._parsed(f"{version}.targets.json"), "targets", self.root())

    def delegated(self, role: str) -> Metadata[Targets] | None:
        """What an author or the reviewers sign; None while they have signed nothing."""
        meta = self.snapshot().signed.meta.get(f"{role}.json")
        if meta is None:
            return None
        return self._verified(self._parsed(f"{meta.version}.{role}.json"), role, self.targets())

    def write(self, role: str, metadata: Metadata[Any]) -> MetaFile:
        """Write a role's file; gives what the role above says of it."""
        data = metadata.to_bytes(JSONSerializer(compact=True))
        version = metadata.signed.version
        name = "timestamp.json" if role == "timestamp" else f"{version}.{role}.json"
        write_whole(self.folder / name, data)
        return MetaFile.from_data(version, data, ["sha256"])

    def _parsed(self, name: str) -> Metadata[Any]:
        path = self.folder / name
        try:
            return Metadata.from_bytes(path.read_bytes())
        except OSError as error:
            hint = "`tradegraph market init DIR` makes a marketplace."
            raise MarketplaceError(f"{path} cannot be read: {error.strerror}", code="TG721", hint=hint) from error
        except DeserializationError as error:
            raise MarketplaceError("it is no metadata", code="TG702", place=Place(str(path))) from error

    def _verified(self, found: Metadata[Any], role: str, delegator: Metadata[Any]) -> Metadata[Any]:
        try:
            delegator.signed.verify_delegate(role, found.signed_bytes, found.signatures)
        except UnsignedMetadataError as error:
            hint = "Somebody changed the file, or a key was changed: the role must be signed anew."
            said = f"the metadata {role!r} of {self.folder.parent} are not signed by the keys that they need"
            raise MarketplaceError(said, code="TG702", hint=hint) from error
        except (RepositoryError, ValueError) as error:
            raise MarketplaceError(f"nobody is trusted to sign {role!r}: {error}", code="TG702") from error
        return found


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever reads half of it. Raises MarketplaceError TG721."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise MarketplaceError(f"cannot write {path}: {error.strerror}", code="TG721") from error
