"""`tradegraph plugin test` and `profile`: what is wrong with a plugin, and where its time goes."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session

__all__ = ["profile", "test"]


@click.command(cls=Leaf)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--unit", metavar="TESTFILE", type=click.Path(path_type=Path, dir_okay=False), help="Run this unit test instead."
)
@click.option("--pandas", is_flag=True, help="With --unit: on pandas itself instead of the adapter.")
@click.option("--here", is_flag=True, help="With --unit: in this process, with your rights, for tests that read files.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.01), metavar="SECONDS", help="For loading, and each call; as the project."
)
@json_option
@pass_session
def test(session: Session, file: Path, *, unit: Path | None, pandas: bool, here: bool, timeout: float | None) -> int:
    """Look at a plugin file from all sides.

    Signature, metadata, dependencies, the contract, look ahead (cut after every bar), determinism over two processes
    and hash seeds, speed, memory, what falls back to pandas. It is run in workers that are shut in. Exit status 1 when
    something is wrong. With --json the verdict is one document: load, run, flags, reasons. With --unit, the tests of
    TESTFILE are run, in a worker as well: `import pandas` is served as in plugins, and the plugin is found by its
    file's name.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.plugins import trial_report

    if unit is not None:
        return trial_report.unit(session, file, unit, real=pandas, here=here)
    return trial_report.tried(session, file, timeout, as_json=session.json)


@click.command(cls=Leaf)
@click.argument("plugin_id", metavar="ID", shell_complete=candidate.node_types)
@click.option("--rows", type=click.IntRange(min=2), default=10_000, show_default=True, help="Made-up bars to run over.")
@click.option("-p", "--param", "params", metavar="NAME=VALUE", multiple=True, help="A param of the plugin.")
@click.option("--lines", type=click.IntRange(min=1), default=10, show_default=True, help="Functions to show.")
@json_option
@pass_session
def profile(session: Session, plugin_id: str, *, rows: int, params: tuple[str, ...], lines: int) -> None:
    """Show where the time of a plugin's call goes, in its worker.

    The profile is saved as logs/profiles/ID.prof for viewers such as snakeviz or `python -m pstats`.
    """
    from pipeline.cli.plugins import trial_report

    given = dict(pair.partition("=")[::2] for pair in params)
    trial_report.profiled(session.open_engine(), plugin_id, given, (rows, lines), as_json=session.json)
