"""A mirror: a marketplace copied whole, each file checked, in an order in which nobody ever reads half of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import Metadata, Snapshot, Timestamp

from pipeline.errors import MarketplaceError
from pipeline.marketplace.client import Client, refusals
from pipeline.marketplace.fetch import Fetcher
from pipeline.marketplace.manifest import sha256
from pipeline.marketplace.shelf import Shelf, write_whole

__all__ = ["Mirrored", "mirror"]

_LARGEST = 5_000_000


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What was copied: how many files there are, how many of them are new, and until when it is good."""

    folder: str
    files: int
    fetched: int
    expires: str


def mirror(client: Client, url: str, target: Path, fetcher: Fetcher) -> Mirrored:
    """Copy a marketplace into `target`. Raises MarketplaceError; the mirror is then what it was before.

    `client` has today's metadata and says which files there are; files first, the timestamp last.
    """
    files, fetched = target / "files", 0
    paths = client.paths()
    for path, signed in paths.items():
        place = files / path
        if place.is_file() and sha256(place.read_bytes()) == signed.hashes["sha256"]:
            continue
        try:
            data = client.fetch(path)
        except MarketplaceError as error:
            if error.faults[0].code != "TG701":
                raise
            continue  # signed by its author and never approved: the marketplace itself does not have it
        write_whole(place, data)
        fetched += 1
    shelf, metadata = Shelf(target / "metadata"), target / "metadata"
    with refusals(url):
        for version in range(1, client.root.version + 1):
            _copy(fetcher, url, metadata, f"{version}.root.json")
        stamp = fetcher.download_bytes(f"{url}/metadata/timestamp.json", _LARGEST)
        timestamp = Metadata[Timestamp].from_bytes(stamp)
        root = shelf.root().signed
        root.verify_delegate("timestamp", timestamp.signed_bytes, timestamp.signatures)
        meta = timestamp.signed.snapshot_meta
        data = fetcher.download_bytes(f"{url}/metadata/{meta.version}.snapshot.json", _LARGEST)
        meta.verify_length_and_hashes(data)
        snapshot = Metadata[Snapshot].from_bytes(data)
        root.verify_delegate("snapshot", snapshot.signed_bytes, snapshot.signatures)
        for name, known in snapshot.signed.meta.items():
            content = fetcher.download_bytes(f"{url}/metadata/{known.version}.{name}", known.length or _LARGEST)
            known.verify_length_and_hashes(content)
            write_whole(metadata / f"{known.version}.{name}", content)
        write_whole(metadata / f"{meta.version}.snapshot.json", data)
        write_whole(metadata / "timestamp.json", stamp)
    count = sum((files / path).is_file() for path in paths)
    return Mirrored(str(target), count, fetched, timestamp.signed.expires.isoformat())


def _copy(fetcher: Fetcher, url: str, folder: Path, name: str) -> None:
    if not (folder / name).exists():
        write_whole(folder / name, fetcher.download_bytes(f"{url}/metadata/{name}", _LARGEST))
