"""What `tradegraph plugin` answers about the plugins of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, cast

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import report, tell
from pipeline.cli.console.figure import counted
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_table
from pipeline.cli.nodes.snippet import snippet
from pipeline.engine import Engine
from pipeline.errors import StoreError
from pipeline.plugins import install as changes
from pipeline.plugins.overview import find_plugin, information, overview
from pipeline.plugins.switch import switch

__all__ = ["installed", "listing", "made", "page", "removed", "switched"]


def listing(engine: Engine, *, as_json: bool) -> None:
    """The plugins, and the files that were refused."""
    found = engine.discovery
    engine.publish_events()
    if as_json:
        told = overview(engine.plugins)
        plugins = {name: information(found, plugin) for name, plugin in found.plugins.items()}
        echo_json({"plugins": plugins, "refused": told["refused"]})
        return
    status = {name: record for record in found.records for name in record.ids}
    rows = []
    for name, plugin in found.plugins.items():
        record = status[name]
        state = record.status if record.status == "loaded" else "kept: the new version was refused"
        rows.append((name, plugin.kind, plugin.metadata.version, state, record.signature, shown_path(plugin.path)))
    if rows:
        echo_table(("id", "type", "version", "status", "signature", "file"), rows, minor=("signature",))
    mine = [record for record in found.records if record.origin == "user" and record.status != "disabled"]
    natives = sum(bool(set(record.ids) - found.plugins.keys()) for record in mine)
    others = f", and {counted(natives, 'file')} with node types of other styles" if natives else ""
    click.echo(f"{counted(len(rows), 'plugin')}{others}; more about one: tradegraph plugin info ID")
    if off := [name for record in found.records if record.status == "disabled" for name in record.ids]:
        click.echo(f"switched off: {', '.join(off)}")
    faults = [fault for fault in found.registry.refused if fault.severity == "error"]
    if faults:
        tell(f"{counted(len({f.place.file for f in faults if f.place}), 'file')} could not be admitted:")
        report(faults)


def page(engine: Engine, plugin_id: str, *, as_json: bool) -> None:
    """All there is to know of a plugin. Raises PluginError when there is none."""
    found = engine.discovery
    plugin = find_plugin(found, plugin_id)
    told, times = information(found, plugin), _times(engine, plugin_id)
    if as_json:
        echo_json({**told, "timings": times})
        return
    click.echo(
        f"{click.style(plugin.id, bold=True)}  {plugin.kind} {plugin.metadata.version} by {plugin.metadata.author}"
    )
    click.echo(f"\n{plugin.metadata.description}\n")
    if told["parameters"]:
        rows = [
            (
                name,
                said["type"],
                "" if said["default"] is None else str(said["default"]),
                said["range"],
                said["description"],
            )
            for name, said in told["parameters"].items()
        ]
        echo_table(("param", "type", "default", "range", "meaning"), rows, roomy=("meaning",))
        click.echo()
    lines = {
        "takes": ", ".join(["bars", *told["inputs"]]),
        "gives": ", ".join(told["outputs"]) if plugin.kind == "indicator" else "event, strength",
        "requires": ", ".join(told["dependencies"]) or "nothing",
        "runs on": "real pandas" if plugin.real else "the pandas adapter",
        "signature": told["signature"] or "unsigned",
        "status": told["status"],
        "file": shown_path(plugin.path),
        "code": told["code"],
    }
    if times:
        lines["calls"] = (
            f"{times['calls']:,}, {times['median_ms']:.2f} ms in the middle, {times['max_ms']:.2f} ms at most"
        )
    for name, said in lines.items():
        click.echo(f"{name:<10} {said}")
    click.echo("\nin a graph, below `nodes:`")
    for line in snippet(found.registry[plugin_id]).splitlines():
        click.echo(f"  {line}")


def made(engine: Engine, kind: str, name: str, *, as_json: bool) -> None:
    """Write a template."""
    path = changes.write_template(engine.plugins, cast("Literal['strategy', 'indicator']", kind), name)
    test = path.with_name(f"test_{path.name}")
    if as_json:
        echo_json({"id": path.stem, "file": path, "test": test, "page": path.with_suffix(".md")})
        return
    click.echo(f"wrote {shown_path(path)}, and beside it {test.name} and {path.stem}.md")
    click.echo(f"  tradegraph plugin test {shown_path(path)}")
    click.echo(f"  tradegraph plugin test {shown_path(path)} --unit {shown_path(test)}")


def installed(engine: Engine, file: Path, *, replace: bool, as_json: bool) -> None:
    """Install a file. Raises PluginError with the reason when it is refused."""
    try:
        ids = changes.install(engine.plugins, file, replace=replace)
    finally:
        engine.publish_events()
    if as_json:
        echo_json({"ids": ids.split(), "file": engine.registry[ids.split()[0]].origin})
        return
    click.echo(f"installed {ids}: {shown_path(engine.registry[ids.split()[0]].origin)}")


def switched(engine: Engine, plugin_id: str, *, on: bool, as_json: bool) -> None:
    """Switch a plugin on or off."""
    changed = switch(engine.plugins, plugin_id, on=on)
    engine.publish_events()
    if as_json:
        echo_json({"id": plugin_id, "on": on, "changed": changed})
        return
    click.echo(f"{plugin_id} is {'' if changed else 'already '}switched {'on' if on else 'off'}")


def removed(engine: Engine, plugin_id: str, *, as_json: bool) -> None:
    """Remove a plugin's file."""
    path = changes.remove(engine.plugins, plugin_id)
    engine.publish_events()
    if as_json:
        echo_json({"file": path})
        return
    click.echo(f"removed {shown_path(path)}")


def _times(engine: Engine, plugin_id: str) -> dict[str, Any]:
    """Calls by nodes and from Python, {} when there were none."""
    try:
        found = engine.database.sql(
            "select count(*) as calls, median(ms) as median_ms, max(ms) as max_ms from ("
            "select ms from node_timings where node_type = ? and ms is not null union all by name "
            "select ms from plugin_calls where plugin = ?)",
            [plugin_id, plugin_id],
        ).to_dicts()[0]
    except StoreError:  # nothing has run yet
        return {}
    return found if found["calls"] else {}
