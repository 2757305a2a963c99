"""The bench: the process in which a submission's code is run for its review, and thrown away with it.

`python -m pipeline.marketplace.bench FOLDER OUT` reads the submission in FOLDER, tries and measures it, and writes what
was found to OUT as JSON. Whatever it writes is the word of a process that has run foreign code: it is read with care,
and nothing that is signed rests on it alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import TradegraphError
from pipeline.marketplace.manifest import manifest_of
from pipeline.marketplace.measure import measure
from pipeline.marketplace.place import PARTS
from pipeline.marketplace.step import Remark
from pipeline.marketplace.trace import watched
from pipeline.marketplace.trial import try_out
from pipeline.plugins.load import Loader

__all__ = ["Bench", "Benched", "ProcessBench", "bench"]

_LIMIT = 30.0
"""Seconds for one call of the plugin."""


@dataclass(frozen=True)
class Benched:
    """What a bench found: remarks of step 2, figures and what the code reached for. `digest` is that of the manifest
    which the code itself gives; `before` are the figures of the version before.
    """

    remarks: tuple[Remark, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    before: Mapping[str, float] = field(default_factory=dict)
    reached: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    confinement: str = ""


class Bench(Protocol):
    """Who runs the code of a submission."""

    def run(self, plugin: Path, test: Path, author: str, before: Path | None) -> Benched:
        """Try and measure a plugin, and measure the version before it. Must not raise what the plugin raises."""


class ProcessBench:
    """Runs it in a process of its own, with an empty home and without our environment, killed when it is late."""

    def __init__(self, seconds: float = 600.0) -> None:
        self._seconds = seconds

    def run(self, plugin: Path, test: Path, author: str, before: Path | None) -> Benched:
        """Try and measure a plugin, and measure the version before it."""
        with tempfile.TemporaryDirectory(prefix="tradegraph-bench-") as home:
            out = Path(home) / "found.json"
            command = [sys.executable, "-P", "-m", "pipeline.marketplace.bench"]
            command += [str(plugin), str(test), author, str(before or ""), str(out)]
            kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
            paths = os.pathsep.join(path for path in sys.path if path)
            env = {**kept, "HOME": home, "TMPDIR": home, "XDG_CACHE_HOME": home, "PYTHONPATH": paths}
            try:
                ran = subprocess.run(  # noqa: S603 - this interpreter, and a module of ours
                    command, cwd=home, env=env, capture_output=True, text=True, timeout=self._seconds, check=False
                )
                return _read(json.loads(out.read_text(encoding="utf-8")))
            except subprocess.TimeoutExpired:
                said = f"it was not done after {self._seconds:g} s and was killed"
            except (OSError, ValueError, KeyError, TypeError):
                last = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
                said = f"the process that tried it ended with status {ran.returncode}: {last}"
        return Benched((Remark("bench", "wrong", said),))


def bench(plugin: Path, test: Path, author: str, before: Path | None) -> Benched:
    """Try and measure a plugin in this process."""
    with watched([plugin]) as trace:
        remarks, digest, figures = _tried(plugin, test, author)
    old = _figures(before) if before is not None else {}
    return Benched(tuple(remarks), figures, old, tuple(trace.found), digest)


def _tried(plugin: Path, test: Path, author: str) -> tuple[list[Remark], str, dict[str, float]]:
    remarks: list[Remark] = []
    try:
        loaded = Loader().load(plugin, plugin.parent)
        node = loaded.types[0]
        files = {part: path.read_bytes() for part, path in _files(plugin, test).items()}
        digest = manifest_of(loaded.plugins[0], node, author, plugin.stem, files).digest  # type: ignore[arg-type]
        remarks += try_out(plugin, test, node, _LIMIT)
        well = all(remark.verdict != "wrong" for remark in remarks)
        return remarks, digest, measure(node, _LIMIT) if well else {}
    except TradegraphError as error:
        fault = error.faults[0]
        line = fault.place.line if fault.place else None
        return [*remarks, Remark("file", "wrong", f"{fault.code} {fault.message}", line)], "", {}
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything; here that is a finding
        return [*remarks, Remark("file", "wrong", f"{type(error).__name__}: {error}")], "", {}


def _files(plugin: Path, test: Path) -> dict[str, Path]:
    found = {"plugin": plugin, "page": plugin.with_suffix(".md"), "test": test}
    return {part: found[part] for part in PARTS if part in found}


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
        str(said["digest"]),
        str(said["confinement"]),
    )


def main(args: Sequence[str]) -> None:
    """The process's own beginning."""
    plugin, test, author, before, out = args
    found = bench(Path(plugin), Path(test), author, Path(before) if before else None)
    Path(out).write_text(json.dumps(asdict(found)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
