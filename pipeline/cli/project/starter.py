"""The files that a new project begins with, and writing them without touching anything."""

from __future__ import annotations

from pathlib import Path

import pipeline
from pipeline.cli.console.session import CONFIG_NAME, shown_path
from pipeline.errors import UsageError

__all__ = ["sample_bars", "starter_files", "write_starter"]

_README = """\
# Your nodes and plugins

A Python file here is loaded when a graph is checked. The shortest node:

    from typing import Annotated
    from pipeline import Number, Param, SameKind, indicator

    @indicator
    def doubled(x: Number, *, times: Annotated[int, Param("How often", ge=1)] = 2) -> SameKind:
        \"\"\"Multiply a column.\"\"\"
        return x * times

In a graph: `double: {use: doubled, in: daily.close, with: {times: 3}}`.
`tradegraph nodes show doubled` is its page, `tradegraph doctor` names files that cannot be loaded.
"""
_IGNORED = """\
# what tradegraph makes; graphs, nodes and settings are yours to keep
/.tradegraph/
/market/
/tradegraph.duckdb*
/logs/
/reports/
"""


def starter_files() -> dict[str, bytes]:
    """Content by place in the project: what the wheel carries, or the checkout that runs."""
    here = Path(pipeline.__file__).resolve().parent
    carried = here / "starter"
    # in a checkout nothing is carried: the same files stand at its top
    source = carried if carried.is_dir() else here.parent
    files: dict[str, bytes] = {}
    for folder in ("graphs", "examples"):
        for path in sorted((source / folder).rglob("*")):
            place = path.relative_to(source)
            if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in place.parts):
                files[place.as_posix()] = path.read_bytes()
    settings = source / CONFIG_NAME
    files[CONFIG_NAME] = settings.read_bytes() if settings.is_file() else b"{}\n"
    files["nodes/custom/README.md"] = _README.encode()
    files[".gitignore"] = _IGNORED.encode()
    return files


def write_starter(files: dict[str, bytes], folder: Path) -> list[Path]:
    """Write the files below `folder`. Raises UsageError, having written nothing, when one is there already.

    The settings come last: a folder is a project when all the rest is in place.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{shown_path(folder)} is a file", hint="Give the name of a folder.")
    if (folder / CONFIG_NAME).exists():
        raise UsageError(
            f"{shown_path(folder)} is a project already: it has a {CONFIG_NAME}",
            hint="`tradegraph doctor` looks at it; another folder gets a new one.",
        )
    there = [name for name in files if (folder / name).exists()]
    if (folder / ".gitignore").exists():  # no reason to refuse: the project does without
        there.remove(".gitignore")
        files = {name: data for name, data in files.items() if name != ".gitignore"}
    if there:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise UsageError(
            f"{shown_path(folder)} has files that would be overwritten: {', '.join(there[:3])}{more}",
            hint="Nothing was written. Move them away, or choose another folder.",
        )
    for name in sorted(files, key=lambda name: name == CONFIG_NAME):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as handle:
            handle.write(files[name])
    return [folder / name for name in files]


def sample_bars(folder: Path) -> list[Path]:
    """The sample bars of a project that was just made."""
    return sorted((folder / "examples" / "bars").glob("*.csv"))
