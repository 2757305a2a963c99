"""What is told of marketplaces. Words of strangers come with control characters made visible."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal, TypeVar

from pydantic import Field

from pipeline.api.shape import Reply
from pipeline.model.document import plain
from pipeline.plugins.printable import cleaned

__all__ = [
    "CheckedReply",
    "DetailsReply",
    "FoundReply",
    "InstalledReply",
    "ListingReply",
    "LockedReply",
    "MarketsReply",
    "PlanItemReply",
    "PlanReply",
    "PlansReply",
    "RefreshedReply",
    "ReleaseReply",
    "RemarkReply",
    "ReviewReply",
    "SoundnessReply",
    "StepReportReply",
    "TrustedReply",
    "UpdateReply",
    "WaitingReply",
    "told",
]

R = TypeVar("R", bound=Reply)


def told(kind: type[R], found: Any, **more: Any) -> R:
    """A dataclass of the marketplace as a reply; `more` are fields that are none of its own."""
    return kind.model_validate(cleaned(plain({**asdict(found), **more})))


class TrustedReply(Reply):
    """A marketplace that the project trusts, and how new the newest metadata are that anybody saw."""

    name: str
    url: str
    root: str = Field(description="SHA-256 of the root file with which trust began.")
    issued: str
    version: int
    revoked: dict[str, str] = Field(description="Reasons by the SHA-256 of plugin files.")


class LockedReply(Reply):
    """A plugin that was installed from a marketplace, as market.lock has it. `disabled` and `yanked` are reasons."""

    id: str
    market: str
    author: str
    version: str
    file: str
    sha256: str
    manifest: str
    requires: list[str]
    permissions: list[str]
    unconfined: bool
    disabled: str
    yanked: str
    installed_at: str
    earlier: list[tuple[str, str]] = Field(description="Version and digest of what was installed before.")


class MarketsReply(Reply):
    """What the project trusts and has."""

    markets: list[TrustedReply]
    plugins: list[LockedReply]


class ReleaseReply(Reply):
    """An approved version. `permissions` is what it does beyond computing, `requires` are packages and plugins."""

    id: str
    version: str
    author: str
    name: str
    description: str
    type: str
    requires: list[str]
    permissions: list[str]
    parameters: list[str]
    sha256: str
    manifest: str
    size: int
    approved_by: str
    approved_at: str
    yanked: str
    revoked: str


class ListingReply(Reply):
    """A plugin with all its versions, the newest first. `resembles` are ids that look alike."""

    id: str
    author: str
    releases: list[ReleaseReply]
    resembles: list[str]


class FoundReply(Reply):
    """What a marketplace has that matches."""

    market: str
    plugins: list[ListingReply]


class DetailsReply(Reply):
    """All about a version: manifest, page and review are what was approved; `installed` is this project's."""

    market: str
    listing: ListingReply
    release: ReleaseReply
    manifest: dict[str, Any]
    page: str
    review: dict[str, Any]
    installed: LockedReply | None


class UpdateReply(Reply):
    """A newer version of what is installed."""

    id: str
    installed: str
    latest: str


class RefreshedReply(Reply):
    """The news of a marketplace. `disabled` and `yanked` are installed plugins with the reasons."""

    market: str
    issued: str
    expires: str
    plugins: int
    disabled: dict[str, str]
    restored: list[str]
    yanked: dict[str, str]
    updates: list[UpdateReply]
    problems: list[str]


class PlanItemReply(Reply):
    """A version that would be installed. `before` is what is there, `more` what it asks for that was not seen yet."""

    release: ReleaseReply
    reason: str
    before: str
    more: list[str]
    warnings: list[str]


class PlanReply(Reply):
    """What would come from a marketplace, those that others require first, and packages that Python lacks for it."""

    market: str
    items: list[PlanItemReply]
    packages: list[str]


class PlansReply(Reply):
    """What would be installed. Who has read it confirms its `digest`."""

    digest: str
    plans: list[PlanReply]
    unconfined: list[str] = Field(description="Ids that ask for network or files: name them to install them.")


class InstalledReply(Reply):
    """What was installed; the `result` of the task has a list of these."""

    id: str
    version: str
    before: str
    author: str
    market: str
    file: str
    sha256: str


class CheckedReply(Reply):
    """How an installed plugin is; `repaired` if it was put right."""

    id: str
    version: str
    file: str
    state: Literal["installed", "missing", "changed", "disabled"]
    said: str
    repaired: bool


class WaitingReply(Reply):
    """A submission; `reviewed` and `passed` are of this very content, `problem` says why it cannot be reviewed."""

    ref: str
    digest: str
    reviewed: bool
    passed: bool
    problem: str


class RemarkReply(Reply):
    """A finding."""

    about: str
    verdict: Literal["ok", "note", "wrong"]
    said: str
    line: int | None


class StepReportReply(Reply):
    """A step of the review; `text` is for reading, such as the difference to the version before."""

    number: int
    name: str
    verdict: Literal["ok", "note", "wrong"]
    remarks: list[RemarkReply]
    figures: dict[str, Any]
    text: str


class ReviewReply(Reply):
    """A review. `digest` is what is approved, if anything is."""

    ref: str
    digest: str
    passed: bool
    steps: list[StepReportReply]
    requires: list[str]
    permissions: list[str]
    dependencies: str = Field(description="Digest of its list of requirements.")
    dependencies_changed: bool
    version_before: str


class SoundnessReply(Reply):
    """A marketplace seen as a client sees it: `expires` by role, `problems` are what would be refused."""

    sound: bool
    plugins: int
    releases: int
    files: int
    root: str
    audit: str
    expires: dict[str, str]
    soon: list[str]
    problems: list[str]
