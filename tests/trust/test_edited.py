"""Whatever an author edits, in whatever style: why is told, each due node is called once, the new value is served."""

import runpy
import textwrap
from functools import partial
from pathlib import Path

import polars as pl
import pytest

STYLES = runpy.run_path(str(Path(__file__).parent / "styles.py"))
in_every_style, nodes, NOTES = STYLES["in_every_style"], STYLES["nodes"], STYLES["NOTES"]


def after(world, graph, edit, reason, **options):
    """The value after an edit of what has run; beforehand `reason` is given and nothing is called."""
    world.run(graph)
    world.calls()
    edit()
    assert world.why(graph, **options) == [reason]
    assert world.calls() == []
    return world.first(world.run(graph, **options))


@in_every_style()
def test_a_constant_two_modules_away_and_back_again(world, style) -> None:
    graph = nodes(style)
    edit = lambda: world.edit("lib/far", "FACTOR = 2.0", "FACTOR = 3.0")
    assert after(world, graph, edit, "CODE") == 300.0
    assert world.calls() == NOTES[style]
    for factor, value in (("2.0", 200.0), ("3.0", 300.0), ("2.0", 200.0)):
        world.write("lib/far", STYLES["FAR"].replace("FACTOR = 2.0", f"FACTOR = {factor}"))
        assert world.why(graph) == ["STORED"]
        assert world.first(world.run(graph)) == value
    assert world.calls() == []


@in_every_style(compiles=True)
def test_a_function_two_modules_away(world, style) -> None:
    edit = lambda: world.edit("lib/far", "return x * FACTOR", "return x * FACTOR * 2.0")
    assert after(world, nodes(style), edit, "CODE") == 400.0
    assert world.calls() == NOTES[style]


@in_every_style(compiles=True)
@pytest.mark.parametrize("away", [1, 2], ids=["one module away", "two modules away"])
def test_a_helper_that_is_a_closure_counts_with_what_it_closes_over(world, style, away) -> None:
    name = {1: "near", 2: "lib/far"}[away]
    world.write("near", "from .lib.far import scaled\n")
    world.write(name, "def make(k):\n    def f(x):\n        return x * k\n    return f\n\nscaled = make(2.0)\n")
    edit = lambda: world.edit(name, "make(2.0)", "make(3.0)")
    assert after(world, nodes(style), edit, "CODE") == 300.0


@in_every_style()
def test_comments_layout_and_what_is_not_used_change_nothing(world, style) -> None:
    graph = nodes(style)
    world.run(graph)
    world.calls()
    for edit in [
        ("lib/far", "FACTOR = 2.0", "FACTOR  =  (2.0)  # a comment"),
        ("lib/far", "UNUSED = 1.0", "UNUSED = 5.0"),
        ("near", "    return times", '    """A docstring."""\n\n    return times'),
        (f"user_{style}", '"""Scale and add."""', '"""Scale and add, said otherwise."""'),
    ]:
        world.edit(*edit)
        assert world.why(graph) == ["STORED"], edit
        assert world.first(world.run(graph)) == 200.0
    assert world.calls() == []


@in_every_style()
def test_a_node_above_with_the_same_schema(world, style) -> None:
    edit = lambda: world.edit("base", "OFFSET = 0.0", "OFFSET = 1.0")
    assert after(world, nodes(style), edit, "UPSTREAM") == 202.0
    assert world.calls() == ["base", *NOTES[style]]


@in_every_style()
def test_a_param_of_the_node_itself(world, style) -> None:
    changed = {"settings": {"user": {"by": 5.0}}}
    assert after(world, nodes(style), lambda: None, "PARAM", overrides=changed) == 205.0
    assert world.calls() == NOTES[style]


@in_every_style()
def test_a_corrected_bar(world, style) -> None:
    world.on_disk()
    edit = lambda: world.put(world.bars().head(1).with_columns(close=pl.lit(100.25)))
    assert after(world, nodes(style), edit, "DATA") == 200.5
    # a node that is called for each symbol is called for the corrected one alone
    assert list(dict.fromkeys(world.calls())) == ["base", f"user_{style}"]


COMPUTES = {"expression": ["polars"], "kernel": ["numba", "numpy"], "frame": ["polars", "numpy"], "table": ["polars"]}


@in_every_style()
def test_another_version_of_each_library_that_computes(world, upgrade, style) -> None:
    for library in COMPUTES[style]:
        assert after(world, f"user: {{use: user_{style}, in: daily.close}}", partial(upgrade, library), "CODE") == 200.0
        assert world.calls() == NOTES[style]


@in_every_style()
def test_renamed_nodes_files_bars_and_reordered_yaml_are_no_change(world, style) -> None:
    world.run(nodes(style, by="1"), outputs="result: user")
    world.calls()
    (world.nodes / f"user_{style}.py").rename(world.nodes / "called_otherwise.py")
    renamed = f"""
        zweite: {{with: {{by: 1.0}}, in: {{x: erste}}, use: user_{style}}}
        erste: {{in: days.close, use: base}}
    """
    run = world.run(renamed, bars="days: {symbols: [CCC, BBB, AAA], timeframe: 1d}", name="other")
    assert world.first(run, "zweite") == 201.0
    assert world.calls() == []


@in_every_style()
def test_a_default_made_explicit_is_no_change(world, style) -> None:
    world.run(nodes(style))
    world.calls()
    for by in ("0", "0.0", "$by"):
        params = "by: {type: float, default: 0}" if by == "$by" else ""
        assert world.first(world.run(nodes(style, by=by), params=params)) == 200.0
    assert world.calls() == []


@in_every_style(compiles=True)
def test_a_default_that_stands_two_modules_away(world, style) -> None:
    world.write("lib/far", STYLES["FAR"] + "\nADDED = 1.0\n")
    world.edit(f"user_{style}", "= 0.0) ->", "= ADDED) ->")
    world.edit(f"user_{style}", "from .near", "from .lib.far import ADDED\nfrom .near")
    assert world.first(world.run(nodes(style))) == 201.0
    world.edit("lib/far", "ADDED = 1.0", "ADDED = 2.0")
    # its text is code, its value a param
    assert world.why(nodes(style)) == ["CODE", "PARAM"]
    assert world.first(world.run(nodes(style))) == 202.0


REFUSED = {
    "a lambda": "made = indicator(id='made')(typed(lambda x: x * 2))",
    "a function made inside another": "made = make(2.0)",
    "a method": "class Inside:\n    @indicator\n    def made(x: Number) -> Number:\n        'Doc.'\n        return x\n"
    "other = Inside.made",
}
MAKERS = """
def typed(fn):
    fn.__doc__ = "Doc."
    fn.__annotations__ = {"x": Number, "return": Number}
    return fn

def make(factor):
    @indicator
    def made(x: Number) -> Number:
        "Doc."
        return x * factor
    return made

"""


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_nodes_that_are_closures_and_lambdas_are_refused_not_guessed(world, text) -> None:
    world.node("bad", MAKERS + textwrap.dedent(text))
    found = world.discover()
    assert "made" not in set(found.registry)
    record = next(record for record in found.records if record.path.endswith("bad.py"))
    assert record.status != "loaded"
    assert "has no source of its own that can be digested" in record.reason
