"""The bench: the process in which a submission's code is run for its review, shut in, and thrown away with it.

It tries and measures a plugin and writes what was found to its output as JSON. Before a line of foreign code runs, the
process gives up the network, other processes and all files but its own, as far as the system can enforce that. Whatever
it writes is the word of a process that has run foreign code: it is read with care, and nothing that is signed rests on
it alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import TradegraphError
from pipeline.execution.attempt import InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.laws.choice import base
from pipeline.marketplace.manifest import manifest_of
from pipeline.marketplace.measure import measure
from pipeline.marketplace.place import Part
from pipeline.marketplace.step import Remark
from pipeline.marketplace.trace import watched
from pipeline.marketplace.trial import try_out
from pipeline.model.column import Column
from pipeline.model.node import NodeType
from pipeline.plugins.confine import Bounds, Sight, confine
from pipeline.plugins.examination.sample_bars import sample_bars
from pipeline.plugins.examination.sample_call import sample_call
from pipeline.plugins.load import Loader

__all__ = ["Bench", "Benched", "ProcessBench", "bench"]

_BEGIN = "import sys; from pipeline.marketplace.bench import main; main(sys.argv[1:])"
_LIMIT = 30.0
"""Seconds for one call of the plugin."""


@dataclass(frozen=True)
class Benched:
    """What a bench found: remarks of step 2, figures and what the code reached for. `digest` is that of the manifest
    which the code itself gives; `before` are the figures of the version before; `answers` stands for what it gives over
    made-up bars. `confinement` says what held it, "" for nothing.
    """

    remarks: tuple[Remark, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    before: Mapping[str, float] = field(default_factory=dict)
    reached: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    answers: str = ""
    confinement: str = ""


class Bench(Protocol):
    """Who runs the code of a submission."""

    def run(self, plugin: Path, test: Path, author: str, before: Path | None) -> Benched:
        """Try and measure a plugin, and measure the version before it. Must not raise what the plugin raises."""


class ProcessBench:
    """Runs it in a process of its own, shut in, with an empty home and without our environment, killed when it is late.

    Twice, with two hash seeds: code whose answers depend on the order of a set is found out. A plugin that asks for
    what no confinement grants can only be tried with `confined` off, on a machine that has nothing to lose.
    """

    def __init__(self, seconds: float = 600.0, *, confined: bool = True) -> None:
        self._seconds = seconds
        self._confined = confined

    def run(self, plugin: Path, test: Path, author: str, before: Path | None) -> Benched:
        """Try and measure a plugin, and measure the version before it."""
        shut = "confined" if self._confined else "open"
        args = [str(plugin), str(test), author, str(before or ""), shut]
        found = self._ran([*args, "all"], "1")
        if any(remark.verdict == "wrong" for remark in found.remarks):
            return found
        again = self._ran([*args, "answers"], "2")
        if again.answers != found.answers:
            failed = next((remark.said for remark in again.remarks if remark.verdict == "wrong"), "")
            said = failed or "two processes give different values: does the order of a set matter?"
            return replace(found, remarks=(*found.remarks, Remark("determinism", "wrong", said)))
        same = Remark("determinism", "ok", "the same bits in two processes and with two hash seeds")
        return replace(found, remarks=(*found.remarks, same))

    def _ran(self, args: Sequence[str], seed: str) -> Benched:
        with tempfile.TemporaryDirectory(prefix="tradegraph-bench-") as home:
            kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
            paths = os.pathsep.join(path for path in sys.path if path)
            env = {**kept, "HOME": home, "TMPDIR": home, "XDG_CACHE_HOME": home, "PYTHONPATH": paths}
            command = [sys.executable, "-P", "-c", _BEGIN, home, *args]
            try:
                ran = subprocess.run(  # noqa: S603 - this interpreter, and a module of ours
                    command,
                    cwd=home,
                    env={**env, "PYTHONHASHSEED": seed},
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=self._seconds,
                    check=False,
                )
                return _read(json.loads(ran.stdout.splitlines()[-1]))
            except subprocess.TimeoutExpired:
                said = f"it was not done after {self._seconds:g} s and was killed"
            except (OSError, ValueError, KeyError, TypeError, IndexError):
                said = _ended(ran.returncode, ran.stderr)
        return Benched((Remark("bench", "wrong", said),))


def bench(plugin: Path, test: Path, author: str, before: Path | None) -> Benched:
    """Try and measure a plugin in this process."""
    remarks: list[Remark] = []
    digest, answers = "", ""
    figures: dict[str, float] = {}
    with watched([plugin]) as trace:
        try:
            loaded = Loader().load(plugin, plugin.parent)
            node = loaded.types[0]
            files = {part: path.read_bytes() for part, path in _files(plugin, test).items()}
            digest = manifest_of(loaded.plugins[0], node, author, plugin.stem, files).digest
            remarks += try_out(plugin, test, node, _LIMIT, real=loaded.plugins[0].real)
            if all(remark.verdict != "wrong" for remark in remarks):
                figures, answers = measure(node, _LIMIT), _answers(node)
        except TradegraphError as error:
            fault = error.faults[0]
            line = fault.place.line if fault.place else None
            remarks.append(Remark("file", "wrong", f"{fault.code} {fault.message}", line))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything; here that is a finding
            remarks.append(Remark("file", "wrong", f"{type(error).__name__}: {error}"))
    old = _figures(before) if before is not None and figures else {}
    return Benched(tuple(remarks), figures, old, tuple(trace.found), digest, answers)


def _answers(node: NodeType) -> str:
    """A digest of what it gives over made-up bars, "" where it gives nothing."""
    outcome = InProcess(KernelCache(None)).call(sample_call(node, base(node), sample_bars(1_000)), _LIMIT)
    found = hashlib.sha256()
    for name, column in (outcome.value or {}).items():
        if isinstance(column, Column):
            found.update(name.encode() + b"\0" + column.array.tobytes())
    return found.hexdigest() if outcome.value else ""


def _files(plugin: Path, test: Path) -> dict[Part, Path]:
    return {"plugin": plugin, "page": plugin.with_suffix(".md"), "test": test}


def _figures(plugin: Path) -> dict[str, float]:
    try:
        return measure(Loader().load(plugin, plugin.parent).types[0], _LIMIT)
    except (Exception, SystemExit):  # noqa: BLE001 - the version before is no longer what is judged
        return {}


def _read(said: Mapping[str, Any]) -> Benched:
    return Benched(
        tuple(Remark(**remark) for remark in said["remarks"]),
        {str(name): float(value) for name, value in said["figures"].items()},
        {str(name): float(value) for name, value in said["before"].items()},
        tuple((str(kind), str(what)) for kind, what in said["reached"]),
        *(str(said[name]) for name in ("digest", "answers", "confinement")),
    )


def _ended(status: int, said: str) -> str:
    if status == -signal.SIGSYS:
        return "it reached for the network, another process or the system, and was ended for it"
    last = (said.strip().splitlines() or ["it said nothing"])[-1]
    return f"the process that tried it ended with status {status}: {last}"


def main(args: Sequence[str]) -> None:
    """The process's own beginning."""
    home, plugin, test, author, before, shut, what = args
    out = os.dup(1)
    os.dup2(2, 1)  # what the plugin prints is none of the answer
    places = [*sys.path, str(Path(plugin).parent), *([str(Path(before).parent)] if before else [])]
    confinement = ""
    if shut == "confined":
        held = confine(Sight.of_libraries(places, private=[Path.home()], writes=home), Bounds.usual())
        confinement = "" if str(held) == "none" else str(held)
    if what == "answers":
        found = Benched(answers=_answers(Loader().load(Path(plugin), Path(plugin).parent).types[0]))
    else:
        found = bench(Path(plugin), Path(test), author, Path(before) if before else None)
    os.write(out, b"\n" + json.dumps(asdict(replace(found, confinement=confinement))).encode())
