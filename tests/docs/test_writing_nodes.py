"""The page about node types: what it declares is loaded and computed, its lists equal those of the code."""

import datetime as dt
import inspect
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline import indicator
from pipeline.engine import Engine
from pipeline.errors import GraphError
from pipeline.graph.check import check_text
from pipeline.market import Market, synthesise
from pipeline.market.importing import import_frame
from pipeline.model.kind import BY_NAME
from pipeline.plugins.discover import build_registry
from pipeline.settings import DEFAULT_DIRECTORIES

PAGE = "docs/writing-nodes.md"
STORED = {"float": "Float64", "event": "Int8", "bool": "Boolean", "bundle": "its columns", "table": "a table"}
GRAPH = """\
tradegraph: 1
name: page
bars:
  daily: {timeframe: 1d, symbols: all}
nodes:
  channel: {use: channel, in: daily.close, with: {length: 5}}
  rising: {use: rising, in: daily}
  alone: {use: rising, in: {close: daily.close}}
  when: {use: act_when, in: rising, with: {side: sell}}
  standing: {use: standing, in: daily.close}
  of_peak: {use: of_peak, in: channel.middle}
  unrolled: {use: unrolled, in: daily.close}
  reach: {use: reach, in: daily}
  extremes: {use: extremes, in: daily.close}
  mine: {use: my_momentum, in: daily}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory, request, blocks) -> Path:
    """A project with the page's node types and a copy of the example under another id."""
    root: Path = tmp_path_factory.mktemp("page")
    custom = root / "nodes" / "custom"
    custom.mkdir(parents=True)
    for number, block in enumerate(blocks(PAGE, "python")):
        (custom / f"page_{number}.py").write_text(block)
    example = (request.config.rootpath / "examples" / "momentum_strategy_plugin.py").read_text()
    (custom / "mine.py").write_text(example.replace("'id': 'momentum_strategy'", "'id': 'my_momentum'"))
    (root / "plugin_config.json").write_text("{}")
    (root / "graphs").mkdir()
    (root / "graphs" / "page.yaml").write_text(GRAPH)
    return root


@pytest.fixture(scope="module")
def discovery(root):
    return build_registry([root / name for name in DEFAULT_DIRECTORIES])


@pytest.fixture(scope="module")
def bars():
    return synthesise(2, "1d", dt.datetime(2020, 1, 6), 40, 1).drop("dividend", "split")


@pytest.fixture(scope="module")
def result(root, bars, sharing_kernels):
    import_frame(Market(root / "market"), bars, "1d", source="test")
    return Engine.open(sharing_kernels(root)).run(root / "graphs" / "page.yaml")


@pytest.fixture(scope="module")
def rows(page):
    """Cells by the first cell of each row of the page's tables."""
    lines = [line for line in page(PAGE).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


def refused(tmp_path, text):
    (tmp_path / "tried.py").write_text(text)
    return build_registry([tmp_path]).registry.refused


def test_every_node_type_on_the_page_is_loaded(discovery, blocks):
    declared = re.findall(r"^@.*\ndef (\w+)", "\n".join(blocks(PAGE, "python")), re.MULTILINE)
    assert discovery.registry.refused == ()
    assert {*declared, "my_momentum"} <= set(discovery.registry.ids)
    assert len(declared) == 8


def test_every_node_type_on_the_page_computes(result, discovery, blocks):
    assert result.run.exit_status == 0
    declared = set(re.findall(r"^@.*\ndef (\w+)", "\n".join(blocks(PAGE, "python")), re.MULTILINE))
    assert declared <= {node.type.id for node in result.graph.nodes.values()}


def test_the_nodes_give_what_their_docstrings_say(result, bars):
    close, volume = pl.col("close"), pl.col("volume")
    top, bottom = close.rolling_max(5), close.rolling_min(5)
    up, more = close > close.shift(1), volume > volume.shift(1)
    expected = bars.select(
        "symbol",
        middle=((top + bottom) / 2).over("symbol"),
        width=(top - bottom).over("symbol"),
        rising=(up & more).over("symbol"),
        alone=up.over("symbol"),
        reach=(pl.col("high") - pl.col("low")).rolling_mean(10).over("symbol"),
        standing=close.rank().over("ts"),
    ).with_columns(of_peak=(pl.col("middle") / pl.col("middle").cum_max()).over("symbol"))
    channel = result.output("channel")
    for name, found in (
        ("middle", channel["middle"]),
        ("width", channel["width"]),
        *((name, result.output(name)["value"]) for name in ("reach", "standing", "of_peak")),
    ):
        np.testing.assert_allclose(found.to_numpy(), expected[name].to_numpy(), rtol=1e-9, atol=1e-9)
    for name in ("rising", "alone"):
        assert result.output(name)["value"].to_list() == expected[name].to_list()
    sold = [-1 if known else 0 for known in expected["rising"].to_list()]
    assert result.output("when")["value"].to_list() == sold
    least = bars.group_by("symbol", maintain_order=True).agg(least=close.min(), most=close.max())
    assert result.output("extremes").select("symbol", "least", "most").sort("symbol").equals(least)


def test_missing_is_null_and_never_nan(result):
    of_peak = result.output("of_peak")["value"]
    assert of_peak.null_count() == 8
    assert not of_peak.drop_nulls().is_nan().any()


def test_the_options_of_the_decorator_are_those_on_the_page(rows):
    options = [name for name in inspect.signature(indicator).parameters if name != "fn"]
    page = [name for name in rows if name in options]
    assert page == options
    defaults = {name: str(inspect.signature(indicator).parameters[name].default).lower() for name in options[1:]}
    assert {name: rows[name][0].strip("`") for name in options[1:]} == defaults


def test_the_kinds_on_the_page_are_all_there_are(rows):
    wider = {name: f"`{kind.wider}`" if kind.wider else "" for name, kind in BY_NAME.items()}
    expected = {name: [wider[name], STORED[kind.dtype], kind.description] for name, kind in BY_NAME.items()}
    assert {name: row for name, row in rows.items() if name in BY_NAME} == expected


HEAD = "from typing import Annotated\nfrom pipeline import Number, Param, indicator\n"
INSIDE = """\
def made():
    @indicator
    def inner(x: Number) -> Number:
        '''Same.'''
        return x
    return inner


mine = made()
"""
KERNELS = """\
from nodes.kernels import window
from pipeline import Number, indicator


@indicator(style="kernel")
def by_module(x: Number) -> Number:
    '''A helper that is called through its module.'''
    return window.top_windows(x, 3, 1.0)


@indicator(style="kernel")
def writes(x: Number) -> Number:
    '''Write into the input.'''
    x[0] = 1.0
    return x
"""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("@indicator\ndef bare(x: Number) -> Number:\n    return x\n", "TG405"),
        ('@indicator\ndef bare(x: Number, *, n: int = 1) -> Number:\n    """Same."""\n    return x\n', "TG405"),
        ('@indicator\ndef sma(x: Number) -> Number:\n    """Same."""\n    return x\n', "TG404"),
        (INSIDE, "TG408"),
    ],
    ids=["no docstring", "no description", "a shipped id", "made inside another"],
)
def test_what_the_page_forbids_is_refused(tmp_path, text, code):
    assert [fault.code for fault in refused(tmp_path, HEAD + text)] == [code]


def test_a_kernel_calls_helpers_by_name_and_does_not_write_into_inputs(tmp_path, bars):
    for folder in ("nodes/custom", "graphs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "nodes" / "custom" / "tried.py").write_text(KERNELS)
    (tmp_path / "plugin_config.json").write_text("{}")
    nodes = "".join(f"  {name}: {{use: {name}, in: daily.close}}\n" for name in ("by_module", "writes"))
    (tmp_path / "graphs" / "tried.yaml").write_text(GRAPH[: GRAPH.index("  channel")] + nodes)
    import_frame(Market(tmp_path / "market"), bars, "1d", source="test")
    run = Engine.open(tmp_path).run(tmp_path / "graphs" / "tried.yaml").run
    assert run.exit_status == 1
    told = Engine.open(tmp_path).sql("from failures").write_json()
    assert "top_windows" in told
    assert "read-only" in told


def test_keys_that_a_plugin_only_reads_are_no_params(discovery):
    names = [param.name for param in discovery.registry["my_momentum"].params]
    assert names == ["momentum_period", "trend_period", "threshold"]
    graph = GRAPH.replace("{use: my_momentum, in: daily}", "{use: my_momentum, in: daily, with: {lookback: 5}}")
    with pytest.raises(GraphError, match="TG221"):
        check_text(graph, discovery.registry)


@pytest.mark.parametrize("key", ["id", "name", "version", "author", "description", "type"])
def test_a_plugin_without_a_required_key_is_refused(tmp_path, root, key):
    text = (root / "nodes" / "custom" / "mine.py").read_text()
    metadata = text.index("def get_metadata")
    (tmp_path / "tried.py").write_text(text[:metadata] + text[metadata:].replace(f"'{key}':", f"'no_{key}':", 1))
    faults = build_registry([tmp_path]).registry.refused
    assert [fault.code for fault in faults] == ["TG403"]


def test_two_files_with_one_id_are_not_both_loaded(tmp_path, root):
    for name in ("first", "second"):
        (tmp_path / f"{name}.py").write_bytes((root / "nodes" / "custom" / "mine.py").read_bytes())
    statuses = {Path(r.path).stem: r.status for r in build_registry([tmp_path]).records if r.origin != "shipped"}
    assert statuses == {"first": "loaded", "second": "refused"}
