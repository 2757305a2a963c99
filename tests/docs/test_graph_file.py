"""The page about graph files: its graphs are checked and run, its lists equal those of the reader."""

import datetime as dt
import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from pipeline.engine import Engine, Overrides
from pipeline.errors import GraphError
from pipeline.graph.check import check_text
from pipeline.graph.entry import NODE
from pipeline.graph.param import PARAM, TYPES
from pipeline.graph.read import BARS, TOP, TOP_RESERVED
from pipeline.market import Market, synthesise
from pipeline.market.importing import import_frame
from pipeline.model.bars import BAR_FIELDS, Adjust
from pipeline.model.kind import EVENT, SIGNAL
from pipeline.plugins.discover import build_registry

PAGE = "docs/graph-file.md"
HEAD = "tradegraph: 1\nname: part\n"
"""A block that is a part of a graph begins with its bars: this stands above it."""
BEHIND = {"at the top": TOP, "of a param": PARAM, "type": TYPES, "of a bars source": BARS, "of a node": NODE}


@pytest.fixture(scope="module")
def registry(request):
    return build_registry([request.config.rootpath / "examples"]).registry


@pytest.fixture(scope="module")
def graphs(blocks):
    """The texts of the page's graphs, complete."""
    found = blocks(PAGE, "yaml")
    return [text if text.startswith("tradegraph:") else HEAD + text for text in found]


@pytest.fixture(scope="module")
def tables(page):
    """First cells of each table of the page, by its heading; `a`, `b` in one cell are two."""
    found: dict[str, list[str]] = {}
    for table in re.findall(r"(?:^\|.*\n)+", page(PAGE), re.MULTILINE):
        head, _, *lines = [line.split("|")[1].strip() for line in table.splitlines()]
        found[head] = [name for cell in lines for name in re.findall("`(.+?)`", cell)]
    return found


@pytest.fixture(scope="module")
def result(tmp_path_factory, graphs, sharing_kernels):
    """The page's first graph, run as the page's command runs it, on invented bars."""
    root: Path = tmp_path_factory.mktemp("page")
    (root / "plugin_config.json").write_text("{}")
    (root / "graphs").mkdir()
    (root / "graphs" / "trend.yaml").write_text(graphs[0])
    engine = Engine.open(sharing_kernels(root))
    import_frame(Market(root / "market"), synthesise(3, "1d", dt.datetime(2009, 1, 5), 1500, 1), "1d", source="test")
    given = Overrides(
        {"length": "10"},
        {"slow": {"period": "60"}},
        {"symbols": "SYN0001,SYN0002", "from": "2012-01-01", "to": "2013-12-31"},
    )
    run = engine.run(root / "graphs" / "trend.yaml", given)
    assert run.run.exit_status == 0
    return engine, run


def columns(engine, name):
    return engine.sql(f"select * from {name} limit 0").columns


@pytest.mark.parametrize("heading", BEHIND)
def test_the_page_lists_every_key_and_no_other(tables, heading):
    assert tables[heading] == list(BEHIND[heading])


def test_the_page_names_every_adjustment_and_column_of_bars(page):
    (line,) = re.findall(r"^\| `adjust`.*$", page(PAGE), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`:", line)) == set(get_args(Adjust))
    (line,) = re.findall(r"^\| `daily.close`.*$", page(PAGE), re.MULTILINE)
    assert tuple(re.findall(r"`(\w+)`", line)) == BAR_FIELDS


def test_the_page_names_every_reserved_key(page):
    (said,) = re.findall(r"^Reserved for later.*?\n\n", page(PAGE), re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`(\w+)`", said)) == {*TOP_RESERVED}
    assert "`history: warmup`" in said


@pytest.mark.parametrize("line", [f"{name}: 1" for name in TOP_RESERVED])
def test_a_reserved_key_is_refused(registry, graphs, line):
    with pytest.raises(GraphError, match="reserved") as caught:
        check_text(f"{graphs[0]}{line}\n", registry)
    assert [fault.code for fault in caught.value.faults] == ["TG106"]


def test_every_graph_on_the_page_is_well_formed(registry, graphs):
    assert len(graphs) == 2
    for text in graphs:
        graph = check_text(text, registry)
        assert graph.nodes.keys() == yaml.safe_load(text)["nodes"].keys()
        assert graph.warnings == ()


def test_the_wires_carry_what_the_page_says(registry, graphs):
    graph, part = (check_text(text, registry) for text in graphs)
    assert [(wire.port, *wire.columns) for wire in graph.nodes["range"].wires] == [
        (name, name) for name in ("high", "low", "close")
    ]
    assert graph.outputs == {"exposure": ("held", ""), "spread": ("range", ""), "certainty": ("entry", "strength")}
    assert graph.nodes["entry"].kinds == {"value": SIGNAL}
    assert graph.nodes["held"].wires[0].kind is EVENT
    assert part.bars["daily"].symbols == ("NO", "ON")
    assert part.bars["daily"].adjust == "splits"


def test_the_defaults_of_bars_are_those_on_the_page(registry, graphs):
    bare = yaml.safe_load(graphs[1]) | {"bars": {"daily": {"timeframe": "1d"}, "traded": {"timeframe": "1d"}}}
    said = {"symbols": "all", "to": "latest", "adjust": "splits", "history": "all"}
    full = bare | {"bars": {name: {"timeframe": "1d", **said} for name in ("daily", "traded")}}
    short, long = (check_text(yaml.safe_dump(graph), registry).bars for graph in (bare, full))
    assert short == long


@pytest.mark.parametrize("name", TYPES)
def test_the_examples_of_each_type_are_read_as_this_type(page, registry, graphs, name):
    (cell,) = re.findall(rf"^\|[^|]*`{name}`[^|]*\|(.*)\|$", page(PAGE), re.MULTILINE)
    for example in re.findall("`(.+?)`", cell.partition(";")[0]):
        text = graphs[0].replace("params:\n", f"params:\n  extra: {{type: {name}, default: {example}}}\n")
        value = check_text(text, registry).params["extra"]
        assert type(value) is TYPES[name]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("default: 12,", "default: 12.0,", "TG222"),
        ("{type: str, default: long, options: [long, short, both]}", "{type: bool, default: yes}", "TG222"),
        ("name: trend", "name: main", "TG109"),
        ("in: entry.event", "in: $side", "TG202"),
        ("in: {fast: fast, slow: slow}", "in: fast", "TG213"),
        ("  fast: {use", "  daily: {use", "TG205"),
        ("period: $length", "period: '$length'", "TG222"),
        ("adjust: splits", "history: warmup", "TG106"),
        ("with: {period: 48}", "timeout: 60", "TG222"),
    ],
)
def test_what_the_page_excludes_is_refused(registry, graphs, old, new, code):
    assert old in graphs[0]
    with pytest.raises(GraphError) as caught:
        check_text(graphs[0].replace(old, new, 1), registry)
    assert code in {fault.code for fault in caught.value.faults}


def test_the_command_line_on_the_page_is_taken(blocks, registry, graphs, result):
    (line,) = blocks(PAGE, "sh")
    assert line.split()[:3] == ["tradegraph", "run", "trend"]
    _, run = result
    assert run.graph.params["length"] == 10
    assert run.graph.nodes["slow"].params["period"] == 60
    for option in ("-p length=10", "--set slow.period=60", "--symbols", "--from 2012-01-01", "--to"):
        assert option in line


def test_a_view_has_the_columns_that_the_page_says(result):
    engine, _ = result
    assert columns(engine, "trend.fast") == ["run_id", "symbol", "ts", "length", "side", "value"]
    assert columns(engine, "trend.entry")[-2:] == ["event", "strength"]
    assert columns(engine, "trend.certainty") == ["symbol", "ts", "length", "side", "strength"]


def test_only_the_asked_range_is_shown_but_the_warm_up_lies_before_it(result):
    engine, _ = result
    (row,) = engine.sql("select min(ts)::date, max(ts)::date, count(value) = count(*) from trend.slow").rows()
    assert row == (dt.date(2012, 1, 2), dt.date(2013, 12, 31), True)


def test_the_query_on_the_page_is_answered(blocks, result):
    (query,) = blocks(PAGE, "sql")
    found = result[0].sql(query)
    assert found.columns == ["symbol", "ts", "fast", "slow", "event"]
    assert found.height > 0


def test_params_and_outputs_may_be_called_like_nodes(result, graphs):
    engine, _ = result
    text = graphs[0].replace("name: trend", "name: named").replace("exposure: held", "held: held")
    text = text.replace("length", "fast").replace("side:", "event:").replace("$side", "$event")
    path = engine.project.root / "graphs" / "named.yaml"
    path.write_text(text)
    engine.run(path)
    assert columns(engine, "named.fast") == ["run_id", "symbol", "ts", "event", "fast", "value"]
    assert columns(engine, "named.entry") == ["run_id", "symbol", "ts", "fast", "event", "strength"]
    assert columns(engine, "named.held") == ["symbol", "ts", "event", "fast", "value"]
