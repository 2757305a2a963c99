"""What a marketplace answers a project: plain data, for people, programs and routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.marketplace.catalogue import Listing, Release
from pipeline.plugins.lock import Locked

__all__ = ["Checked", "Details", "Refreshed", "Update"]


@dataclass(frozen=True, slots=True)
class Details:
    """All about one version of a plugin. `manifest`, `page` and `review` are what was approved; `installed` is this
    project's, None where it has none.
    """

    market: str
    listing: Listing
    release: Release
    manifest: dict[str, Any]
    page: str
    review: dict[str, Any]
    installed: Locked | None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh of one marketplace found. `disabled` and `yanked` are installed plugins with the reasons."""

    market: str
    issued: str
    expires: str
    plugins: int
    disabled: dict[str, str]
    restored: tuple[str, ...]
    yanked: dict[str, str]
    updates: tuple[Update, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """A newer version of an installed plugin."""

    id: str
    installed: str
    latest: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How an installed plugin is: `state` is installed, missing, changed or disabled; `repaired` if put right."""

    id: str
    version: str
    file: str
    state: str
    said: str = ""
    repaired: bool = False
