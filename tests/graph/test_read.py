"""Text to spec: the closed key sets of the dialect, and every fault of form at its place."""

import datetime as dt
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from pipeline.errors import GraphError
from pipeline.graph.read import DIALECT, load_text, read_file, read_text, scan_text

GOOD = """\
tradegraph: 1
name: ema_cross
description: Trend following
params:
  fast: {type: int, default: 12, min: 2, max: 200, description: The fast one}
  side: {type: str, default: long, options: [long, short]}
bars:
  daily: {timeframe: 1d, symbols: [ON, NO], from: 2011-04-18, to: latest, adjust: splits, history: all}
nodes:
  fast: {use: ema, in: daily.close, with: {period: $fast}}
  entry: {use: cross, in: {fast: fast, slow: daily.close}}
outputs: {stats: entry}
"""
TOP = "tradegraph: 1\nname: g\n"
REST = "bars:\n  d: {timeframe: 1d}\nnodes:\n  a: {use: sma, in: d.close}\n"


def with_(old, new):
    """A good graph in which one thing is another."""
    assert old in REST
    return TOP + REST.replace(old, new)


def test_a_spec_holds_what_the_author_wrote():
    spec = read_text(GOOD, "g.yaml")
    assert (spec.file, spec.name, spec.description) == ("g.yaml", "ema_cross", "Trend following")
    assert list(spec.nodes) == ["fast", "entry"]
    fast, entry = spec.nodes.values()
    assert (fast.use.text, fast.wires[""][1].text, fast.params["period"][1].text) == ("ema", "daily.close", "$fast")
    assert {port: wire.text for port, (_, wire) in entry.wires.items()} == {"fast": "fast", "slow": "daily.close"}
    assert [item.text for item in spec.bars["daily"].fields["symbols"].items] == ["ON", "NO"]
    assert spec.bars["daily"].fields["from"].text == "2011-04-18"
    assert {name: reference.text for name, (_, reference) in spec.outputs.items()} == {"stats": "entry"}
    assert (fast.name.place.line, fast.use.place.column, fast.params["period"][1].place.column) == (10, 15, 52)
    assert (spec.unread, spec.unread_params) == (set(), set())


def test_params_are_typed_as_they_are_read():
    spec = read_text(GOOD)
    fast, side = spec.params
    assert (fast.type, fast.default, fast.param.description, fast.describe_range()) == (
        int,
        12,
        "The fast one",
        "2 … 200",
    )
    assert (get_origin(side.type), get_args(side.type), side.default) == (Literal, ("long", "short"), "long")
    assert spec.param_places["side"].line == 6


@pytest.mark.parametrize(
    ("declaration", "value", "type_"),
    [
        ("{type: int, default: 000012}", 12, int),
        ("{type: float, default: 1e-4}", 0.0001, float),
        ("{type: number, default: 2}", 2.0, float),
        ("{type: bool, default: true}", True, bool),
        ("{type: str, default: NO}", "NO", str),
        ("{type: str, default: 000001}", "000001", str),
        ("{default: 9:30}", "9:30", str),
        ("{type: time, default: 9:30}", dt.time(9, 30), dt.time),
        ("{type: date, default: 2024-05-31}", dt.date(2024, 5, 31), dt.date),
        ("{type: datetime, default: 2024-05-31}", dt.datetime(2024, 5, 31, tzinfo=dt.UTC), dt.datetime),
        ("{type: duration, default: 60s}", dt.timedelta(seconds=60), dt.timedelta),
        ("{type: int, default: ~}", None, int | None),
        ("{type: float, options: [0.5, 1], default: 1}", 1.0, Literal[0.5, 1.0]),
        ("{type: bool, options: [true], default: true}", True, Literal[True]),
        ("{type: int, min: 2, max: 2, default: 2}", 2, int),
    ],
)
def test_the_declared_type_says_what_a_default_means(declaration, value, type_):
    spec = read_text(TOP + f"params:\n  p: {declaration}\n{REST}")
    (param,) = spec.params
    assert (param.default, type(param.default), param.type) == (value, type(value), type_)


def test_a_param_without_default_is_required():
    (param,) = read_text(TOP + f"params:\n  p: {{type: int}}\n{REST}").params
    assert param.required


@pytest.mark.parametrize(
    ("declaration", "code", "words"),
    [
        ("{type: ‸integer}", "TG222", "unknown type 'integer'"),
        ("{type: int, default: ‸ten}", "TG222", "expected int, got 'ten'"),
        ("{type: int, default: ‸1.5}", "TG222", "expected int, got '1.5'"),
        ("{type: bool, default: ‸yes}", "TG222", "expected true/false, got 'yes'"),
        ("{type: int, default: ‸300, max: 200}", "TG223", "is 300, allowed: ≤ 200"),
        ("{type: int, default: 3, min: ‸x}", "TG222", "expected int, got 'x'"),
        ("{type: int, min: ‸5, max: 2}", "TG223", "lies above its `max`"),
        ("{type: int, default: ‸[1]}", "TG107", "a single value"),
        ("{type: duration, default: ‸99999999999d}", "TG222", "expected duration"),
        ("{options: [a, b], default: ‸c}", "TG222", "expected one of a, b, got 'c'"),
        ("{options: ‸fast}", "TG107", "the options of graph param 'p' are a list"),
        ("{options: ‸[]}", "TG107", "the options of graph param 'p' are a list"),
        ("{type: int, options: [1, ‸b]}", "TG222", "expected int, got 'b'"),
        ("{type: int, ‸deflt: 3}", "TG105", "graph param 'p' has no key 'deflt'"),
        ("‸12", "TG107", "graph param 'p' is a map, got '12'"),
        ("‸[int]", "TG107", "graph param 'p' is a map, got a list"),
    ],
)
def test_a_bad_declaration_of_a_param_is_one_fault(form_faults, declaration, code, words):
    (fault,) = form_faults(TOP + f"params:\n  p: {declaration}\n{REST}", code)
    assert words in fault.message


def test_only_numbers_have_bounds(form_faults):
    (fault,) = form_faults(TOP + f"params:\n  ‸p: {{type: str, min: a}}\n{REST}", "TG107")
    assert "only numbers" in fault.message
    assert "options" in fault.hint


@pytest.mark.parametrize(
    ("top", "words"),
    [
        ("‸name: g\n", "missing"),
        ("tradegraph: ‸2\nname: g\n", "'2' is not known"),
        ("tradegraph: ‸'1.0'\nname: g\n", "'1.0'"),
        ("tradegraph:‸\nname: g\n", "''"),
    ],
)
def test_the_version_of_the_dialect_must_be_known(form_faults, top, words):
    (fault,) = form_faults(top + REST, "TG104")
    assert words in fault.message
    assert f"tradegraph: {DIALECT}" in fault.hint


def test_a_quoted_version_is_the_version():
    assert read_text("tradegraph: '1'\nname: g\n" + REST).name == "g"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (TOP + "‸outptus: {x: a}\n" + REST, "Did you mean 'outputs'?"),
        (with_("timeframe", "‸timefrme"), "Did you mean 'timeframe'?"),
        (with_("in:", "‸wiht: {period: 3}, in:"), "Did you mean 'with'?"),
        (
            with_("in:", "‸period: 3, in:"),
            "If it is a param, move it under `with: {period: …}`.",
        ),
        (with_("use: sma", "‸uses: sma"), "Did you mean 'use'?"),
        (TOP + "‸zzz: 1\n" + REST, "Known: bars, description"),
    ],
)
def test_an_unknown_key_comes_with_a_suggestion(form_faults, text, hint):
    (fault,) = form_faults(text, "TG105")
    assert "has no key" in fault.message
    assert fault.hint.startswith(hint)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("‸- a\n- b\n", "TG107", "a graph file is a map, got a list"),
        ("‸just text\n", "TG107", "a graph file is a map, got 'just text'"),
        ("tradegraph: 1\nname: ‸[g]\n" + REST, "TG107", "a single value"),
        (TOP + "description: ‸{a: b}\n" + REST, "TG107", "a single value"),
        (TOP + "bars: ‸daily\nnodes: {a: {use: sma}}\n", "TG107", "`bars` is a map, got 'daily'"),
        (TOP + "nodes: ‸[a]\nbars: {d: {timeframe: 1d}}\n", "TG107", "`nodes` is a map, got a list"),
        (with_("{timeframe: 1d}", "‸1d"), "TG107", "bars source 'd' is a map, got '1d'"),
        (with_("{use: sma, in: d.close}", "‸sma"), "TG107", "node 'a' is a map, got 'sma'"),
        (with_("in: d.close", "in: ‸[d.close]"), "TG107", "is a map or one reference, got a list"),
        (with_("in: d.close", "in: {x: ‸[d]}"), "TG107", "input 'x' of node 'a' is one reference"),
        (with_("in: d.close", "in: {x: ‸~}"), "TG107", "input 'x' of node 'a' is one reference"),
        (with_("in: d.close", "with: ‸14"), "TG107", "`with` of node 'a' is a map, got '14'"),
        (TOP + REST + "outputs: {x: ‸[a]}\n", "TG107", "output 'x' names no node"),
        (TOP + REST + "outputs: {x: ‸}\n", "TG107", "output 'x' names no node"),
        (with_("use: sma", "use: ‸[sma]"), "TG108", "node 'a' does not say what it uses"),
        (with_("a: {use: sma, ", "‸a: {"), "TG108", "node 'a' does not say what it uses"),
        (with_("a: {use: sma, in: d.close}", "‸a:"), "TG108", "does not say what it uses"),
    ],
)
def test_a_wrong_shape_is_shown_with_the_one_that_is_expected(form_faults, text, code, words):
    (fault,) = form_faults(text, code)
    assert words in fault.message


def test_bars_and_nodes_must_be_there(form_faults):
    bars, nodes = form_faults("‸‸tradegraph: 1\nname: g\n", "TG108", "TG108")
    assert (bars.message, nodes.message) == ("the graph has no `bars:`", "the graph has no `nodes:`")
    assert "timeframe" in bars.hint
    assert "use:" in nodes.hint


@pytest.mark.parametrize("name", ["EMA", "ema-cross", "2fast", "_x", "é", "a.b", "a b"])
def test_names_are_lower_case_words(form_faults, name):
    codes = ["TG109"] * 5
    text = (
        f"tradegraph: 1\nname: ‸{name}\nparams:\n  ‸{name}: {{type: int, default: 1}}\n"
        f"bars:\n  ‸{name}: {{timeframe: 1d}}\nnodes:\n  ‸{name}x: {{use: sma}}\noutputs:\n  ‸{name}: a\n"
    )
    for fault in form_faults(text, *codes):
        assert "is not well formed" in fault.message
        assert "lower case" in fault.hint


@pytest.mark.parametrize("name", ["main", "temp", "information_schema", "memory", "tradegraph"])
def test_a_graph_is_a_schema_and_may_not_take_the_name_of_one(form_faults, name):
    (fault,) = form_faults(f"tradegraph: 1\nname: ‸{name}\n{REST}", "TG109")
    assert name in fault.message


def test_a_graph_without_name_is_called_like_its_file(tmp_path):
    file = tmp_path / "ema_cross.yaml"
    file.write_text("tradegraph: 1\n" + REST)
    assert read_file(file).name == "ema_cross"
    bad = tmp_path / "EMA cross.yaml"
    bad.write_text("tradegraph: 1\n" + REST)
    with pytest.raises(GraphError, match="'EMA cross' is not well formed") as error:
        read_file(bad)
    assert [fault.code for fault in error.value.faults] == ["TG109"]


def test_a_node_and_a_bars_source_may_not_share_a_name(form_faults):
    text = "tradegraph: 1\nname: g\nbars:\n  d: {timeframe: 1d}\nnodes:\n  ‸d: {use: sma, in: d.close}\n"
    (fault,) = form_faults(text, "TG205")
    assert fault.message == "a node and a bars source are both called 'd'"


def test_a_null_section_or_wire_counts_as_absent():
    spec = read_text(TOP + "params:\nbars:\n  d: {timeframe: 1d}\nnodes:\n  a: {use: sma, in: , with: }\noutputs: ~\n")
    assert (len(spec.params), spec.nodes["a"].wires, spec.nodes["a"].params, spec.outputs) == (0, {}, {}, {})


def test_all_faults_of_form_come_at_once_and_in_order(form_faults):
    faults = form_faults(
        """\
tradegraph: ‸3
name: ‸EMA
‸colour: red
sweep: {grid: ‸3}
params:
  fast: {type: int, default: ‸x}
  fast_: {type: ‸long}
bars:
  daily: {timeframe: 1d, ‸symbol: AAPL}
nodes:
  a: {use: sma, in: daily.close, retry: ‸x}
  ‸a: {use: ema}
  ‸b: {in: daily.close}
  c: {use: sma, in: ‸[a]}
outputs: {x: ‸}
""",
        *("TG104", "TG109", "TG105", "TG107", "TG222", "TG222", "TG105", "TG222", "TG102", "TG108", "TG107", "TG107"),
    )
    assert len(faults) == 12


def test_what_could_not_be_read_is_remembered_as_being_there():
    spec, faults = scan_text(
        "tradegraph: 1\nname: g\nparams: {p: {type: x}}\nbars: {d: 1d, e: {timeframe: 1d}}\n"
        "nodes: {a: {}, b: {use: sma, in: [a], with: 3}, c: {use: sma, period: 3}}\n"
    )
    assert len(faults) == 6
    assert spec.unread == {"d", "a"}
    assert spec.unread_params == {"p"}
    assert spec.nodes["b"].unread == spec.nodes["c"].unread == {"in", "with"}


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    for path, words in ((tmp_path / "none.yaml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(GraphError, match=words) as error:
            read_file(path)
        assert [fault.code for fault in error.value.faults] == ["TG110"]
        assert str(path) in str(error.value)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    file = tmp_path / "g.yaml"
    file.write_bytes("description: Währung\n".encode("latin-1"))
    with pytest.raises(GraphError, match="the file is not UTF-8: byte 14") as error:
        read_file(file)
    (fault,) = error.value.faults
    assert (fault.code, fault.hint) == ("TG110", "Save it as UTF-8.")


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_a_file_may_come_from_windows(tmp_path, prefix):
    file = tmp_path / "g.yaml"
    file.write_bytes(prefix + GOOD.replace("\n", "\r\n").encode())
    spec = read_file(file)
    assert (spec.name, spec.file, spec.nodes["entry"].use.place.line) == ("ema_cross", str(file), 11)
    assert spec.place.column == 1


def test_the_graph_that_ships_reads():
    spec = read_file(Path(__file__).parents[2] / "graphs" / "ema_cross.yaml")
    assert spec.name == "ema_cross"
    assert load_text(Path(spec.file)).startswith("tradegraph: 1")
