"""Signing: changed metadata get a new version, a date and signatures; then snapshot and timestamp, which ends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuf.api.metadata import Metadata, MetaFile, Root, Targets

from pipeline.errors import MarketplaceError
from pipeline.marketplace.extra import DAYS, Clock, extra_of, issue
from pipeline.marketplace.key import Signers
from pipeline.marketplace.place import REVIEWS
from pipeline.marketplace.shelf import Shelf

__all__ = ["Scribe", "days_of"]

_TOP = ("root", "targets", "snapshot", "timestamp")


class Scribe:
    """Signs for a marketplace with the keys at hand."""

    def __init__(self, shelf: Shelf, signers: Signers, clock: Clock) -> None:
        self._shelf = shelf
        self._signers = signers
        self._clock = clock

    def seal(
        self,
        changed: Mapping[str, Metadata[Targets]],
        taken: Mapping[str, Metadata[Targets]] | None = None,
    ) -> None:
        """Publish: sign what `changed`, take over what others have signed, then snapshot and timestamp.

        Nothing is written when a key is missing. Raises MarketplaceError TG717, TG721.
        """
        shelf, root = self._shelf, self._shelf.root().signed
        snapshot, timestamp = shelf.snapshot(), shelf.timestamp()
        targets = changed["targets"].signed if "targets" in changed else shelf.targets().signed
        for role, metadata in changed.items():
            self.sign(role, metadata, root if role in _TOP else targets, root)
        metas: dict[str, MetaFile] = {}
        self.need("snapshot", root)
        self.need("timestamp", root)
        for role, metadata in {**changed, **(taken or {})}.items():
            metas[f"{role}.json"] = shelf.write(role, metadata)
        snapshot.signed.meta.update(metas)
        self.sign("snapshot", snapshot, root, root)
        timestamp.signed.snapshot_meta = shelf.write("snapshot", snapshot)
        self.sign("timestamp", timestamp, root, root)
        shelf.write("timestamp", timestamp)

    def sign(self, role: str, metadata: Metadata[Any], delegator: Root | Targets, root: Root) -> None:
        """Give metadata the next version, a date and the signatures of a role. Raises MarketplaceError TG717."""
        self.need(role, delegator)
        metadata.signed.version += 1
        kind = role if role in (*_TOP, REVIEWS) else "author"
        issue(metadata.signed, self._clock(), days_of(root)[kind])
        metadata.signatures.clear()
        for keyid in delegator.get_delegated_role(role).keyids:
            if keyid in self._signers:
                metadata.sign(self._signers[keyid], append=True)

    def need(self, role: str, delegator: Root | Targets) -> None:
        """Raise MarketplaceError TG717 unless the keys at hand are enough for a role."""
        wanted = delegator.get_delegated_role(role)
        here = [keyid for keyid in wanted.keyids if keyid in self._signers]
        if len(here) < wanted.threshold:
            listed = ", ".join(keyid[:12] for keyid in wanted.keyids) or "none"
            said = f"signing for {role!r} takes {wanted.threshold} of the keys {listed}; here are {len(here)} of them"
            hint = "Name the folder or file of the keys with --keys (authors: --key)."
            raise MarketplaceError(said, code="TG717", hint=hint)


def days_of(root: Root) -> dict[str, int]:
    """How long metadata of each role are good, as the root says."""
    said = extra_of(root).get("days", {})
    return {role: int(said.get(role, days)) for role, days in DAYS.items()}
