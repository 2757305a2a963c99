"""Revoking: the operator's word that a version must not run anywhere, by the digest of its file."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tuf.api.metadata import Targets

from pipeline.errors import MarketplaceError
from pipeline.marketplace.extra import extra_of
from pipeline.marketplace.place import PARTS, read_version

__all__ = ["restore", "revoke", "revoke_author", "revoked_in"]

_FIELD = "x-tradegraph"


def revoke(
    targets: Targets, author: Targets | None, what: tuple[str, str], reason: str, at: dt.datetime
) -> tuple[str, ...]:
    """Put an id's version, or all of them where it is "", on the list of what is revoked; gives which.

    Raises MarketplaceError TG709.
    """
    plugin_id, version = what
    wanted = read_version(version) if version else ""
    found = {said: digest for said, digest in _plugins(author, plugin_id) if wanted in ("", said)}
    if not found:
        raise MarketplaceError(f"{plugin_id!r} has no version {wanted or 'at all'}", code="TG709")
    _add(targets, {digest: (plugin_id, said) for said, digest in found.items()}, reason, at)
    return tuple(found)


def restore(targets: Targets, what: tuple[str, str]) -> tuple[str, ...]:
    """Take an id's version, or all of them where it is "", off the list; gives which. Raises MarketplaceError TG709."""
    plugin_id, version = what
    wanted, extra = read_version(version) if version else "", extra_of(targets)
    revoked: dict[str, Any] = dict(extra.get("revoked", {}))
    back = {
        digest: said["version"]
        for digest, said in revoked.items()
        if said["id"] == plugin_id and wanted in ("", said["version"])
    }
    if not back:
        raise MarketplaceError(f"no version {wanted} of {plugin_id!r} is revoked".replace("  ", " "), code="TG709")
    left = {digest: said for digest, said in revoked.items() if digest not in back}
    targets.unrecognized_fields[_FIELD] = {**extra, "revoked": left}
    return tuple(back.values())


def revoke_author(targets: Targets, author: Targets | None, name: str, reason: str, at: dt.datetime) -> None:
    """Put all that an author has published on the list."""
    owners: dict[str, str] = extra_of(targets).get("owners", {})
    found: dict[str, tuple[str, str]] = {}
    for plugin_id in (plugin for plugin, owner in owners.items() if owner == name):
        found |= {digest: (plugin_id, version) for version, digest in _plugins(author, plugin_id)}
    _add(targets, found, reason, at)


def revoked_in(targets: Targets) -> dict[str, str]:
    """Reasons by the SHA-256 of a plugin's file."""
    found = extra_of(targets).get("revoked", {})
    return {str(digest): str(said.get("reason", "")) or "no reason was given" for digest, said in found.items()}


def _plugins(author: Targets | None, plugin_id: str) -> list[tuple[str, str]]:
    """Versions of a plugin and the digests of their files."""
    ending, test = PARTS["plugin"], PARTS["test"]
    found = []
    for path, target in (author.targets if author else {}).items():
        name = path.rpartition("/")[2]
        if name.startswith(f"{plugin_id}-") and name.endswith(ending) and not name.endswith(test):
            found.append((name[len(plugin_id) + 1 : -len(ending)], target.hashes["sha256"]))
    return found


def _add(targets: Targets, found: dict[str, tuple[str, str]], reason: str, at: dt.datetime) -> None:
    extra = extra_of(targets)
    revoked: dict[str, Any] = dict(extra.get("revoked", {}))
    for digest, (plugin_id, version) in found.items():
        revoked[digest] = {"id": plugin_id, "version": version, "reason": reason, "at": at.isoformat()}
    targets.unrecognized_fields[_FIELD] = {**extra, "revoked": revoked}
