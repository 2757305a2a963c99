"""Approving: a person's word for a digest, checked against everything that it rests on, then step 6, publication."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.version import Version
from tuf.api.metadata import Metadata, TargetFile, Targets

from pipeline.errors import MarketplaceError
from pipeline.marketplace.authorship import take_in
from pipeline.marketplace.extra import extra_of
from pipeline.marketplace.key import Signers
from pipeline.marketplace.place import REVIEWS, Ref
from pipeline.marketplace.review import Review, read_review, store_review
from pipeline.marketplace.scribe import Scribe
from pipeline.marketplace.shelf import write_whole
from pipeline.marketplace.step import Remark, step
from pipeline.marketplace.submission import Submission

if TYPE_CHECKING:
    from pipeline.marketplace.repository import Repository

__all__ = ["Word", "approve", "check_new", "version_before", "versions_of"]


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says: the digest of the manifest, who says it, and that of the dependencies if they saw those."""

    digest: str
    by: str
    dependencies: str = ""


def approve(repository: Repository, ref: Ref, word: Word, signers: Signers) -> Review:
    """Publish a version. Raises MarketplaceError TG705, TG710, TG717, TG719, TG724; then nothing was changed."""
    submission = Submission.read(repository.waiting, ref)
    found = _checked(submission, word)
    shelf = repository.shelf
    targets, reviews = shelf.targets(), shelf.delegated(REVIEWS)
    owners: dict[str, str] = dict(extra_of(targets.signed).get("owners", {}))
    taken = take_in(shelf, repository.waiting, [ref.author])
    signed = taken.get(ref.author) or shelf.delegated(ref.author)
    assert reviews is not None
    check_new(ref, owners, versions_of(reviews.signed, ref))
    _check_signed(ref, submission, signed)
    changed: dict[str, Metadata[Targets]] = {REVIEWS: reviews}
    if ref.id not in owners:
        extra = extra_of(targets.signed)
        targets.signed.unrecognized_fields["x-tradegraph"] = {**extra, "owners": {**owners, ref.id: ref.author}}
        changed["targets"] = targets
    scribe = Scribe(shelf, signers, repository.clock)
    for role in ("snapshot", "timestamp"):
        scribe.need(role, shelf.root().signed)
    at = repository.clock().isoformat()
    remarks = [
        Remark("approval", "ok", f"{word.by} approved {word.digest}"),
        Remark("author", "ok", f"{ref.author} has signed the digests of all files"),
    ]
    if found.dependencies_changed:
        remarks.append(Remark("dependencies", "ok", f"{word.by} approved the list {word.dependencies}"))
    steps = (*found.steps[:5], step(6, remarks, approved_at=at, approved_by=word.by))
    done = replace(found, steps=steps)
    report = json.dumps(done.as_dict(), indent=1, ensure_ascii=False).encode() + b"\n"
    reviews.signed.targets[ref.report] = _approved(ref, submission, report, word, at)
    for part, content in submission.data.items():
        write_whole(repository.files / ref.path(part), content)
    write_whole(repository.files / ref.report, report)
    scribe.seal(changed, taken)
    store_review(submission.folder, done)
    return done


def check_new(ref: Ref, owners: Mapping[str, str], published: Sequence[str]) -> None:
    """Raise MarketplaceError TG710 for an id that is another author's, TG718 for a version that is there, however it is
    spelt.
    """
    owner = owners.get(ref.id, ref.author)
    if owner != ref.author:
        said = f"the id {ref.id!r} belongs to {owner!r}"
        raise MarketplaceError(said, code="TG710", hint="Give the plugin another id.")
    there = next((version for version in published if Version(version) == Version(ref.version)), None)
    if there is not None:
        said = f"{ref.author}/{ref.id}-{there} is published already"
        raise MarketplaceError(said, code="TG718", hint="Raise the version in its metadata: what is published stays.")


def versions_of(reviews: Targets | None, ref: Ref) -> list[str]:
    """The approved versions of a plugin."""
    start = f"{REVIEWS}/{ref.author}/{ref.id}-"
    paths = reviews.targets if reviews else {}
    return [path[len(start) : -len(".json")] for path in paths if path.startswith(start)]


def version_before(version: str, published: Sequence[str]) -> str:
    """The newest below `version`; the newest of all where there is none below."""
    ordered = sorted(published, key=Version)
    return next((old for old in reversed(ordered) if Version(old) < Version(version)), ordered[-1])


def _checked(submission: Submission, word: Word) -> Review:
    ref, manifest = submission.ref, submission.manifest
    look = f"`tradegraph market review DIR {ref}` shows it."
    if word.digest.removeprefix("sha256:") != manifest.digest:
        said = f"{ref} has the digest {manifest.digest}, approved was {word.digest}"
        raise MarketplaceError(said, code="TG719", hint=f"It is not what you have looked at. {look}")
    found = read_review(submission.folder, manifest.digest)
    if found is None:
        raise MarketplaceError(f"{ref} was not reviewed as it is now", code="TG719", hint=look)
    if not found.passed:
        wrong = ", ".join(f"{report.number} ({report.name})" for report in found.steps if not report.passed)
        raise MarketplaceError(f"{ref} has not passed step {wrong}", code="TG719", hint=look)
    if found.dependencies_changed and word.dependencies.removeprefix("sha256:") != found.dependencies:
        listed = ", ".join(found.requires) or "nothing"
        since = f"another list than {found.version_before} has" if found.version_before else "its first list"
        said = f"{ref} requires {listed}, {since}: its digest is {found.dependencies}"
        raise MarketplaceError(said, code="TG724", hint="Approve the list by its digest too: --dependencies SHA256.")
    return found


def _check_signed(ref: Ref, submission: Submission, signed: Metadata[Targets] | None) -> None:
    for part, content in submission.data.items():
        target = signed.signed.targets.get(ref.path(part)) if signed else None
        if target is None or target.hashes != TargetFile.from_data("x", content, ["sha256"]).hashes:
            said = f"{ref.author} has not signed the {part} of {ref} as it is"
            raise MarketplaceError(said, code="TG702", hint="They must publish it again, with the key that counts now.")


def _approved(ref: Ref, submission: Submission, report: bytes, word: Word, at: str) -> TargetFile:
    """What reviewers sign: the digest, and a summary for those who look for a plugin."""
    manifest = submission.manifest
    target = TargetFile.from_data(ref.report, report, ["sha256"])
    summary: dict[str, Any] = {
        "manifest": manifest.digest,
        "files": dict(manifest.files),
        "name": manifest.name,
        "description": manifest.description,
        "type": manifest.type,
        "requires": manifest.requires,
        "permissions": manifest.permissions,
        "parameters": sorted(manifest.parameters),
        "approved_by": word.by,
        "approved_at": at,
    }
    target.unrecognized_fields["custom"] = summary
    return target
