"""What a marketplace offers: plugins with all their versions, as authors, reviewers and the operator agree on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packaging.version import InvalidVersion, Version
from tuf.api.metadata import TargetFile, Targets, Timestamp

from pipeline.errors import MarketplaceError, did_you_mean
from pipeline.marketplace.extra import custom_of, extra_of, issued_of
from pipeline.marketplace.lookalike import resembling
from pipeline.marketplace.place import PARTS, REVIEWS, Part, Ref
from pipeline.marketplace.withdrawal import revoked_in

__all__ = ["Catalogue", "Listing", "Release", "read_catalogue"]


@dataclass(frozen=True, slots=True)
class Release:
    """An approved version. `yanked` and `revoked` are reasons, empty as a rule; digests are SHA-256.

    `requires` are Python requirements and other plugins; `permissions` is what it does beyond computing.
    """

    id: str
    version: str
    author: str
    name: str
    description: str
    type: str
    requires: tuple[str, ...]
    permissions: tuple[str, ...]
    parameters: tuple[str, ...]
    sha256: str
    manifest: str
    size: int
    approved_by: str
    approved_at: str
    yanked: str = ""
    revoked: str = ""

    @property
    def ref(self) -> Ref:
        return Ref(self.author, self.id, self.version)

    @property
    def order(self) -> Version:
        """Its place among the versions: PEP 440."""
        return Version(self.version)

    @property
    def withdrawn(self) -> str:
        """Why nobody should install it, "" for a version that is well."""
        return self.revoked or self.yanked


@dataclass(frozen=True, slots=True)
class Listing:
    """A plugin with all of its versions, the newest first, withdrawn ones too. `resembles` are ids that look alike."""

    id: str
    author: str
    releases: tuple[Release, ...]
    resembles: tuple[str, ...] = ()

    @property
    def latest(self) -> Release | None:
        """The newest version that is not withdrawn; one before its release only where there is no other."""
        well = [release for release in self.releases if not release.withdrawn]
        return next((release for release in well if not release.order.is_prerelease), well[0] if well else None)

    @property
    def shown(self) -> Release:
        """The version that stands for it: the latest, else the newest of the withdrawn."""
        return self.latest or self.releases[0]

    def release(self, version: str) -> Release:
        """A version of it, however it is spelt. Raises MarketplaceError TG709."""
        try:
            wanted = Version(version)
        except InvalidVersion:
            wanted = None
        found = next((release for release in self.releases if release.order == wanted), None)
        if found is None:
            there = ", ".join(release.version for release in self.releases)
            raise MarketplaceError(f"{self.id!r} has no version {version!r}", code="TG709", hint=f"There are {there}.")
        return found


@dataclass(frozen=True)
class Catalogue:
    """All listings by id. `problems` say what of the metadata was left aside; `expires` when it must be seen anew."""

    listings: Mapping[str, Listing]
    revoked: Mapping[str, str]
    """Reasons by the digest of a plugin's file."""
    problems: tuple[str, ...] = ()
    issued: str = ""
    expires: str = ""

    def find(self, plugin_id: str) -> Listing:
        """The listing of an id. Raises MarketplaceError TG709."""
        if plugin_id not in self.listings:
            hint = did_you_mean(plugin_id, self.listings, otherwise="`tradegraph market search` lists what there is.")
            raise MarketplaceError(f"the marketplace has no plugin {plugin_id!r}", code="TG709", hint=hint)
        return self.listings[plugin_id]

    def search(self, words: str = "", *, kind: str = "", author: str = "") -> list[Listing]:
        """Listings in which every word is found: in id, name, description, author, parameters. By id."""
        wanted = words.casefold().split()
        found = []
        for plugin_id, listing in sorted(self.listings.items()):
            shown = listing.shown
            text = " ".join([plugin_id, shown.name, shown.description, shown.author, *shown.parameters]).casefold()
            right = (not kind or shown.type == kind) and (not author or listing.author == author)
            if right and all(word in text for word in wanted):
                found.append(listing)
        return found


def read_catalogue(
    targets: Targets, reviews: Targets, lists: Mapping[str, Targets], problems: tuple[str, ...], timestamp: Timestamp
) -> Catalogue:
    """What can be had: files that an author has signed, below their own paths, with digests that reviewers approved,
    under an id that the operator says is theirs. The rest is left out, and said.
    """
    owners: dict[str, str] = extra_of(targets).get("owners", {})
    revoked, said = revoked_in(targets), list(problems)
    said += _outside(targets, lists)
    found: dict[str, list[Release]] = {}
    for path, target in reviews.targets.items():
        try:
            release = _release(path, target, lists, revoked)
        except (MarketplaceError, KeyError, TypeError, ValueError, AttributeError) as error:
            said.append(
                f"{path} is left aside: {error.faults[0].message if isinstance(error, MarketplaceError) else error}"
            )
            continue
        if release is None:
            continue
        if owners.get(release.id) != release.author:
            owner = owners.get(release.id, "nobody")
            said.append(f"TG710 {release.ref} is left aside: the id {release.id!r} belongs to {owner!r}")
            continue
        found.setdefault(release.id, []).append(release)
    listings = {
        plugin_id: Listing(
            plugin_id,
            releases[0].author,
            tuple(sorted(releases, key=lambda release: release.order, reverse=True)),
            tuple(resembling(plugin_id, found)),
        )
        for plugin_id, releases in sorted(found.items())
    }
    return Catalogue(listings, revoked, tuple(said), issued_of(timestamp), timestamp.expires.isoformat())


def _release(path: str, target: TargetFile, lists: Mapping[str, Targets], revoked: Mapping[str, str]) -> Release | None:
    """The release that a review is about; None where its author's list cannot be had."""
    ref = Ref.read(path.removeprefix(f"{REVIEWS}/").removesuffix(".json"))
    if ref.report != path:
        raise ValueError("it is not called as what it is about")
    signed = lists.get(ref.author)
    if signed is None:
        return None
    said = custom_of(target)
    approved: dict[Part, str] = {**said["files"], "manifest": said["manifest"]}
    for part in PARTS:
        file = signed.targets.get(ref.path(part))
        if file is None or file.hashes["sha256"] != approved[part]:
            raise ValueError(f"TG705 its author has signed another {part} than reviewers have approved")
    plugin = signed.targets[ref.path("plugin")]
    return Release(
        ref.id,
        ref.version,
        ref.author,
        name=_text(said, "name"),
        description=_text(said, "description"),
        type=_text(said, "type"),
        requires=_texts(said, "requires"),
        permissions=_texts(said, "permissions"),
        parameters=_texts(said, "parameters"),
        sha256=approved["plugin"],
        manifest=approved["manifest"],
        size=plugin.length,
        approved_by=_text(said, "approved_by"),
        approved_at=_text(said, "approved_at"),
        yanked=str(custom_of(plugin).get("yanked") or ""),
        revoked=revoked.get(approved["plugin"], ""),
    )


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said[name]
    if not isinstance(value, str):
        raise TypeError(f"its {name} is no text")
    return value


def _texts(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = said[name]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"its {name} are no texts")
    return tuple(value)


def _outside(targets: Targets, lists: Mapping[str, Targets]) -> list[str]:
    """Files that authors name outside of their paths: nobody takes them, and somebody should know."""
    roles = targets.delegations.roles if targets.delegations and targets.delegations.roles else {}
    return [
        f"TG710 {path} is left aside: {author!r} may not sign for it"
        for author, signed in lists.items()
        for path in signed.targets
        if not roles[author].is_delegated_path(path)
    ]
