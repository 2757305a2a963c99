"""Recipes and keys: what a step computes, and on which data, as digests that are known before any bar is read.

A *recipe* covers the node type's code, its typed params, the versions of the libraries that compute it and
the recipes of what it feeds on. A *key* is a recipe and the digests of the bars below it. Names of nodes
and graphs are in neither.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline import frame
from pipeline.execution.holding import Coverage
from pipeline.graph.graph import Node, Wire
from pipeline.model.bars import BarsRequest, ResolvedBars
from pipeline.model.digest import DIGEST_SIZE, digest, encode
from pipeline.model.node import NodeType

__all__ = ["KEY_VERSION", "Recipes", "library_versions"]

KEY_VERSION = 2
"""Part of every key. Raise it when the engine itself computes, adjusts or stores differently."""

_LIBRARIES: dict[str, tuple[str, ...]] = {
    "expression": ("polars",),
    "kernel": ("numba", "numpy"),
    "array": ("numpy",),
    "frame": ("polars", "numpy"),
    "table": ("polars",),
    "panel": ("polars", "numpy"),
}


@cache
def library_versions(style: str) -> Mapping[str, str]:
    """Versions of what computes nodes of a style, Python included; of the adapter, the digest of its source."""
    found = {name: version(name) for name in _LIBRARIES[style]}
    if style == "frame":
        # pandas-style code depends on the adapter as much as on polars, and the adapter changes more often
        home = Path(frame.__file__).parent
        found["adapter"] = digest([(path.name, path.read_bytes()) for path in sorted(home.rglob("*.py"))])
        # a node that hits a gap of the adapter runs on pandas itself, where there is one
        with suppress(PackageNotFoundError):
            found["pandas"] = version("pandas")
    return {**found, "python": f"{sys.version_info.major}.{sys.version_info.minor}"}


class Recipes:
    """Makes the recipes and keys of one plan; parts that many steps share are encoded once."""

    def __init__(self, bars: Mapping[BarsRequest, ResolvedBars]) -> None:
        self._bars = bars
        self._heads: dict[str, bytes] = {}
        self._params: dict[int, tuple[Node, bytes]] = {}
        self._inputs: dict[tuple[str, tuple[str, ...], str], bytes] = {}
        self._sources: dict[BarsRequest, bytes] = {}
        self._tails: dict[tuple[BarsRequest, bool, tuple[str, ...]], bytes] = {}
        self._coverages: dict[tuple[frozenset[BarsRequest], tuple[str, ...] | None], Coverage] = {}

    def recipe(
        self, node: Node, inputs: Iterable[tuple[Wire, str | BarsRequest]], axis: BarsRequest, *, cut: bool
    ) -> str:
        """The recipe of a node. `inputs` are its wires, each with a recipe or a bars request at the other end."""
        parts = [self._head(node.type), self._encoded(node)]
        for wire, source in inputs:
            shape = (wire.port, wire.columns, wire.kind.name)
            part = self._inputs.get(shape)
            if part is None:
                part = self._inputs[shape] = encode(shape)
            parts.append(part)
            # a tag and a fixed length: what follows cannot be read as something else
            parts.append(b"r" + bytes.fromhex(source) if isinstance(source, str) else self._source(source))
        kinds = tuple([kind.name for kind in node.kinds.values()])
        tail = self._tails.get((axis, cut, kinds))
        if tail is None:
            # the rows of the output, and what a Same kind became
            tail = encode((axis.token, kinds, ("from", axis.start) if cut else None))
            self._tails[axis, cut, kinds] = tail
        parts.append(tail)
        return blake2b(b"".join(parts), digest_size=DIGEST_SIZE).hexdigest()

    def coverage(self, requests: frozenset[BarsRequest], symbols: tuple[str, ...] | None = None) -> Coverage:
        """The bars of `requests` that lie below a value; of `symbols` alone when they are given."""
        found = self._coverages.get((requests, symbols))
        if found is None:
            resolved = {
                request.token: self._bars[request] for request in sorted(requests, key=lambda request: request.token)
            }
            parts = {token: _some(bars, symbols) for token, bars in resolved.items()}
            same = len({names for names, _ in parts.values()}) == 1 and len(resolved) == len(requests)
            names = next(iter(parts.values()))[0]
            found = Coverage(
                data=digest(
                    sorted((r.token, tuple(zip(*_some(self._bars[r], symbols), strict=True))) for r in requests)
                ),
                symbols=names,
                digests=_joined([digests for _, digests in parts.values()]) if same else (),
                ends=tuple((token, _iso(bars.request.end)) for token, bars in resolved.items()),
            )
            self._coverages[requests, symbols] = found
        return found

    def key(self, recipe: str, coverage: Coverage) -> str:
        """The key of a recipe over some bars."""
        return blake2b(bytes.fromhex(recipe + coverage.data), digest_size=DIGEST_SIZE).hexdigest()

    def _encoded(self, node: Node) -> bytes:
        """The typed params of a node. The node is kept, for its id must stay its own."""
        found = self._params.get(id(node))
        if found is None:
            found = self._params[id(node)] = node, encode(tuple(node.params.items()))
        return found[1]

    def _head(self, node: NodeType) -> bytes:
        """The part that all nodes of a type share: id, code, library versions."""
        head = self._heads.get(node.id)
        if head is None:
            versions = library_versions(node.style)
            head = encode((KEY_VERSION, node.id, node.style, node.scope, node.code, versions))
            self._heads[node.id] = head
        return head

    def _source(self, request: BarsRequest) -> bytes:
        source = self._sources.get(request)
        if source is None:
            source = self._sources[request] = b"b" + encode(request.token)
        return source


def _some(bars: ResolvedBars, symbols: tuple[str, ...] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The symbols of resolved bars and their digests; of `symbols` alone when they are given."""
    if symbols is None:
        return bars.symbols, bars.digests
    digests = dict(zip(bars.symbols, bars.digests, strict=True))
    there = tuple(symbol for symbol in symbols if symbol in digests)
    return there, tuple(digests[symbol] for symbol in there)


def _joined(sources: list[tuple[str, ...]]) -> tuple[str, ...]:
    """One digest per symbol over all sources."""
    return sources[0] if len(sources) == 1 else tuple(digest(parts) for parts in zip(*sources, strict=True))


def _iso(end: dt.datetime | None) -> str:
    return "" if end is None else end.isoformat()
