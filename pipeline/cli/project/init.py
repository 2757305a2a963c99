"""`tradegraph init`: a project that runs at once."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import CONFIG_NAME, Session, pass_session, shown_path
from pipeline.cli.data.tables import publish_market

__all__ = ["init"]


@click.command(cls=Leaf)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--empty", is_flag=True, help="Do not import the sample bars.")
@json_option
@pass_session
def init(session: Session, folder: Path, *, empty: bool) -> None:
    """Make a project in DIR that runs at once.

    It gets graphs and examples to begin with, and sample bars to run them on. Nothing that is there is touched:
    files in the way are named and nothing is written.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.project.starter import sample_bars, starter_files, write_starter

    written = write_starter(starter_files(), folder)
    rows = 0 if empty else _import_samples(folder, sample_bars(folder))
    if session.json:
        from pipeline.cli.console.document import echo_json

        files = [path.relative_to(folder).as_posix() for path in written]
        echo_json({"project": folder.resolve(), "files": files, "sample_rows": rows})
        return
    click.echo(f"made the project {shown_path(folder)}")
    parts = {
        "graphs/": "strategies as YAML: compose your own here",
        "nodes/custom/": "your node types and plugins",
        "examples/": "plugins, and sample bars with their provenance",
        CONFIG_NAME: "the settings",
    }
    if rows:
        parts["market/"] = f"{rows:,} sample bars: two stock indices, daily, 2009 to 2018"
    for name, what in parts.items():
        click.echo(f"  {name:<{len(CONFIG_NAME)}}  {what}")
    _next_steps(folder, empty=empty)


def _import_samples(folder: Path, files: list[Path]) -> int:
    if not files:
        return 0
    from pipeline.market import Market, import_files

    report = import_files(Market(folder / "market"), files, "1d", source="sample, see examples/bars")
    publish_market(Session(project=folder))
    return report.taken


def _next_steps(folder: Path, *, empty: bool) -> None:
    graphs = sorted(path.stem for path in (folder / "graphs").glob("*.yaml"))
    name = "ema_cross" if "ema_cross" in graphs else next(iter(graphs), "GRAPH")
    click.echo("\nnext:")
    if folder.resolve() != Path.cwd():
        click.echo(f"  cd {shown_path(folder)}")
    if empty:
        click.echo("  tradegraph data import FILES --timeframe 1d")
    click.echo(f"  tradegraph run {name}")
    click.echo('  tradegraph sql "select node, median(ms) from node_timings group by node"')
    click.echo("  tradegraph nodes list")
