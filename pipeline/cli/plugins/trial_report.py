"""What `tradegraph plugin test` and `profile` answer."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import report
from pipeline.cli.console.figure import counted
from pipeline.cli.console.session import Session, shown_path
from pipeline.engine import Engine
from pipeline.errors import SettingsError, UsageError
from pipeline.plugins.admit import Policy
from pipeline.plugins.confine import Bounds
from pipeline.plugins.examination.checkup import Limits, checkup
from pipeline.plugins.examination.finding import Finding, document
from pipeline.plugins.examination.profile import save_profile
from pipeline.plugins.examination.unit_test import capture_unit_tests, run_unit_tests
from pipeline.plugins.overview import find_plugin
from pipeline.plugins.workers.host import WorkerHost

__all__ = ["profiled", "tried", "unit"]

_MARKS = {"ok": ("ok", "green"), "wrong": ("wrong", "red"), "note": ("note", "yellow")}


def tried(session: Session, file: Path, timeout: float | None, *, as_json: bool) -> int:
    """Look at a file and say what was found, line by line; 1 when something is wrong.

    Loading and each call may take `timeout` seconds, by default as long as the project says.
    """
    found: list[Finding] = []
    policy, project, limits = _surroundings(session)
    limits = limits if timeout is None else replace(limits, timeout=timeout)
    for finding in checkup(file.absolute(), policy, project, limits):
        found.append(finding)
        if not as_json:
            _say(finding)
    wrong = [finding for finding in found if finding.verdict == "wrong"]
    if as_json:
        echo_json(document(str(file), found))
    else:
        report([finding.fault for finding in wrong if finding.fault is not None and finding.fault.place is not None])
        click.echo(f"{shown_path(file)}: {counted(len(wrong), 'finding')} to mend" if wrong else "all is well")
    return int(bool(wrong))


def unit(session: Session, file: Path, tests: Path, *, real: bool, here: bool) -> int:
    """Run a unit test, in a worker unless it is to be `here`; 1 when a test fails."""
    file, tests, as_json = file.absolute(), tests.absolute(), session.json
    if here:
        found = run_unit_tests(file, tests, real=real)
    else:
        _, _, limits = _surroundings(session)
        captured = capture_unit_tests(file, tests)
        with WorkerHost([], None, bounds=Bounds.usual(limits.memory_mb), patience=limits.timeout) as host:
            found = host.unit(captured, tests, real=real)
    if as_json:
        echo_json({"passed": found.passed, "tests": found.count, "failures": found.failures, "gaps": found.gaps})
        return int(not found.passed)
    for name, text in found.failures.items():
        click.echo(f"{click.style('failed', fg='red')} {name}\n{textwrap.indent(text.rstrip(), '  ')}")
    if found.gaps:
        click.echo(f"{click.style('failed', fg='red')} the pandas adapter lacks {found.gaps}; see --pandas")
    click.echo(f"{counted(found.count, 'test')}, {counted(len(found.failures), 'failure')}")
    return int(not found.passed)


def profiled(
    engine: Engine, plugin_id: str, params: Mapping[str, str], size: tuple[int, int], *, as_json: bool
) -> None:
    """Profile a call over `size[0]` made-up bars and show `size[1]` functions."""
    if any(not name for name in params):
        raise UsageError("-p takes NAME=VALUE")
    plugin = find_plugin(engine.discovery, plugin_id)
    file = engine.project.logs / "profiles" / f"{plugin_id}.prof"
    found = engine.plugins.profile(plugin, params, size[0], lines=size[1])
    save_profile(found, file)
    if as_json:
        echo_json({"plugin": plugin_id, "rows": size[0], "seconds": found.seconds, "file": file})
        return
    click.echo(found.table)
    click.echo(f"\n{plugin_id}: {found.seconds * 1e3:.1f} ms for {size[0]:,} bars; saved as {shown_path(file)}")


def _say(finding: Finding) -> None:
    word, colour = _MARKS[finding.verdict]
    click.echo(f"{click.style(f'{word:<5}', fg=colour)} {finding.what:<12} {finding.said}")


def _surroundings(session: Session) -> tuple[Policy, tuple[str, ...], Limits]:
    """What the project at hand says of signatures and limits, and its node types; outside of projects all may load."""
    try:
        engine = session.open_engine()
    except SettingsError as error:
        if error.faults[0].code != "TG002":
            raise
        return Policy(), (), Limits()
    said = engine.project.settings
    policy = Policy(
        allow_unsigned=said.development_mode.allow_unsigned_plugins,
        keys=said.trusted_keys,
    )
    slow = said.performance_monitoring.max_execution_time_ms
    return policy, engine.registry.ids, Limits(said.plugin_timeout, said.memory_limit_mb, slow)
