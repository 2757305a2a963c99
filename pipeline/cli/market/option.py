"""Options that the commands of `tradegraph market` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["author_key_option", "folder_argument", "keys_option", "market_option"]

F = TypeVar("F", bound=Callable[..., Any])


def folder_argument(command: F) -> F:
    """`DIR`, the folder of a marketplace."""
    return click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))(command)


def keys_option(command: F) -> F:
    """`--keys`, given as a tuple of paths."""
    return click.option(
        "--keys",
        "keys",
        multiple=True,
        type=click.Path(path_type=Path, exists=True),
        envvar="TRADEGRAPH_MARKET_KEYS",
        help="A file or folder of the marketplace's keys; may be given several times.",
    )(command)


def author_key_option(command: F) -> F:
    """`--key`, an author's key, by default the one that signs plugins."""
    return click.option(
        "--key",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The author's key.  [default: in your configuration folder]",
    )(command)


def market_option(command: F) -> F:
    """`--market`, which of several that are trusted."""
    return click.option("--market", "name", default="", metavar="NAME", help="Which of the trusted ones.")(command)
