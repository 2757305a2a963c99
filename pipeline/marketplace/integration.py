"""Step 5, integration: the plugin in a fresh project, in a graph, over stored bars, run as any other."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Protocol

from pipeline.market.importing import import_frame
from pipeline.market.store import Market
from pipeline.market.synth import synthesise
from pipeline.marketplace.manifest import Manifest
from pipeline.marketplace.step import Remark, StepReport, step
from pipeline.marketplace.submission import Submission
from pipeline.settings import CONFIG_NAME

__all__ = ["CommandRunner", "Runner", "integrate", "write_project"]

_ROWS = 400


class Runner(Protocol):
    """Who runs a graph of a project."""

    def run(self, project: Path, graph: str) -> tuple[int, str]:
        """Exit status and what was said, JSON as `tradegraph run --json` writes it when the status is 0."""


class CommandRunner:
    """The command itself, in a process of its own."""

    def run(self, project: Path, graph: str) -> tuple[int, str]:
        """Run a graph as a user does."""
        env = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "SYSTEMROOT")}
        env |= {"HOME": str(project), "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        command = [sys.executable, "-P", "-m", "pipeline.cli", "run", graph, "--json"]
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, and a module of ours
                command, cwd=project, env=env, capture_output=True, text=True, timeout=300, check=False
            )
        except subprocess.TimeoutExpired:
            return 1, "it was not done after 300 s and was killed"
        return done.returncode, done.stdout if done.returncode == 0 else done.stderr or done.stdout


def integrate(submission: Submission, runner: Runner, *, confined: bool = True) -> StepReport:
    """Run the plugin in a graph of a fresh project, in a worker unless it cannot be `confined`."""
    with tempfile.TemporaryDirectory(prefix="tradegraph-project-") as folder:
        project = Path(folder)
        write_project(project, submission.manifest, submission.data["plugin"], confined=confined)
        status, said = runner.run(project, "trial")
    if status != 0:
        lines = said.strip().splitlines() or ["it said nothing"]
        return step(5, [Remark("run", "wrong", "\n".join(lines[-12:]))])
    try:
        told = json.loads(said)
        nodes = {str(node["node"]): str(node["status"]) for node in told["nodes"]}
    except (ValueError, KeyError, TypeError) as error:
        return step(5, [Remark("run", "wrong", f"its answer cannot be read: {type(error).__name__}: {error}")])
    bad = {name: how for name, how in nodes.items() if how not in ("computed", "cached")}
    if bad or "it" not in nodes:
        return step(5, [Remark("run", "wrong", f"not every node was computed: {bad or 'it is missing'}")])
    return step(5, [Remark("run", "ok", f"{len(nodes)} nodes over {_ROWS} bars of two symbols")], nodes=nodes)


def write_project(project: Path, manifest: Manifest, plugin: bytes, *, confined: bool = True) -> None:
    """A project with two symbols of made-up bars, the plugin, and a graph `trial` whose node `it` is the plugin."""
    start = dt.datetime(2020, 1, 6, tzinfo=dt.UTC)
    (project / "nodes" / "custom").mkdir(parents=True)
    (project / "graphs").mkdir()
    (project / CONFIG_NAME).write_text(f'{{"isolation": "{"worker" if confined else "none"}"}}\n')
    (project / "nodes" / "custom" / f"{manifest.id}.py").write_bytes(plugin)
    wires = ["bars: daily", *(f"{name}: mean" for name in manifest.inputs)]
    nodes = [f"  it: {{use: {manifest.id}, in: {{{', '.join(wires)}}}}}"]
    if manifest.inputs:
        nodes.insert(0, "  mean: {use: sma, in: daily.close, with: {period: 5}}")
    text = ["tradegraph: 1", "name: trial", "bars:", "  daily: {timeframe: 1d, symbols: all}", "nodes:", *nodes]
    (project / "graphs" / "trial.yaml").write_text("\n".join([*text, "outputs: {it: it}", ""]))
    import_frame(Market(project / "market"), synthesise(2, "1d", start, _ROWS, 7), "1d", source="made up")
