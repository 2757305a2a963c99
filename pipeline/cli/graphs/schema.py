"""`tradegraph schema`: what an editor needs to know about graph files and about the settings."""

from __future__ import annotations

import click

from pipeline.cli.console.option import Leaf
from pipeline.cli.console.session import Session, pass_session, shown_path

__all__ = ["schema"]


@click.command(cls=Leaf)
@click.option("--write", is_flag=True, help="Into .tradegraph/graph.schema.json, where new graphs look for it.")
@click.option(
    "--settings", is_flag=True, help="The schema of plugin_config.json instead; --write: settings.schema.json."
)
@pass_session
def schema(session: Session, *, write: bool, settings: bool) -> None:
    """Write the JSON Schema of graph files for editors.

    Editors that know YAML schemas complete, explain and check graph files with it.
    It is made from the node types of the project, and made anew by later commands when those change.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    if settings:
        _of_settings(session, write=write)
        return
    from pipeline.graph.schema import schema_text

    engine = session.open_engine()
    if write:
        click.echo(f"{shown_path(engine.write_schema())} written")
    else:
        click.echo(schema_text(engine.registry), nl=False)


def _of_settings(session: Session, *, write: bool) -> None:
    from pipeline.settings import settings_schema

    text = settings_schema()
    if not write:
        click.echo(text, nl=False)
        return
    file = session.open_project().private / "settings.schema.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    click.echo(f'{shown_path(file)} written; begin plugin_config.json with "$schema": "./.tradegraph/{file.name}"')
