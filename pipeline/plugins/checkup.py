"""The check-up of one plugin file: all that admission looks at and more, as findings for its author."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from pipeline.errors import Fault, Place, PluginError, TradegraphError
from pipeline.execution.alarm import Overdue, alarm
from pipeline.execution.attempt import Call, InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.frame import recorded_spellings
from pipeline.laws.choice import base
from pipeline.model.node import NodeType
from pipeline.plugins.admit import Admission, Policy
from pipeline.plugins.discover import build_registry, source_root
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.host import WorkerHost
from pipeline.plugins.load import Loaded, Loader
from pipeline.plugins.requirement import missing_package
from pipeline.plugins.sample_bars import sample_bars
from pipeline.plugins.sample_call import sample_call
from pipeline.plugins.sign import signature_of

__all__ = ["Finding", "checkup"]

Verdict: TypeAlias = Literal["ok", "wrong", "note"]
_SHORT, _LONG = 1_000, 10_000
_SEEDS = ("1", "2")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, in which plugin, whether it is well, and what was found."""

    what: str
    plugin: str
    verdict: Verdict
    said: str
    fault: Fault | None = None


def checkup(path: Path, policy: Policy, project: Sequence[str] = ()) -> Iterator[Finding]:
    """Look at a plugin file from all sides, one finding after the other; the first that is wrong may be the last.

    `project` are the ids of node types that a plugin may require besides those of its file.
    """
    loader = Loader()
    try:
        file = loader.tree.read(path, source_root(path, path.parent))
        yield Finding("file", path.stem, "ok", f"{len(file.data):,} bytes of Python")
        signature = signature_of(path, policy.keys, file.data)
        fine = signature.state == "valid" or (signature.state != "wrong" and policy.allow_unsigned)
        said = f"{signature}: {signature.reason}" if signature.reason else str(signature)
        yield Finding("signature", path.stem, "ok" if fine else "wrong", said)
        if signature.state == "wrong":
            return
        with alarm(policy.timeout):
            loaded = loader.load(path, file.root)
    except Overdue:
        said = f"it took longer than {policy.timeout:g} s to be loaded: is there an endless loop?"
        yield Finding("file", path.stem, "wrong", f"TG505 {said}", Fault("TG505", said, Place(str(path))))
        return
    except TradegraphError as error:
        fault = error.faults[0]
        yield Finding("file", path.stem, "wrong", f"{fault.code} {fault.message}", fault)
        return
    if not loaded.plugins:
        natives = ", ".join(node.id for node in loaded.types)
        what = f"no plugin of the guide's kind; `tradegraph nodes verify` is for {natives}" if natives else "no plugin"
        yield Finding("metadata", path.stem, "note" if natives else "wrong", what)
        return
    shipped = build_registry([]).registry.ids
    known = {*shipped, *project, *(node.id for node in loaded.types)}
    for plugin in loaded.plugins:
        node = next(node for node in loaded.types if node.id == plugin.id)
        if plugin.id in shipped:
            said = f"TG404 the id {plugin.id!r} is that of a node type that ships"
            yield Finding("id", plugin.id, "wrong", said)
        yield from _of_plugin(plugin, node, _Loading(loaded, loader, known), policy.timeout)


@dataclass(frozen=True, slots=True)
class _Loading:
    """A file that was loaded: by whom, and which node types there are besides."""

    loaded: Loaded
    loader: Loader
    known: Set[str]


def _of_plugin(plugin: GuidePlugin, node: NodeType, loading: _Loading, limit: float) -> Iterator[Finding]:
    metadata, params = plugin.metadata, ", ".join(param.name for param in plugin.params) or "none"
    said = f"{metadata.name} {metadata.version} by {metadata.author}; params: {params}"
    yield Finding("metadata", plugin.id, "ok", said)
    try:
        missing = missing_package(plugin, dict.fromkeys(loading.known))
    except PluginError as malformed:
        missing = malformed
    said = missing.faults[0].message if missing else ", ".join(plugin.requirements) or "none"
    yield Finding("dependencies", plugin.id, "wrong" if missing else "ok", said)
    path = loading.loaded.path
    with recorded_spellings() as spellings:
        found = Admission(None, limit).examine(node, loading.loader.tree.read(path, path.parent).tree, exhaustive=True)
    for fault in found.faults:
        at = f"line {fault.place.line}: " if fault.place else ""
        what = "contract" if fault.code == "TG413" else "causality" if "looks ahead" in fault.message else "determinism"
        yield Finding(what, plugin.id, "wrong", f"{at}{fault.code} {fault.message}", fault)
    if found.faults:
        return
    signals = "" if found.signals is None else f", {found.signals:,} signals"
    yield Finding("contract", plugin.id, "ok", f"right columns and values over {found.rows:,} made-up bars{signals}")
    if found.infinite:
        said = f"infinite values, first {found.infinite}: is a bar without volume or move divided by?"
        yield Finding("contract", plugin.id, "note", said)
    yield Finding("causality", plugin.id, "ok", f"no look ahead: cut after each of {found.cuts:,} bars")
    yield _determinism(node)
    yield _speed(node)
    yield _memory(node)
    if found.fallback:
        yield Finding("pandas", plugin.id, "note", f"runs on real pandas: the adapter lacks {found.fallback}")
    else:
        where = "on real pandas, as it asks" if plugin.real else "on the adapter, nothing is lacking"
        yield Finding("pandas", plugin.id, "ok", where)
    if old := sorted({f"{note.operation} (line {note.place.line if note.place else '?'})" for note in spellings}):
        yield Finding("spellings", plugin.id, "note", f"old pandas, which pandas 3 refuses: {', '.join(old)}")


def _determinism(node: NodeType) -> Finding:
    """The same bits from two fresh processes whose sets of texts have another order."""
    answers = []
    for seed in _SEEDS:
        with WorkerHost([Path(node.origin).parent], None, hash_seed=seed) as host:
            outcome = host.call(_call(node, _SHORT), 120.0)
        if outcome.raised is not None or outcome.value is None:
            said = outcome.raised.message if outcome.raised else "it gave nothing"
            return Finding("determinism", node.id, "wrong", f"in a process of its own: {said}")
        answers.append({name: column.array for name, column in outcome.value.items() if hasattr(column, "array")})
    for name, first in answers[0].items():
        differing = np.flatnonzero(~((first == answers[1][name]) | (np.isnan(first) & np.isnan(answers[1][name]))))
        if len(differing):
            said = f"two processes differ in {name!r}, first in row {differing[0]}: does the order of a set matter?"
            return Finding("determinism", node.id, "wrong", said)
    return Finding("determinism", node.id, "ok", "the same bits twice, in two processes and with two hash seeds")


def _speed(node: NodeType) -> Finding:
    caller = InProcess(KernelCache(None))
    times = {rows: min(caller.call(_call(node, rows)).ms for _ in range(3)) for rows in (_SHORT, _LONG)}
    said = ", ".join(f"{ms:.1f} ms for {rows:,} bars" for rows, ms in times.items())
    if times[_LONG] > 30 * times[_SHORT] and times[_LONG] > 50:
        return Finding("speed", node.id, "note", f"{said}: it grows faster than the bars, is there a loop in a loop?")
    return Finding("speed", node.id, "ok", said)


def _memory(node: NodeType) -> Finding:
    call, caller = _call(node, _LONG), InProcess(KernelCache(None))
    tracemalloc.start()
    try:
        caller.call(call)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Finding("memory", node.id, "ok", f"{peak / 1e6:.1f} MB at most for {_LONG:,} bars")


def _call(node: NodeType, rows: int) -> Call:
    return sample_call(node, base(node), sample_bars(rows))
