"""`tradegraph schema`: what an editor needs to know about graph files."""

from __future__ import annotations

import click

from pipeline.cli.option import Leaf
from pipeline.cli.session import Session, pass_session, shown_path

__all__ = ["schema"]


@click.command(cls=Leaf)
@click.option("--write", is_flag=True, help="Into .tradegraph/graph.schema.json, where new graphs look for it.")
@pass_session
def schema(session: Session, *, write: bool) -> None:
    """Write the JSON Schema of graph files for editors.

    Editors that know YAML schemas complete, explain and check graph files with it.
    It is made from the node types of the project, and made anew by later commands when those change.
    """
    # heavy imports stand inside commands: see the docstring of this package
    from pipeline.graph.schema import schema_text

    engine = session.open_engine()
    if write:
        click.echo(f"{shown_path(engine.write_schema())} written")
    else:
        click.echo(schema_text(engine.registry), nl=False)
