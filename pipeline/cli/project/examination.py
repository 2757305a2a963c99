"""The checks of `tradegraph doctor`: the installation, then the project, each part by itself."""

from __future__ import annotations

import platform
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal, TypeAlias

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import pipeline
from pipeline.cli.console.session import Session

__all__ = ["Finding", "Level", "examine"]

Level: TypeAlias = Literal["ok", "warn", "fail"]
_PYTHON = ">=3.11"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: how it ended, what it is about, what was found and what to do."""

    level: Level
    subject: str
    detail: str
    hint: str = ""


def examine(session: Session) -> Iterator[Finding]:
    """Every check, in an order in which a cause comes before its consequences."""
    yield _python()
    yield _product()
    yield from _libraries()
    # imported here so that a broken or missing library is a finding and not the end
    try:
        from pipeline.cli.project.examination_project import examine_project
    except ImportError as error:
        yield Finding("fail", "engine", f"it cannot be imported: {error}", "Install the libraries above.")
        return
    yield from examine_project(session)


def _python() -> Finding:
    running = platform.python_version()
    detail = f"{running} at {sys.executable}"
    if SpecifierSet(_PYTHON).contains(running, prereleases=True):
        return Finding("ok", "python", detail)
    return Finding("fail", "python", f"{detail}, needed is {_PYTHON}", "Install tradegraph with a newer Python.")


def _product() -> Finding:
    where = Path(pipeline.__file__).resolve().parent
    try:
        return Finding("ok", "tradegraph", f"{version('tradegraph')} at {where}")
    except PackageNotFoundError:
        hint = "Fine for a look; `pip install -e .` gives the `tradegraph` command and its version."
        return Finding("warn", "tradegraph", f"not installed, run from {where}", hint)


def _libraries() -> Iterator[Finding]:
    needed = [requirement for requirement in _requirements() if _wanted(requirement)]
    found: list[str] = []
    for requirement in needed:
        name = requirement.name
        try:
            there = version(name)
        except PackageNotFoundError:
            yield Finding("fail", name, "not installed", f"pip install '{requirement}'")
            continue
        if requirement.specifier.contains(there, prereleases=True):
            found.append(f"{name} {there}")
        else:
            yield Finding("fail", name, f"{there}, needed is {requirement.specifier}", f"pip install '{requirement}'")
    if found:
        yield Finding("ok", "libraries", ", ".join(found))


def _wanted(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _requirements() -> list[Requirement]:
    """What the product says that it needs: its metadata, or pyproject.toml where it is not installed."""
    try:
        lines = requires("tradegraph") or []
    except PackageNotFoundError:
        try:
            text = (Path(pipeline.__file__).resolve().parents[1] / "pyproject.toml").read_text()
        except OSError:
            return []
        lines = tomllib.loads(text)["project"]["dependencies"]
    return [Requirement(line) for line in lines]
