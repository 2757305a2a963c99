"""Where a version lies in a marketplace, and how authors, ids and versions are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from packaging.version import InvalidVersion, Version

from pipeline.errors import MarketplaceError
from pipeline.model.declare import ID

__all__ = ["PARTS", "REVIEWS", "REVIEW_PATHS", "Part", "Ref", "author_paths", "check_author", "read_version"]

Part: TypeAlias = Literal["plugin", "manifest", "page", "test"]
PARTS: dict[Part, str] = {"plugin": ".py", "manifest": ".json", "page": ".md", "test": ".test.py"}
"""What belongs to a version, by the ending of its file."""
REVIEWS = "reviews"
REVIEW_PATHS = [f"{REVIEWS}/*/*"]
_AUTHOR = re.compile(r"[a-z][a-z0-9_-]{1,38}")
_RESERVED = frozenset({"root", "targets", "snapshot", "timestamp", REVIEWS, "tradegraph", "pending"})


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """One version of one author's plugin, written `author/id-version`."""

    author: str
    id: str
    version: str

    def __str__(self) -> str:
        return f"{self.author}/{self.stem}"

    @property
    def stem(self) -> str:
        return f"{self.id}-{self.version}"

    @property
    def report(self) -> str:
        """The target path of its review."""
        return f"{REVIEWS}/{self.author}/{self.stem}.json"

    def path(self, part: Part) -> str:
        """The target path of one of its files."""
        return f"{self.author}/{self.stem}{PARTS[part]}"

    @classmethod
    def read(cls, text: str) -> Ref:
        """What `author/id-version` means. Raises MarketplaceError TG718."""
        author, _, stem = text.partition("/")
        plugin_id, _, version = stem.partition("-")
        if not (author and plugin_id and version):
            hint = "Such as alice/fast_trend-1.0.0; `tradegraph market review DIR` lists what waits."
            raise MarketplaceError(f"{text!r} is no version, expected AUTHOR/ID-VERSION", code="TG718", hint=hint)
        check_author(author)
        if not ID.fullmatch(plugin_id):
            raise MarketplaceError(f"the id {plugin_id!r} is not lower-case letters, digits and _", code="TG718")
        return cls(author, plugin_id, read_version(version))


def author_paths(author: str) -> list[str]:
    """The only paths that an author may sign for."""
    return [f"{author}/*"]


def check_author(name: str) -> str:
    """The name, if an author may be called so. Raises MarketplaceError TG718."""
    if not _AUTHOR.fullmatch(name) or name in _RESERVED:
        what = "is taken by the marketplace itself" if name in _RESERVED else "is no name for an author"
        hint = "2 to 39 lower-case letters, digits, _ and -, beginning with a letter."
        raise MarketplaceError(f"{name!r} {what}", code="TG718", hint=hint)
    return name


def read_version(text: str) -> str:
    """A version as PEP 440 spells it: `1.0.0-beta.1` is `1.0.0b1`. Raises MarketplaceError TG718."""
    try:
        found = Version(text)
    except InvalidVersion:
        hint = "Such as 1.0.0, 1.2 or 2.0.0rc1 (PEP 440)."
        raise MarketplaceError(f"{text!r} is no version", code="TG718", hint=hint) from None
    if found.local is not None or found.epoch:
        said = "has a local part" if found.local else "has an epoch"
        raise MarketplaceError(f"the version {text!r} {said}, which cannot be shared", code="TG718")
    return str(found)
