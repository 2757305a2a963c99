"""What the shell offers behind <TAB>. Everything here looks at names of files or one YAML text, no more."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import click
from click.shell_completion import CompletionItem

from pipeline.cli.console.session import Session, find_root
from pipeline.cli.console.target import SUFFIXES, known_graphs
from pipeline.errors import TradegraphError

__all__ = ["formats", "graphs", "node_types", "nodes", "params", "runs", "settings", "symbols", "timeframes"]


def formats(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of file formats: those of the modules, for completion imports nothing heavy."""
    import pipeline

    inner = {"header", "reading", "sample", "stranger", "__init__"}
    folder = Path(pipeline.__file__).parent / "market" / "formats"
    return _starting({path.stem for path in folder.glob("*.py")} - inner, incomplete)


def graphs(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of the project's graphs, and files."""
    root = _root(ctx)
    names = (path.stem for path in known_graphs(root / "graphs")) if root else ()
    found = [CompletionItem(name) for name in _starting(names, incomplete)]
    return [*found, CompletionItem(incomplete, type="file")]


def node_types(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Ids of shipped node types, and what the project's plugin files are called."""
    import pipeline

    shipped = Path(pipeline.__file__).parents[1] / "nodes" / "manifest.json"
    names: set[str] = set()
    with suppress(OSError, ValueError, KeyError):
        names |= {Path(file).stem for file in json.loads(shipped.read_text())["files"]}
    root = _root(ctx)
    if root:
        names |= {path.stem for path in (root / "nodes").rglob("*.py") if not path.name.startswith("_")}
    return _starting(names, incomplete)


def nodes(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the nodes of the graph that the line names."""
    return _starting(_keys(ctx, "nodes"), incomplete)


def params(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """`name=` for each param of the graph that the line names."""
    return _starting((f"{name}=" for name in _keys(ctx, "params")), incomplete)


def settings(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """`node.` for each node of the graph that the line names."""
    return _starting((f"{name}." for name in _keys(ctx, "nodes")), incomplete)


def symbols(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Symbols that the market has; behind a comma the next one."""
    root = _root(ctx)
    before, comma, last = incomplete.rpartition(",")
    folders = (root / "market" / "bars").glob("*/*") if root else ()
    names = {unquote(folder.name) for folder in folders if any(folder.iterdir())}
    return [f"{before}{comma}{name}" for name in _starting(names, last)]


def timeframes(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Timeframes that the market has, and the usual ones."""
    root = _root(ctx)
    names = {folder.name for folder in (root / "market" / "bars").glob("*")} if root else set()
    return _starting(names or {"1m", "5m", "15m", "1h", "4h", "1d", "1w", "1mo"}, incomplete)


def runs(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Ids of runs that stored something, the newest first."""
    root = _root(ctx)
    folders = (root / ".tradegraph" / "segments").glob("*") if root else ()
    names = _starting((folder.name for folder in folders), incomplete)
    return [*_starting(["latest"], incomplete), *reversed(names)]


def _root(ctx: click.Context) -> Path | None:
    given = ctx.find_root().params.get("project") or ctx.ensure_object(Session).project
    try:
        return Path(given) if given else find_root()
    except (TradegraphError, OSError):
        return None


def _keys(ctx: click.Context, section: str) -> list[str]:
    """Keys of a section of the graph on the line; none when there is no such file."""
    # behind an option that waits for its value, click leaves the arguments unread
    unread = next((text for text in ctx.args if not text.startswith("-")), None)
    graph, root = ctx.params.get("graph") or unread, _root(ctx)
    places = [Path(str(graph))]
    if root:
        places += [root / "graphs" / f"{graph}{suffix}" for suffix in SUFFIXES]
    file = next((place for place in places if graph and place.is_file()), None)
    if file is None:
        return []
    # imported here because only these candidates need a YAML parser
    from pipeline.graph.markup import Map, compose

    item, _ = compose(file.read_text(encoding="utf-8-sig", errors="replace"), str(file))
    inner = item.items.get(section) if isinstance(item, Map) else None
    return list(inner.items) if isinstance(inner, Map) else []


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted(name for name in set(names) if name.startswith(incomplete))
