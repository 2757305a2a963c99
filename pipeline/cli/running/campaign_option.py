"""The options that batch and sweep share: who computes, what is stored, when it ends, what is said."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from pipeline.cli.console.option import Given, stream_option

if TYPE_CHECKING:
    from pipeline.execution.run import Run
    from pipeline.runs.crew import Crew, Kind
    from pipeline.store.retention import StorePolicy

__all__ = ["How", "campaign_options", "split"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class How:
    """How a batch or a sweep is carried out, as a call says it."""

    workers: int
    executor: str | None
    scheduler: str
    store: str | None
    keep_going: bool
    dry_run: bool
    no_cache: bool
    quiet: bool
    stream: bool

    def crew(self) -> Crew:
        """Who computes."""
        # imported here, as everything of the engine: see the docstring of pipeline.cli
        from pipeline.runs.crew import Crew

        kind = self.executor or ("dask" if self.scheduler else None)
        return Crew(cast("Kind | None", kind), self.workers, self.scheduler)

    def run(self) -> dict[str, Any]:
        """The options of `Engine.batch` and `Engine.sweep`."""
        return {
            "cache": not self.no_cache,
            "fail_fast": not self.keep_going,
            "store": self.policy,
            "workers": self.crew(),
        }

    def echo_here(self, run: Run) -> None:
        """Say that workers were asked for and not needed."""
        if self.workers and not run.apart and any(record.status != "cached" for record in run.records):
            click.echo("no workers: by earlier timings this process is sooner done (--executor processes insists)")

    @property
    def policy(self) -> StorePolicy | None:
        """What is stored, None for what is usual."""
        return cast("StorePolicy | None", self.store)


def campaign_options(command: F) -> F:
    """--workers, --executor … and --json, given to the command as one `how`."""

    @functools.wraps(command)
    def collected(*args: Any, stream: bool, **rest: Any) -> Any:
        mine = {name: rest.pop(name) for name in How.__dataclass_fields__ if name in rest}
        return command(*args, how=How(stream=stream, **mine), **rest)

    options = (
        click.option("--workers", type=click.IntRange(min=0), default=0, metavar="N",
                     help="Compute in N processes, not in this one."),
        click.option("--executor", type=click.Choice(["inline", "processes", "dask"]),
                     help="Who the workers are; inline does their tasks here, to look at them."),
        click.option("--scheduler", metavar="ADDRESS", default="",
                     help="The Dask scheduler of a cluster that sees this project: tcp://host:8786."),
        click.option("--store", type=click.Choice(["all", "outputs", "metrics"]),
                     help="Whose values are kept.  [default: metrics of cells, declared outputs of graphs]"),
        click.option("--keep-going/--fail-fast", default=True, show_default=True,
                     help="Go on without what fails, or stop at it."),
        click.option("--dry-run", is_flag=True, help="Say what it would compute, and compute nothing."),
        click.option("--no-cache", is_flag=True, help="Compute everything, whatever is stored."),
        click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors."),
    )  # fmt: skip
    wrapped: Any = stream_option(collected)
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def split(given: Given) -> tuple[dict[str, str], Given]:
    """What is swept, by param or `node.param`; and what is the same everywhere."""
    values = {name: text for name, text in given.params.items() if _several(text)}
    params = {name: text for name, text in given.params.items() if name not in values}
    settings: dict[str, dict[str, str]] = {}
    for node, found in given.settings.items():
        for name, text in found.items():
            if _several(text):
                values[f"{node}.{name}"] = text
            else:
                settings.setdefault(node, {})[name] = text
    return values, Given(params, settings, given.bars)


def _several(text: str) -> bool:
    return ":" in text or "," in text
