"""One call of the command: which project it is about and how it wants to be answered."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.engine import Engine
    from pipeline.market.store import Market
    from pipeline.settings import Project
    from pipeline.store.query import Database

__all__ = ["CONFIG_NAME", "PROJECT_VARIABLE", "Session", "find_root", "pass_session", "shown_path"]

CONFIG_NAME = "plugin_config.json"
"""Marks a project; the same as `pipeline.settings.CONFIG_NAME`, whose module costs 0.2 s."""
PROJECT_VARIABLE = "TRADEGRAPH_PROJECT"


@dataclass
class Session:
    """What the global options say. `project` is --project or the environment's, None to look around.

    Each part of a project is opened when a command asks for it, and no more of the engine is imported
    than that part needs.
    """

    project: Path | None = None
    debug: bool = False
    json: bool = False

    def open_project(self) -> Project:
        """The project and its settings. Raises SettingsError."""
        from pipeline.settings import Project

        return Project.open(self.project or find_root())

    def open_engine(self) -> Engine:
        """The whole engine."""
        from pipeline.engine import Engine

        return Engine(self.open_project())

    def open_market(self) -> Market:
        """The stored bars."""
        from pipeline.market.store import Market

        return Market(self.open_project().market)

    def open_database(self) -> Database:
        """The published results, through one connection for the whole command."""
        from pipeline.store.query import Database

        project = self.open_project()
        database = Database(project.database, project.private)
        click.get_current_context().with_resource(database.hold())
        return database

    def kernel_folder(self) -> Path | None:
        """Where compiled kernels rest, in a project or outside of all."""
        from pipeline.execution.kernel_folder import kernel_folder

        try:
            return kernel_folder((self.project or find_root()) / ".tradegraph" / "kernels")
        except SettingsError as error:
            if error.faults[0].code != "TG002":
                raise
            return kernel_folder(None)


pass_session = click.make_pass_decorator(Session, ensure=True)


def find_root() -> Path:
    """The working directory or the nearest folder above it that is a project. Raises SettingsError TG002."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder
    raise SettingsError(
        f"no tradegraph project here: neither {here} nor a folder above it has a {CONFIG_NAME}",
        code="TG002",
        hint="Make one with `tradegraph init DIR`, or name one with `--project DIR`.",
    )


def shown_path(path: str | Path) -> str:
    """A path as people want to read it: relative to the working directory when it lies inside."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):  # the working directory is gone, or is on another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative
