"""A review: the six steps of one version, run, stored beside the submission, and read again."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.marketplace.bench import Bench, Benched
from pipeline.marketplace.inspection import inspect_code
from pipeline.marketplace.integration import Runner, integrate
from pipeline.marketplace.manifest import Manifest, dependencies_digest
from pipeline.marketplace.measure import compare, judge
from pipeline.marketplace.shelf import write_whole
from pipeline.marketplace.step import Remark, StepReport, step
from pipeline.marketplace.style import look_at_style
from pipeline.marketplace.submission import Submission

__all__ = ["Review", "Surroundings", "read_review", "review", "store_review"]

_FILE = "review.json"


@dataclass(frozen=True)
class Surroundings:
    """What a review compares with: the version before (its manifest and code), all ids and all authors there are."""

    before: tuple[Manifest, bytes] | None
    ids: Collection[str]
    authors: Collection[str]


@dataclass(frozen=True)
class Review:
    """What the steps found about one version. `digest` is that of its manifest: what is approved, if anything is.

    `dependencies` is the digest of its list of requirements, and `dependencies_changed` says whether that needs an
    approval of its own.
    """

    ref: str
    digest: str
    steps: tuple[StepReport, ...]
    requires: tuple[str, ...]
    permissions: tuple[str, ...]
    dependencies: str
    dependencies_changed: bool
    version_before: str = ""

    @property
    def passed(self) -> bool:
        """True when every step has passed. A person must still approve it."""
        return len(self.steps) >= 5 and all(report.passed for report in self.steps)

    def as_dict(self) -> dict[str, Any]:
        """The review as it is stored."""
        return {**asdict(self), "steps": [report.as_dict() for report in self.steps], "passed": self.passed}


def review(
    submission: Submission, around: Surroundings, bench: Bench, runner: Runner, *, confined: bool = True
) -> Review:
    """Put a submission through steps 1 to 5 and store a report of each beside it.

    Code is run only when its syntax tree has passed: a file that reaches for the system is not tried at all.
    """
    manifest = submission.manifest
    steps = [look_at_style(submission)]
    code = inspect_code(submission, around.before, around.ids, around.authors)
    if code.passed:
        steps += _run(submission, around, code, (bench, runner), confined=confined)
    else:
        why = [Remark("not run", "wrong", "step 3 found what must not be run")]
        steps += [step(2, why), code, step(4, why), step(5, why)]
    before = around.before[0] if around.before else None
    found = Review(
        str(submission.ref),
        manifest.digest,
        tuple(steps),
        tuple(manifest.requires),
        tuple(manifest.permissions),
        dependencies_digest(manifest.requires),
        manifest.requires != (before.requires if before else []),
        before.version if before else "",
    )
    store_review(submission.folder, found)
    return found


def _run(
    submission: Submission, around: Surroundings, code: StepReport, by: tuple[Bench, Runner], *, confined: bool
) -> list[StepReport]:
    (bench, runner), old = by, None
    if around.before is not None:
        old = submission.folder / "review" / f"{around.before[0].module}.py"
        write_whole(old, around.before[1])
    found = bench.run(submission.plugin, submission.test, submission.manifest.author, old)
    trials = [*found.remarks]
    if found.digest and found.digest != submission.manifest.digest:
        trials.append(Remark("manifest", "wrong", "what its code says of itself is not what its manifest says"))
    return [
        step(2, trials),
        code,
        _performance(submission.manifest, found),
        integrate(submission, runner, confined=confined),
    ]


def _performance(manifest: Manifest, found: Benched) -> StepReport:
    remarks = [*judge(found.figures), *compare(found.figures, found.before)]
    for kind, what in found.reached:
        declared = kind in manifest.permissions
        verb = "declares it" if declared else "does not declare that"
        remarks.append(Remark("trace", "note" if declared else "wrong", f"it reached for {what} ({kind}) and {verb}"))
    if not found.reached:
        remarks.append(Remark("trace", "ok", "no file, connection or process while it ran"))
    confined = f"confined by {found.confinement}" if found.confinement else "nothing confined it beyond its process"
    remarks.append(Remark("confinement", "ok" if found.confinement else "note", confined))
    return step(4, remarks, figures=dict(found.figures), before=dict(found.before))


def store_review(folder: Path, found: Review) -> None:
    """Write a report for each step, and all of it in one file. Raises MarketplaceError TG721."""
    for report in found.steps:
        name = f"{report.number}-{report.name.replace(' ', '-')}.json"
        write_whole(folder / "review" / name, _json(report.as_dict()))
    write_whole(folder / _FILE, _json(found.as_dict()))


def read_review(folder: Path, digest: str) -> Review | None:
    """The review of the submission in a folder, if it is one of the manifest with this digest."""
    try:
        said = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        steps = tuple(StepReport.of(report) for report in said.pop("steps"))
        said.pop("passed")
        requires, permissions = tuple(said.pop("requires")), tuple(said.pop("permissions"))
        found = Review(steps=steps, requires=requires, permissions=permissions, **said)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.digest == digest else None


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"
