"""The check-up of one plugin file: all that admission looks at and more, as findings for its author.

Its code is run in workers alone, shut in as far as the system can, whatever the settings say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import Fault, Place, PluginError, TradegraphError
from pipeline.execution.attempt import Call, Outcome
from pipeline.laws.certify import certify
from pipeline.laws.choice import base
from pipeline.laws.sample import draw
from pipeline.laws.trial import Compiled, Trial
from pipeline.model.node import NodeType
from pipeline.plugins.admit import Policy
from pipeline.plugins.apart import Apart
from pipeline.plugins.capture import capture
from pipeline.plugins.confine import Bounds
from pipeline.plugins.describe import Described, read_description
from pipeline.plugins.discover import build_registry, source_root
from pipeline.plugins.examination.finding import Finding, Run, run_of
from pipeline.plugins.examination.sample_bars import sample_bars
from pipeline.plugins.examination.sample_call import sample_call
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.load import Loaded, Loader
from pipeline.plugins.requirement import missing_package
from pipeline.plugins.sign import signature_of
from pipeline.plugins.workers.forkserver import forkserver
from pipeline.plugins.workers.host import WorkerEnded, WorkerHost

__all__ = ["Limits", "checkup"]

_SHORT, _LONG = 1_000, 10_000
_SEEDS = ("1", "2")
_ROWS = 360


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that loading and each call may take, MB of a worker (None: the usual), ms that count as slow."""

    timeout: float = 30.0
    memory_mb: int | None = None
    slow_ms: float = 5_000.0


def checkup(path: Path, policy: Policy, project: Sequence[str] = (), limits: Limits | None = None) -> Iterator[Finding]:
    """Look at a plugin file from all sides, one finding after the other; the first that is wrong may be the last.

    `project` are the ids of node types that a plugin may require besides those of its file.
    """
    limits = limits or Limits()
    loader = Loader()
    with WorkerHost([path.parent], None, bounds=Bounds.usual(limits.memory_mb), patience=limits.timeout) as host:
        try:
            file = loader.tree.read(path, source_root(path, path.parent))
            yield Finding("file", path.stem, "ok", f"{len(file.data):,} bytes of Python")
            signature = signature_of(path, policy.keys, file.data)
            fine = signature.state == "valid" or (signature.state != "wrong" and policy.allow_unsigned)
            said = f"{signature}: {signature.reason}" if signature.reason else str(signature)
            flag = "" if signature.state == "valid" else "unsigned"
            fault = None if fine else Fault("TG412", said, Place(str(path)))
            yield Finding("signature", path.stem, "ok" if fine else "wrong", said, fault, flag)
            if signature.state == "wrong":
                return
            captured = capture(loader.tree, file)
            told = host.describe(captured, limits.timeout)
            loaded = read_description(told, Described(file, captured, loader.digester, host.ask))
        except TradegraphError as error:
            fault = error.faults[0]
            # an indicator that does not name its outputs is called once when it is loaded
            run = _ending(error) if fault.message.startswith("on sample bars: ") else None
            yield Finding("run" if run else "file", path.stem, "wrong", f"{fault.code} {fault.message}", fault, run=run)
            return
        if not loaded.types:
            fault = Fault("TG403", "it declares no plugin and no node type", Place(str(path)))
            yield Finding("metadata", path.stem, "wrong", fault.message, fault)
            return
        guided = {plugin.id: plugin for plugin in loaded.plugins}
        shipped = build_registry([]).registry.ids
        known = {*shipped, *project, *(node.id for node in loaded.types)}
        trial = _Checkup(host, loaded, known, limits)
        for node in loaded.types:
            if node.id in shipped:
                fault = Fault("TG404", f"the id {node.id!r} is that of a node type that ships", Place(str(path)))
                yield Finding("id", node.id, "wrong", f"TG404 {fault.message}", fault)
            elif node.id in guided:
                yield from trial.of_plugin(guided[node.id], node)
            else:
                yield from trial.of_native(node)


@dataclass(frozen=True, slots=True)
class _Checkup:
    """A file that was loaded, by whom, and which node types there are besides."""

    host: WorkerHost
    loaded: Loaded
    known: Set[str]
    limits: Limits

    def of_plugin(self, plugin: GuidePlugin, node: NodeType) -> Iterator[Finding]:
        metadata, params = plugin.metadata, ", ".join(param.name for param in plugin.params) or "none"
        said = f"{metadata.name} {metadata.version} by {metadata.author}; params: {params}"
        yield Finding("metadata", plugin.id, "ok", said)
        yield (needs := self._dependencies(plugin))
        if needs.verdict == "wrong":
            return
        outcome = self.host.call(_call(node, _SHORT), self.limits.timeout)
        if outcome.raised is not None and outcome.raised.code != "TG507":  # that one wants more bars
            yield _run(node, outcome)
            return
        try:
            trial = self.host.examine(node, exhaustive=True, limit=self.limits.timeout)
        except PluginError as error:
            fault = error.faults[0]
            yield Finding("run", node.id, "wrong", f"{fault.code} {fault.message}", fault, run=_ending(error))
            return
        found = trial.examination
        for fault in found.faults:
            yield _broken(node, fault, run_of(outcome))
        if found.faults:
            return
        signals = "" if found.signals is None else f", {found.signals:,} signals"
        said = f"right columns and values over {found.rows:,} made-up bars{signals}"
        yield Finding("contract", plugin.id, "ok", said, run="ok")
        if found.infinite:
            said = f"infinite values, first {found.infinite}: is a bar without volume or move divided by?"
            yield Finding("contract", plugin.id, "note", said, flag="infinite")
        yield Finding("causality", plugin.id, "ok", f"no look ahead: cut after each of {found.cuts:,} bars")
        yield self._determinism(node)
        yield self._speed(node)
        yield Finding("memory", node.id, "ok", f"{trial.peak / 1e6:.1f} MB at most for {_LONG:,} bars")
        if trial.mutates:
            said = "it changes the frame that it is given: `df.copy()` first lets it be called by anybody"
            yield Finding("input", plugin.id, "note", said, flag="mutates_input")
        if found.fallback:
            said = f"runs on real pandas: the adapter lacks {found.fallback}"
            yield Finding("pandas", plugin.id, "note", said, flag="real_pandas")
        else:
            where = "on real pandas, as it asks" if plugin.real else "on the adapter, nothing is lacking"
            yield Finding("pandas", plugin.id, "ok", where)
        if trial.spellings:
            said = f"old pandas, which pandas 3 refuses: {', '.join(trial.spellings)}"
            yield Finding("spellings", plugin.id, "note", said, flag="old_pandas")

    def of_native(self, node: NodeType) -> Iterator[Finding]:
        """A node type that is no plugin of the guide's kind: what `tradegraph nodes verify` looks at."""
        yield Finding("metadata", node.id, "ok", f"{node.category}, style {node.style}: {node.summary}")
        evaluate = Apart(Compiled(), self.host, self.limits.timeout)
        if node.style != "panel":  # those have rows of their own: the laws make them
            sample, params = draw(node, _ROWS), base(node)
            columns = node.columns(Trial(node, params, evaluate, _ROWS).kinds)
            outcome = self.host.call(Call(node, sample.ports, params, columns, sample.panel), self.limits.timeout)
            if outcome.raised is not None:
                yield _run(node, outcome)
                return
        found = certify(node, evaluate, rows=_ROWS)
        first = next(iter(found.breaches.values()), None)
        if first is not None and first.message.startswith("it raises"):
            fault = Fault("TG501", first.message, Place(node.origin))
            yield Finding("run", node.id, "wrong", f"TG501 {first.message}", fault, run="error")
            return
        yield Finding("run", node.id, "ok", f"{found.laws} laws over {_ROWS} bars of three symbols", run="ok")
        flags = {"causality": "lookahead", "determinism": "nondeterministic"}
        for law, breach in found.breaches.items():
            flag = flags.get(law, "lookahead" if "later bar" in breach.message else "wrong_output")
            fault = Fault("TG414", f"it breaks the law of {law}: {breach.message}", Place(node.origin))
            yield Finding("causality" if flag == "lookahead" else law, node.id, "wrong", fault.message, fault, flag)

    def _dependencies(self, plugin: GuidePlugin) -> Finding:
        try:
            missing = missing_package(plugin, dict.fromkeys(self.known))
        except PluginError as malformed:
            missing = malformed
        if missing is None:
            return Finding("dependencies", plugin.id, "ok", ", ".join(plugin.requirements) or "none")
        return Finding("dependencies", plugin.id, "wrong", missing.faults[0].message, missing.faults[0])

    def _determinism(self, node: NodeType) -> Finding:
        """The same bits from two fresh processes whose sets of texts have another order."""
        answers = []
        for seed in _SEEDS:
            try:
                with WorkerHost([], None, bounds=self.host.bounds, hash_seed=seed) as host:
                    outcome = host.call(_call(node, _SHORT), self.limits.timeout)
            finally:
                forkserver(seed).close()
            if outcome.raised is not None or outcome.value is None:
                said = outcome.raised.message if outcome.raised else "it gave nothing"
                return self._unsteady(node, f"in a process of its own: {said}")
            answers.append({name: column.array for name, column in outcome.value.items() if hasattr(column, "array")})
        for name, first in answers[0].items():
            other = answers[1][name]
            differing = np.flatnonzero(~((first == other) | (np.isnan(first) & np.isnan(other))))
            if len(differing):
                said = f"two processes differ in {name!r}, first in row {differing[0]}: does the order of a set matter?"
                return self._unsteady(node, said)
        return Finding("determinism", node.id, "ok", "the same bits twice, in two processes and with two hash seeds")

    def _unsteady(self, node: NodeType, said: str) -> Finding:
        fault = Fault("TG414", said, Place(node.origin))
        return Finding("determinism", node.id, "wrong", said, fault, "nondeterministic")

    def _speed(self, node: NodeType) -> Finding:
        def quickest(rows: int) -> float:
            return min(self.host.call(_call(node, rows), self.limits.timeout).ms for _ in range(3))

        times = {rows: quickest(rows) for rows in (_SHORT, _LONG)}
        said = ", ".join(f"{ms:.1f} ms for {rows:,} bars" for rows, ms in times.items())
        if times[_LONG] > self.limits.slow_ms:
            return Finding("speed", node.id, "note", f"{said}: that is slow", flag="slow")
        if times[_LONG] > 30 * times[_SHORT] and times[_LONG] > 50:
            said += ": it grows faster than the bars, is there a loop in a loop?"
            return Finding("speed", node.id, "note", said, flag="slow")
        return Finding("speed", node.id, "ok", said)


def _ending(error: TradegraphError) -> Run:
    """How a call ended that is told of by an error."""
    if error.faults[0].code == "TG505":
        return "timeout"
    return "killed" if isinstance(error, WorkerEnded) else "error"


def _run(node: NodeType, outcome: Outcome) -> Finding:
    """A call that went wrong."""
    raised = outcome.raised
    assert raised is not None
    fault = Fault(raised.code, raised.message, Place(node.origin, raised.line or 1), raised.hint)
    flag = "wrong_output" if raised.code == "TG502" else ""
    return Finding("run", node.id, "wrong", f"{raised.code} {raised.message}", fault, flag, run_of(outcome))


def _broken(node: NodeType, fault: Fault, run: Run) -> Finding:
    """What the examination has found, by what it is about."""
    at = f"line {fault.place.line}: " if fault.place else ""
    said = f"{at}{fault.code} {fault.message}"
    if fault.code != "TG413":
        ahead = "looks ahead" in fault.message
        what, flag = ("causality", "lookahead") if ahead else ("determinism", "nondeterministic")
        return Finding(what, node.id, "wrong", said, fault, flag, run)
    return Finding("contract", node.id, "wrong", said, fault, "wrong_output", run)


def _call(node: NodeType, rows: int) -> Call:
    return sample_call(node, base(node), sample_bars(rows))
