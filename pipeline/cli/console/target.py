"""Which graph file is meant by what somebody typed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.cli.console.session import shown_path
from pipeline.errors import GraphError, did_you_mean

__all__ = ["SUFFIXES", "find_graph", "find_graphs", "known_graphs"]

SUFFIXES = (".yaml", ".yml")


def find_graph(text: str, root: Path) -> Path:
    """The graph file for a path, a path inside the project, or the bare name of a file in its `graphs`; absolute.

    Raises GraphError TG110 that names the closest there is.
    """
    given = Path(text).expanduser()
    if text and given.is_dir():
        raise GraphError(f"{text} is a folder, not a graph file", code="TG110", hint=_there_are(_inside(given)))
    for place in _places(given, root):
        if place.is_file():
            return place.absolute()
    known = known_graphs(root / "graphs")
    hint = did_you_mean(given.stem, (path.stem for path in known), otherwise=_there_are(known))
    if given.exists():
        raise GraphError(f"{text} is not a regular file", code="TG110", hint=hint)
    where = "" if given.suffix in SUFFIXES else ", neither here nor in the project's graphs"
    raise GraphError(f"there is no graph {text!r}{where}", code="TG110", hint=hint)


def find_graphs(text: str, root: Path) -> list[Path]:
    """The graph files that a pattern means, here if there are some, else in the project; that of a name without signs.

    Raises GraphError TG110 when there is none.
    """
    if not any(sign in text for sign in "*?["):
        return [find_graph(text, root)]
    given = Path(text)
    bases = [Path(given.anchor)] if given.is_absolute() else [Path.cwd(), root]
    pattern = str(given.relative_to(given.anchor)) if given.is_absolute() else text
    try:
        for base in bases:
            found = [path for path in sorted(base.glob(pattern)) if path.suffix in SUFFIXES and path.is_file()]
            if found:
                return [path.absolute() for path in found]
    except ValueError as error:
        hint = "`*` stands for part of a name, `**` for any folders: 'graphs/**/*.yaml'."
        raise GraphError(f"{text!r} is no pattern: {error}", code="TG110", hint=hint) from error
    hint = f"Patterns are relative to here, or to the project. {_there_are(known_graphs(root / 'graphs'))}"
    raise GraphError(f"no graph file matches {text!r}", code="TG110", hint=hint)


def known_graphs(folder: Path) -> list[Path]:
    """Graph files in a folder and below, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())


def _inside(folder: Path) -> list[Path]:
    """Graph files right inside a folder: what is below it may be a whole disk."""
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())


def _places(given: Path, root: Path) -> Iterable[Path]:
    yield given
    yield root / given
    for folder in (Path(), root / "graphs"):
        for suffix in SUFFIXES:
            yield folder / given.with_name(given.name + suffix) if not given.suffix else folder / given
    if not given.suffix:
        yield from (path for path in known_graphs(root / "graphs") if path.stem == given.name)


def _there_are(known: list[Path]) -> str:
    if not known:
        return "There is none: write one into the project's graphs/."
    shown = ", ".join(shown_path(path) for path in known[:5])
    return f"There is {shown}" + (f" and {len(known) - 5} more." if len(known) > 5 else ".")
