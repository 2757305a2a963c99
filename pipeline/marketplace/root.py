"""Changing keys: a new root, signed by two of the old root's keys and enough of its own, on any machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from pipeline.errors import MarketplaceError
from pipeline.marketplace.extra import Clock, issue
from pipeline.marketplace.key import Signers, key_of
from pipeline.marketplace.manifest import sha256
from pipeline.marketplace.place import REVIEWS
from pipeline.marketplace.scribe import Scribe, days_of
from pipeline.marketplace.shelf import Shelf, write_whole

__all__ = ["Rotation", "rotate", "rotate_reviews", "sign"]

_ROLES = ("root", "targets", "snapshot", "timestamp")


@dataclass(frozen=True, slots=True)
class Rotation:
    """A change of keys: published, or waiting for the signatures that `missing` counts by who must give them."""

    role: str
    version: int
    published: bool
    missing: tuple[str, ...]
    digest: str
    """SHA-256 of the root file; of the one that goes on to count where nothing was published."""


def rotate(
    shelf: Shelf, role: str, keys: tuple[Sequence[str | Path], Sequence[str]], signers: Signers, clock: Clock
) -> Rotation:
    """Make a new root, in which a role has the first of `keys` more and those of the second no longer.

    Raises MarketplaceError TG717, TG718, TG719 when another one waits.
    """
    if role not in _ROLES:
        hint = f"Known: {', '.join((*_ROLES, REVIEWS))}. An author's is changed by `market author rotate`."
        raise MarketplaceError(f"there is no role {role!r}", code="TG718", hint=hint)
    if _pending(shelf).exists():
        hint = "`tradegraph market sign DIR` adds signatures to it; remove metadata/pending to begin anew."
        raise MarketplaceError("a new root waits for signatures already", code="TG719", hint=hint)
    new = shelf.root()
    _change(new.signed, role, *keys)
    new.signed.version += 1
    issue(new.signed, clock(), days_of(new.signed)["root"])
    new.signatures.clear()
    return _signed(shelf, role, new, signers, clock)


def rotate_reviews(
    shelf: Shelf, add: Sequence[str | Path], remove: Sequence[str], signers: Signers, clock: Clock
) -> Rotation:
    """Change the reviewers' keys, which the operator delegates; what they had signed is signed anew."""
    targets, reviews = shelf.targets(), shelf.delegated(REVIEWS)
    _change(targets.signed, REVIEWS, add, remove)
    changed: dict[str, Metadata[Targets]] = {"targets": targets}
    if reviews is not None:
        changed[REVIEWS] = reviews
    Scribe(shelf, signers, clock).seal(changed)
    return Rotation(REVIEWS, targets.signed.version, True, (), _digest(shelf, shelf.root().signed.version))


def sign(shelf: Shelf, signers: Signers, clock: Clock) -> Rotation:
    """Add signatures to the root that waits. Raises MarketplaceError TG719 when none does."""
    try:
        new = Metadata[Root].from_bytes(_pending(shelf).read_bytes())
    except FileNotFoundError:
        raise MarketplaceError("no new root waits for signatures", code="TG719") from None
    except (OSError, DeserializationError) as error:
        raise MarketplaceError(f"{_pending(shelf)} cannot be read", code="TG702") from error
    return _signed(shelf, "root", new, signers, clock)


def _signed(shelf: Shelf, role: str, new: Metadata[Root], signers: Signers, clock: Clock) -> Rotation:
    old = shelf.root()
    if new.signed.version != old.signed.version + 1:
        said = f"the root that waits has version {new.signed.version}, expected {old.signed.version + 1}"
        raise MarketplaceError(said, code="TG704", hint="Remove metadata/pending and begin anew.")
    for keyid in dict.fromkeys([*old.signed.roles["root"].keyids, *new.signed.roles["root"].keyids]):
        if keyid in signers:
            new.sign(signers[keyid], append=True)
    missing = tuple(
        f"{said}: {wanted} more of {', '.join(keyids)}"
        for said, wanted, keyids in (_missing("the old root", old, new), _missing("the new root", new, new))
        if wanted > 0
    )
    # what was signed is kept, whoever is still missing: the next may sign on another machine
    write_whole(_pending(shelf), new.to_bytes(JSONSerializer(compact=True)))
    if not missing:
        try:
            _publish(shelf, old, new, signers, clock)
        except MarketplaceError as error:
            if error.faults[0].code != "TG717":
                raise
            missing = (error.faults[0].message,)
    if missing:
        return Rotation(role, new.signed.version, False, missing, _digest(shelf, old.signed.version))
    _pending(shelf).unlink(missing_ok=True)
    return Rotation(role, new.signed.version, True, (), _digest(shelf, new.signed.version))


def _publish(shelf: Shelf, old: Metadata[Root], new: Metadata[Root], signers: Signers, clock: Clock) -> None:
    """Put the new root in its place, and let the keys that it names sign what they answer for.

    Signed with the old root in force: targets are read before, and everything is sealed after.
    """
    targets, snapshot, timestamp = shelf.targets(), shelf.snapshot(), shelf.timestamp()
    scribe = Scribe(shelf, signers, clock)
    for role in ("snapshot", "timestamp"):
        scribe.need(role, new.signed)
    again = set(old.signed.roles["targets"].keyids) != set(new.signed.roles["targets"].keyids)
    if again:
        scribe.sign("targets", targets, new.signed, new.signed)
        snapshot.signed.meta["targets.json"] = shelf.write("targets", targets)
    scribe.sign("snapshot", snapshot, new.signed, new.signed)
    scribe.sign("timestamp", timestamp, new.signed, new.signed)
    timestamp.signed.snapshot_meta = shelf.write("snapshot", snapshot)
    timestamp.signatures.clear()
    for keyid in new.signed.roles["timestamp"].keyids:
        if keyid in signers:
            timestamp.sign(signers[keyid], append=True)
    # the root first: a client that comes between sees a timestamp that it refuses, and comes again
    shelf.write("root", new)
    shelf.write("timestamp", timestamp)


def _change(signed: Root | Targets, role: str, add: Sequence[str | Path], remove: Sequence[str]) -> None:
    keys = [key_of(said) for said in add]
    for key in keys:
        signed.add_key(key, role)
    known = signed.get_delegated_role(role)
    for text in remove:
        keyid = next((keyid for keyid in known.keyids if keyid.startswith(text) and len(text) >= 8), None)
        if keyid is None:
            hint = f"Its keys are {', '.join(known.keyids)}."
            raise MarketplaceError(f"{role!r} has no key {text!r}", code="TG717", hint=hint)
        signed.revoke_key(keyid, role)
    if len(known.keyids) < known.threshold:
        said = f"{role!r} would have {len(known.keyids)} keys, and {known.threshold} must sign"
        raise MarketplaceError(said, code="TG717", hint="Add as many as you take away.")


def _missing(who: str, delegator: Metadata[Root], new: Metadata[Root]) -> tuple[str, int, list[str]]:
    """How many signatures a root still lacks, and of which keys."""
    try:
        found = delegator.signed.get_verification_result("root", new.signed_bytes, new.signatures)
    except (RepositoryError, ValueError) as error:
        raise MarketplaceError(f"the root that waits cannot be checked: {error}", code="TG702") from error
    return who, found.threshold - len(found.signed), [keyid[:12] for keyid in found.unsigned]


def _pending(shelf: Shelf) -> Path:
    return shelf.folder / "pending" / "root.json"


def _digest(shelf: Shelf, version: int) -> str:
    return sha256((shelf.folder / f"{version}.root.json").read_bytes())
