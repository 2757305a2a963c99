"""Founding a marketplace: its keys, its first metadata, and the digest with which a client begins to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Root, Snapshot, Targets, Timestamp

from pipeline.errors import MarketplaceError
from pipeline.marketplace.extra import DAYS, Clock, issue
from pipeline.marketplace.key import key_of, new_key, signers_in
from pipeline.marketplace.manifest import sha256
from pipeline.marketplace.place import REVIEW_PATHS, REVIEWS
from pipeline.marketplace.shelf import Shelf

__all__ = ["Founded", "found"]

_ROOTS = ("root-1", "root-2", "root-3")
_ONLINE = ("targets", "snapshot", "timestamp", REVIEWS)


@dataclass(frozen=True, slots=True)
class Founded:
    """A new marketplace. `digest` is the SHA-256 of its root file; `offline` are the keys to carry away."""

    folder: str
    digest: str
    keys: tuple[str, ...]
    offline: tuple[str, ...]


def found(folder: Path, name: str, keys: Path, clock: Clock, days: Mapping[str, int]) -> Founded:
    """Make keys and first metadata. Raises MarketplaceError TG718, TG721, PluginError TG416 for keys that are there."""
    shelf = Shelf(folder / "metadata")
    if shelf.folder.exists():
        raise MarketplaceError(f"{folder} is a marketplace already", code="TG721", hint="Choose another folder.")
    if keys.absolute().is_relative_to(folder.absolute()):
        hint = "Whoever downloads from there would have them."
        raise MarketplaceError(f"the keys must not lie in {folder}, which is served", code="TG718", hint=hint)
    if unknown := next((role for role in days if role not in DAYS or days[role] <= 0), None):
        raise MarketplaceError(f"no role {unknown!r} is good for so many days", code="TG718", hint=", ".join(DAYS))
    for role in (*_ROOTS, *_ONLINE):
        new_key(keys / f"{role}.pem")
    at, good = clock(), {**DAYS, **days}
    root = Root(expires=at, consistent_snapshot=True)
    issue(root, at, good["root"])
    root.unrecognized_fields["x-tradegraph"] |= {"name": name, "days": good}
    for role in _ROOTS:
        root.add_key(key_of(keys / f"{role}.pem"), "root")
    root.roles["root"].threshold = 2
    for role in ("targets", "snapshot", "timestamp"):
        root.add_key(key_of(keys / f"{role}.pem"), role)
    targets = Targets(expires=at)
    issue(targets, at, good["targets"])
    targets.unrecognized_fields["x-tradegraph"] |= {"owners": {}, "revoked": {}}
    targets.delegations = Delegations({}, {})
    assert targets.delegations.roles is not None
    targets.delegations.roles[REVIEWS] = DelegatedRole(REVIEWS, [], 1, terminating=True, paths=REVIEW_PATHS)
    targets.add_key(key_of(keys / f"{REVIEWS}.pem"), REVIEWS)
    reviews, snapshot, timestamp = Targets(expires=at), Snapshot(expires=at), Timestamp(expires=at)
    for signed, role in ((reviews, "reviews"), (snapshot, "snapshot"), (timestamp, "timestamp")):
        issue(signed, at, good[role])
    signers = signers_in(keys)
    made = Metadata(root)
    for role in _ROOTS[:2]:
        made.sign(signers[key_of(keys / f"{role}.pem").keyid], append=True)
    shelf.write("root", made)
    metas = {}
    for role, signed in (("targets", targets), (REVIEWS, reviews)):
        metadata = Metadata(signed)
        metadata.sign(signers[key_of(keys / f"{role}.pem").keyid])
        metas[f"{role}.json"] = shelf.write(role, metadata)
    snapshot.meta = metas
    sealed = Metadata(snapshot)
    sealed.sign(signers[key_of(keys / "snapshot.pem").keyid])
    timestamp.snapshot_meta = shelf.write("snapshot", sealed)
    dated = Metadata(timestamp)
    dated.sign(signers[key_of(keys / "timestamp.pem").keyid])
    shelf.write("timestamp", dated)
    digest = sha256((shelf.folder / "1.root.json").read_bytes())
    files = tuple(str(keys / f"{role}.pem") for role in (*_ROOTS, *_ONLINE))
    return Founded(str(folder), digest, files, files[: len(_ROOTS)])
