"""The room: its public names, its size, what it does not import."""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

import pipeline.cli
from pipeline.cli.app import COMMANDS, app

FOLDER = Path(pipeline.cli.__file__).parent
MODULES = [
    module.name
    for module in pkgutil.walk_packages(pipeline.cli.__path__, "pipeline.cli.")
    if not module.ispkg and not module.name.endswith("__main__")
]
SHARED = ("guard", "fault", "lazy", "session", "option", "candidate", "target", "figure", "document")
LIGHT = {"pipeline.cli.app", *(f"pipeline.cli.console.{name}" for name in SHARED)}


def source(module: str) -> str:
    return FOLDER.joinpath(*module.split(".")[2:]).with_suffix(".py").read_text()


@pytest.mark.parametrize("name", MODULES)
def test_public_names_exist_sorted_and_the_file_is_short(name) -> None:
    module = import_module(name)
    assert module.__doc__
    assert module.__all__ == sorted(module.__all__)
    assert all(hasattr(module, public) for public in module.__all__)
    assert len(source(name).splitlines()) <= 250


def every_command(group: click.Group) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from every_command(command)


def test_every_command_says_in_one_line_what_it_does() -> None:
    commands = list(every_command(app))
    assert len(commands) > 20
    for command in commands:
        assert command.help, command.name
        assert command.get_short_help_str(60).endswith("."), command.name
        assert not command.get_short_help_str(60).endswith("..."), command.name


def test_every_listing_command_answers_machines_too() -> None:
    without = {c.name for c in every_command(app) if not any("--json" in p.opts for p in c.params)}
    assert without == {
        "cache",
        "catalog",
        "data",
        "nodes",
        "plugin",
        "market",
        "author",
        "runs",
        "graph",
        "new",
        "fmt",
        "dot",
        "schema",
        "completion",
    }


def test_modules_of_the_start_import_no_heavy_module_at_their_top() -> None:
    commands = {target.partition(":")[0] for target in COMMANDS.values()}
    for name in sorted(LIGHT | commands):
        tree = ast.parse(source(name))
        tops = {
            alias.name.partition(".")[0]
            for node in tree.body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in (node.names if isinstance(node, ast.Import) else [ast.alias(node.module or "")])
        }
        assert not tops & {"polars", "rich", "duckdb", "networkx", "pydantic", "numba", "yaml"}, name
