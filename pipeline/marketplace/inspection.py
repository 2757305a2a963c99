"""Step 3, code review: what a program can say of the code, and the difference to the version before for a person."""

from __future__ import annotations

import ast
import difflib
import logging
import os
import tempfile
import warnings
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from pipeline.marketplace.lookalike import resembling
from pipeline.marketplace.manifest import PERMISSIONS, Manifest, dependencies_digest
from pipeline.marketplace.policy import against_policy, deceiving
from pipeline.marketplace.step import Remark, StepReport, step
from pipeline.marketplace.submission import Submission

__all__ = ["inspect_code"]


def inspect_code(
    submission: Submission, before: tuple[Manifest, bytes] | None, ids: Collection[str], authors: Collection[str]
) -> StepReport:
    """Policy, bandit, names that look like others, and what changed. `ids` and `authors` are all that there are."""
    manifest, data = submission.manifest, submission.data["plugin"]
    remarks = list(against_policy(ast.parse(data), manifest.requires, manifest.permissions))
    remarks += deceiving(data.decode("utf-8", "replace"))
    remarks += _bandit(data)
    for other in resembling(manifest.id, ids):
        remarks.append(Remark("names", "note", f"TG720 the id {manifest.id!r} looks like {other!r}"))
    for other in resembling(manifest.author, authors):
        remarks.append(Remark("names", "note", f"TG720 the author {manifest.author!r} looks like {other!r}"))
    for permission in manifest.permissions:
        remarks.append(Remark("permissions", "note", f"{permission}: it {PERMISSIONS[permission]}"))
    old = before[0] if before else None
    remarks += _dependencies(manifest, old)
    if old is not None and (more := set(manifest.permissions) - set(old.permissions)):
        remarks.append(Remark("permissions", "note", f"new since {old.version}: {', '.join(sorted(more))}"))
    if not any(remark.about == "policy" for remark in remarks):
        remarks.append(Remark("policy", "ok", "it imports and calls what computes, nothing else"))
    digests = {"dependencies": dependencies_digest(manifest.requires), "version_before": old.version if old else ""}
    return step(3, remarks, _difference(manifest, data, before), **digests)


def _dependencies(manifest: Manifest, before: Manifest | None) -> Iterator[Remark]:
    listed = ", ".join(manifest.requires) or "nothing"
    old = before.requires if before else []
    if manifest.requires != old:
        since = f"{before.version} required {', '.join(old) or 'nothing'}" if before else "no version is there yet"
        said = f"TG724 it requires {listed}; {since}: the list needs an approval of its own"
        yield Remark("dependencies", "note", said)
    else:
        yield Remark("dependencies", "ok", f"it requires {listed}, as the version before" if before else "none")


def _difference(manifest: Manifest, data: bytes, before: tuple[Manifest, bytes] | None) -> str:
    """A unified difference to the version before; the whole file where there is none."""
    new = data.decode("utf-8", "replace").splitlines(keepends=True)
    if before is None:
        return "".join(difflib.unified_diff([], new, "/dev/null", f"{manifest.id} {manifest.version}"))
    old = before[1].decode("utf-8", "replace").splitlines(keepends=True)
    names = (f"{manifest.id} {before[0].version}", f"{manifest.id} {manifest.version}")
    return "".join(difflib.unified_diff(old, new, *names))


def _bandit(data: bytes) -> Iterator[Remark]:
    config, manager = _linter()
    handle, name = tempfile.mkstemp(suffix=".py")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        # what its author has marked as harmless is shown all the same
        found = manager(config(), "file", quiet=True, ignore_nosec=True)
        found.discover_files([name])
        found.run_tests()
        issues = [(issue.severity, issue.test_id, issue.text, issue.lineno) for issue in found.get_issue_list()]
    finally:
        Path(name).unlink()
    for severity, test, text, line in issues:
        yield Remark("bandit", "note", f"{test} ({severity.lower()}): {text}", int(line))
    if not issues:
        yield Remark("bandit", "ok", "nothing found")


def _linter() -> tuple[Any, Any]:
    """The linter's configuration and manager. Its loader of formatters warns of what nobody asked for."""
    complaints = logging.getLogger("stevedore")
    before = complaints.level
    complaints.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # imported here, where its noise is caught
            from bandit.core.config import BanditConfig
            from bandit.core.manager import BanditManager
    finally:
        complaints.setLevel(before)
    return BanditConfig, BanditManager
