"""One computation in the four styles: `x` times a constant two modules away, plus a param.

`user_<style>` calls `near.scaled`, which calls `far.times`, which uses `far.FACTOR`; `base` is an expression above
them whose own constant can be edited without a change of its schema.
"""

from typing import Any

import polars as pl
import pytest

from pipeline.execution.why import why
from pipeline.store.record import Increment, record_of

STYLES = ("expression", "kernel", "frame", "table")
FAR = """\
FACTOR = 2.0
UNUSED = 1.0


def times(x):
    return x * FACTOR
"""
NEAR = """\
from .lib.far import times


def scaled(x):
    return times(x) + 0.0
"""
BASE = '''
OFFSET = 0.0


@indicator
def base(x: Number) -> Number:
    """What all others feed on."""
    note("base")
    return x + OFFSET
'''
BY = 'by: Annotated[float, Param("What is added")] = 0.0'
NODE = {
    "expression": f'''
from .near import scaled


@indicator
def user_expression(x: Number, *, {BY}) -> Number:
    """Scale and add."""
    note("user_expression")
    return scaled(x) + by
''',
    "kernel": f'''
from .near import scaled


@indicator(style="kernel")
def user_kernel(x: Number, *, {BY}) -> Number:
    """Scale and add."""
    return scaled(x) + by
''',
    "frame": f'''
from .near import scaled


@indicator(style="frame")
def user_frame(x: Number, *, {BY}) -> Number:
    """Scale and add."""
    note("user_frame")
    return scaled(x) + by
''',
    "table": f'''
from pipeline import Axis, Table
from .near import scaled


@portfolio(style="table")
def user_table(axis: Axis, x: Number, *, {BY}) -> Table:
    """Scale and add."""
    note("user_table")
    return axis.with_columns((scaled(x) + by).alias("value"))
''',
}
NOTES = {
    "expression": ["user_expression"],
    "kernel": ["user_kernel"],
    "frame": ["user_frame"] * 3,  # once per symbol
    "table": ["user_table"],
}


def furnish(site: Any) -> None:
    """Write the node files of this page into a project."""
    site.write("lib/far", FAR)
    site.write("near", NEAR)
    site.node("base", BASE)
    for style, text in NODE.items():
        site.node(f"user_{style}", text)


def answering(world: type) -> type:
    """A class of worlds with the node files of this page, that know why a node of the last run's graph is due."""

    class Answering(world):  # type: ignore[misc]
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            furnish(self)
            self.last: list[dict[str, Any]] = []

        def run(self, *args: Any, **options: Any) -> Any:
            run = super().run(*args, **options)
            self.last = record_of(Increment(run, run.records, [], []), [])["nodes"].to_dicts()
            return run

        def why(self, nodes: str, node: str = "user", **options: Any) -> list[str]:
            """What changed, as words: by the rows that the last run would have published."""
            planned = self.plan(nodes, **options)
            before = next((row for row in self.last if row["node"] == node), None)
            return [reason.change for reason in why(planned, planned.step("g", node), before)]

        def first(self, run: Any, node: str = "user", part: str = "value") -> Any:
            """The first value: of the first symbol, whose first close is 100."""
            value = self.store.values[run.plan.step(run.plan.graphs[0].name, node).key]
            return value[part][0] if isinstance(value, pl.DataFrame) else value[part].series[0]

    return Answering


def nodes(style: str, by: str = "") -> str:
    """A graph: `base`, and `user` of that style upon it."""
    given = f", with: {{by: {by}}}" if by else ""
    return f"base: {{use: base, in: daily.close}}\nuser: {{use: user_{style}, in: base{given}}}"


def in_every_style(*, compiles: bool = False) -> Any:
    """Run a test once for each style; kernels stay on one worker, and one that `compiles` some of its own is heavy."""
    marks = [pytest.mark.xdist_group("compiled"), *([pytest.mark.heavy] if compiles else [])]
    params = [pytest.param(style, marks=marks if style == "kernel" else (), id=style) for style in STYLES]
    return pytest.mark.parametrize("style", params)
