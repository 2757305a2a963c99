"""Arguments and options that several commands share, and what they mean."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline.cli.console import candidate
from pipeline.cli.console.session import Session
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.engine import Overrides

__all__ = [
    "Chosen",
    "Given",
    "Leaf",
    "chosen_options",
    "given_options",
    "graph_argument",
    "json_option",
    "stream_option",
]

F = TypeVar("F", bound=Callable[..., Any])


class Leaf(click.Command):
    """A command that also takes the global options behind its name, where people write them too."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.params += [
            click.Option(
                ["--project"], type=click.Path(path_type=Path), expose_value=False, hidden=True, callback=_project
            ),
            click.Option(["--debug"], is_flag=True, expose_value=False, hidden=True, callback=_debug),
        ]


def _project(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Session).project = value


def _debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Session).debug = True


def _json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    ctx.ensure_object(Session).json = value


def json_option(command: F) -> F:
    """`--json`; the session knows."""
    note = "One JSON document on stdout and nothing else there."
    option = click.option("--json", is_flag=True, expose_value=False, is_eager=True, callback=_json, help=note)
    return option(command)


def stream_option(command: F) -> F:
    """`--json`, or `--json=stream`, given to the command as `stream`; the session knows that it is one of them."""

    @functools.wraps(command)
    def collected(*args: Any, json_: str | None, **rest: Any) -> Any:
        click.get_current_context().ensure_object(Session).json = json_ is not None
        return command(*args, stream=json_ == "stream", **rest)

    note = "One JSON document on stdout and nothing else there; with =stream a line of JSON per event."
    option = click.option(
        "--json",
        "json_",
        is_flag=False,
        flag_value="document",
        type=click.Choice(["document", "stream"]),
        help=note,
    )
    return option(collected)  # type: ignore[return-value]


def graph_argument(command: F) -> F:
    """`GRAPH`, a file or the name of one in the project's graphs."""
    return click.argument("graph", shell_complete=candidate.graphs)(command)


@dataclass(frozen=True)
class Given:
    """What a call changes in a graph, as text."""

    params: dict[str, str] = field(default_factory=dict)
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    bars: dict[str, str] = field(default_factory=dict)

    def overrides(self) -> Overrides:
        """The same for the engine. Raises UsageError for a date that is none."""
        # imported here, as everything of the engine: see the docstring of pipeline.cli
        from pipeline.engine import Overrides
        from pipeline.graph.source import read_end, read_start

        for name, read in (("from", read_start), ("to", read_end)):
            if name in self.bars:
                try:
                    read(self.bars[name])
                except ValueError as error:
                    raise UsageError(f"--{name}: {error}") from error
        return Overrides(self.params, self.settings, self.bars)


@dataclass(frozen=True)
class Chosen:
    """Which nodes a call is about: `--select` and `--exclude` as they were written."""

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.select or self.exclude)


def chosen_options(command: F) -> F:
    """--select and --exclude, given to the command as one `chosen`."""

    @functools.wraps(command)
    def collected(*args: Any, select: tuple[str, ...], exclude: tuple[str, ...], **rest: Any) -> Any:
        return command(*args, chosen=Chosen(select, exclude), **rest)

    note = "Only these nodes and what they need: node, +node, node+, tag:x, use:type, state:changed."
    options = (
        click.option("--select", "-s", multiple=True, metavar="NODES", shell_complete=candidate.nodes, help=note),
        click.option("--exclude", multiple=True, metavar="NODES", shell_complete=candidate.nodes,
                     help="Not these, unless a selected node needs them."),
    )  # fmt: skip
    wrapped: Any = collected
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def given_options(command: F) -> F:
    """-p, --set, --symbols, --from and --to, given to the command as one `given`."""

    @functools.wraps(command)
    def collected(
        *args: Any,
        param: tuple[str, ...],
        set_: tuple[str, ...],
        symbols: tuple[str, ...],
        from_: str | None,
        to: str | None,
        **rest: Any,
    ) -> Any:
        if symbols and not any(text.strip(", ") for text in symbols):
            raise click.BadOptionUsage("symbols", "--symbols names no symbol; leave it out for those of the graph")
        bars = {"symbols": ",".join(symbols), "from": from_ or "", "to": to or ""}
        given = Given(_params(param), _settings(set_), {name: text for name, text in bars.items() if text})
        return command(*args, given=given, **rest)

    options = (
        click.option("-p", "--param", multiple=True, metavar="NAME=VALUE", help="Set a param of the graph.",
                     shell_complete=candidate.params),
        click.option("--set", "set_", multiple=True, metavar="NODE.PARAM=VALUE", help="Set a param of one node.",
                     shell_complete=candidate.settings),
        click.option("--symbols", multiple=True, metavar="A,B", help="Use these symbols, or all.",
                     shell_complete=candidate.symbols),
        click.option("--from", "from_", metavar="DATE", help="Show bars from this date on (UTC)."),
        click.option("--to", metavar="DATE", help="Use bars up to this date, the whole day; or latest."),
    )  # fmt: skip
    wrapped: Any = collected
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def _params(texts: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"-p {text}: a param is set by its name", hint="Write -p fast=12.")
        found[name.strip()] = value
    return found


def _settings(texts: tuple[str, ...]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        target, sign, value = text.partition("=")
        # a node of a sub-graph has dots in its name, a param has none
        node, dot, name = target.strip().rpartition(".")
        if not (sign and dot and node and name):
            hint = "Write --set fast.period=12, or -p fast=12 for a param of the graph."
            raise UsageError(f"--set {text}: a param of a node is set by node and name", hint=hint)
        found.setdefault(node, {})[name] = value
    return found
