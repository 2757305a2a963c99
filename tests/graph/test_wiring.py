"""Wires: kinds and axes compared at both ends, cycles named, single wires understood."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.errors import GraphError

CHECKOUT = Path(__file__).parents[2]


def wires(node):
    return {wire.port: (wire.source, wire.columns, wire.kind.name) for wire in node.wires}


# --- what a wire means ------------------------------------------------------------------------------------


def test_a_wire_is_a_source_and_its_columns(nodes):
    graph = nodes(
        "a: {use: sma, in: daily.close}",
        "b: {use: bands, in: a}",
        "c: {use: cross, in: {fast: b.upper, slow: daily.volume}}",
        "d: {use: sized, in: c}",
        "e: {use: custom, in: daily}",
        "f: {use: sized, in: {event: e}}",
        "g: {use: sma, in: e.strength}",
        "h: {use: sma, in: a.value}",
        "i: {use: judged, in: a}",
        "j: {use: sized, in: i.call}",
        "k: {use: sma, in: i.call_strength}",
    )
    found = {name: wires(node) for name, node in graph.nodes.items()}
    assert found["a"] == {"x": ("daily", ("close",), "price")}
    assert found["b"] == {"close": ("a", ("value",), "price")}
    assert found["c"] == {"fast": ("b", ("upper",), "price"), "slow": ("daily", ("volume",), "volume")}
    assert found["d"] == {"event": ("c", ("value",), "event")}
    assert found["e"] == {"bars": ("daily", ("open", "high", "low", "close", "volume"), "bars")}
    assert found["f"] == {"event": ("e", ("event", "strength"), "signal")}
    assert found["g"] == {"x": ("e", ("strength",), "fraction")}
    assert found["h"] == {"x": ("a", ("value",), "price")}
    assert found["j"] == {"event": ("i", ("call_event", "call_strength"), "signal")}
    assert found["k"] == {"x": ("i", ("call_strength",), "fraction")}


def test_a_node_of_the_same_kind_gives_the_kind_that_it_got(nodes):
    graph = nodes(
        "a: {use: sma, in: daily.close}",
        "b: {use: sma, in: daily.volume}",
        "c: {use: rsi, in: daily.close}",
        "d: {use: sma, in: c}",
        "e: {use: cross, in: {fast: a, slow: b}}",
        "f: {use: sma, in: e}",
    )
    kinds = {name: node.kinds["value"].name for name, node in graph.nodes.items()}
    assert kinds == {"a": "price", "b": "volume", "c": "percent", "d": "percent", "e": "event", "f": "number"}


def test_bars_wired_to_columns_go_to_the_ports_of_their_names(nodes):
    graph = nodes("a: {use: typical, in: daily}", "b: {use: rsi, in: daily}")
    assert wires(graph.nodes["a"]) == {
        "high": ("daily", ("high",), "price"),
        "low": ("daily", ("low",), "price"),
        "close": ("daily", ("close",), "price"),
        "volume": ("daily", ("volume",), "volume"),
    }
    assert wires(graph.nodes["b"]) == {"close": ("daily", ("close",), "price")}


def test_a_single_wire_goes_to_the_only_input_that_must_be_wired(nodes):
    graph = nodes("a: {use: weighted, in: daily.close}", "b: {use: weighted, in: {x: daily.close, by: daily.volume}}")
    assert list(wires(graph.nodes["a"])) == ["x"]
    assert list(wires(graph.nodes["b"])) == ["x", "by"]


def test_a_single_wire_that_does_not_say_which_input_is_refused(node_faults):
    (fault,) = node_faults(["a: {use: cross, in: ‸daily.close}"], "TG213")
    assert fault.message == "node 'a': cross has the inputs fast, slow: one wire does not say which"
    assert fault.hint == "Write `in: {fast: …, slow: …}`."


def test_a_missing_input_is_named_with_its_kind(node_faults):
    missing, absent = node_faults(["a: {use: ‸cross, in: {fast: daily.close}}", "b: {use: ‸rsi}"], "TG211", "TG211")
    assert missing.message == "node 'a': input 'slow' of cross is not wired"
    assert missing.hint == "Add `slow: …` under `in`; it takes number."
    assert "price" in absent.hint


def test_an_input_too_many_is_named_and_a_param_sent_to_with(node_faults):
    near, param = node_faults(
        [
            "a: {use: cross, in: {fast: daily.close, slow: daily.open, ‸slwo: daily.high}}",
            "b: {use: sma, in: {x: daily.close, ‸period: daily.open}}",
        ],
        *("TG212", "TG212"),
    )
    assert (near.message, near.hint) == ("node 'a': cross has no input 'slwo'", "Did you mean 'slow'?")
    assert param.hint == "'period' is a param: move it under `with: {period: …}`."


# --- kinds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "message", "hint"),
    [
        (
            "{use: rsi, in: ‸daily.volume}",
            "input 'close' of rsi takes price, but daily.volume gives volume",
            "price is in the quote currency of the symbol; volume is units traded in a bar.",
        ),
        ("{use: rsi, in: ‸p}", "input 'close' of rsi takes price, but p (rsi) gives percent", "price is"),
        ("{use: sma, in: ‸daily}", "input 'x' of sma takes number, but daily gives bars", "Wire one column: `daily."),
        ("{use: custom, in: ‸daily.close}", "input 'bars' of custom takes bars, but daily.close gives price", "bars"),
        (
            "{use: sized, in: ‸p}",
            "input 'event' of sized takes signal, but p (rsi) gives percent",
            "A signal comes from a strategy node, or from an event.",
        ),
        ("{use: sma, in: ‸up}", "input 'x' of sma takes number, but up (above) gives condition", "number is any"),
        ("{use: held, in: ‸up}", "input 'entry' of held takes event, but up (above) gives condition", "event is +1"),
        ("{use: sma, in: ‸s}", "input 'x' of sma takes number, but s (custom) gives signal", "Wire one half"),
        ("{use: rsi, in: {close: ‸b.volum}}", "'b' (bands) has no output 'volum'", "Known: lower, upper."),
    ],
)  # fmt: skip
def test_a_mismatch_of_kinds_shows_both_ends(node_faults, node, message, hint):
    others = [
        "p: {use: rsi, in: daily.close}",
        "up: {use: above, in: p}",
        "s: {use: custom, in: daily}",
        "b: {use: bands, in: daily.close}",
    ]
    (fault,) = node_faults([*others, f"a: {node}"], "TG203" if "no output" in message else "TG214")
    assert fault.message == f"node 'a': {message}"
    assert fault.hint.startswith(hint)


def test_a_table_cannot_be_wired_to_a_column(node_faults):
    fault, unknown = node_faults(
        [
            "s: {use: custom, in: daily}",
            "w: {use: sized, in: s}",
            "t: {use: stats, in: {close: daily.close, weight: w}}",
            "a: {use: sma, in: ‸t}",
            "b: {use: sma, in: ‸t.valu}",
        ],
        *("TG214", "TG203"),
    )
    assert fault.message == "node 'a': input 'x' of sma takes number, but t (stats) gives metrics"
    assert (unknown.message, unknown.hint) == ("node 'b': 't' (stats) has no output 'valu'", "Did you mean 'value'?")


def test_where_an_event_is_wanted_the_hint_says_what_makes_one(node_faults):
    (fault,) = node_faults(["a: {use: held, in: ‸daily.close}"], "TG214")
    assert fault.hint.endswith(" `cross` or a strategy node makes events.")
    (fault,) = node_faults(["a: {use: rsi, in: ‸daily.volume}"], "TG214")
    assert "events" not in fault.hint


# --- axes -------------------------------------------------------------------------------------------------


def two(first, second):
    return f"""\
tradegraph: 1
name: g
bars:
  one: {first}
  two: {second}
nodes:
  a: {{use: sma, in: one.close}}
  b: {{use: cross, in: {{fast: a, slow: ‸two.close}}}}
"""


@pytest.mark.parametrize(
    ("second", "differ"),
    [
        ("{timeframe: 1h}", "timeframe"),
        ("{timeframe: 1d, symbols: [A]}", "symbols"),
        ("{timeframe: 1d, from: 2020-01-01}", "from"),
        ("{timeframe: 1d, to: 2020-01-01}", "to"),
        ("{timeframe: 1h, symbols: [A], from: 2020-01-01}", "symbols, timeframe, from"),
    ],
)
def test_inputs_on_different_axes_are_refused_with_what_differs(faults, second, differ):
    (fault,) = faults(two("{timeframe: 1d}", second), "TG216")
    assert (
        fault.message == f"node 'b': a (sma) and two.close stand on different axes: 'one' and 'two' differ in {differ}"
    )


def test_sources_of_one_axis_may_meet_even_when_they_are_adjusted_differently(graph):
    found = graph(
        two("{timeframe: 1d, symbols: [B, A]}", "{timeframe: 1d, symbols: [A, B, A], adjust: none}").replace("‸", "")
    )
    assert found.nodes["b"].axis == "one"
    assert wires(found.nodes["b"])["slow"] == ("two", ("close",), "price")


def test_the_axis_of_a_node_is_that_of_what_it_is_made_of(graph):
    found = graph(
        "tradegraph: 1\nname: g\nbars: {d: {timeframe: 1d}, h: {timeframe: 1h}}\n"
        "nodes:\n  a: {use: sma, in: h.close}\n  b: {use: sma, in: a}\n  c: {use: sma, in: d.close}\n"
    )
    assert {name: node.axis for name, node in found.nodes.items()} == {"a": "h", "b": "h", "c": "d"}


# --- cycles -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        (["‸a: {use: sma, in: a}"], "a → a"),
        (["‸a: {use: sma, in: b}", "b: {use: sma, in: a}"], "a → b → a"),
        (
            [
                "z: {use: sma, in: daily.close}",
                "‸a: {use: sma, in: c}",
                "b: {use: sma, in: a.value}",
                "c: {use: cross, in: {fast: b, slow: z}}",
            ],
            "a → b → c → a",
        ),
    ],
)
def test_a_cycle_is_shown_with_its_path(node_faults, lines, path):
    (fault,) = node_faults(lines, "TG215")
    assert fault.message == f"the wires form a cycle: {path}"
    assert "cut one" in fault.hint


def test_each_cycle_is_one_fault_and_what_hangs_on_it_is_none(node_faults):
    node_faults(
        [
            "‸a: {use: sma, in: b}",
            "b: {use: sma, in: a}",
            "c: {use: sma, in: b}",
            "‸d: {use: sma, in: e}",
            "e: {use: sma, in: d}",
        ],
        *("TG215", "TG215"),
    )


def test_faults_of_nodes_in_a_cycle_are_found_too(node_faults):
    node_faults(
        [
            "‸a: {use: sma, in: b, with: {period: ‸x}}",
            "b: {use: cross, in: {fast: a, slow: ‸dily.close}}",
            "c: {use: ‸nope, in: a}",
        ],
        *("TG215", "TG222", "TG202", "TG201"),
    )


def test_a_long_cycle_is_shown_by_its_ends(node_faults):
    lines = [f"n{i}: {{use: sma, in: n{(i - 1) % 3_000}}}" for i in range(3_000)]
    (fault,) = node_faults(["‸" + lines[0], *lines[1:]], "TG215")
    assert fault.message.startswith("the wires form a cycle: n0 → n1 → n2 → ")
    assert "… 2986 more …" in fault.message
    assert fault.message.endswith(" → n2999 → n0")


KNOT = """
from pipeline.errors import GraphError
from pipeline.graph.check import check_text
from pipeline.model.registry import Registry
names = "abcdefgh"
nodes = "".join("  %s: {use: x, in: {%s}}\\n" % (n, ", ".join(f"p{m}: {m}" for m in names if m != n)) for n in names)
text = "tradegraph: 1\\nname: g\\nbars: {d: {timeframe: 1d}, e: {timeframe: 1h}}\\nnodes:\\n" + nodes
try:
    check_text(text, Registry(), params={"r": 1, "q": 1, "p": 1}, bars={"x": 1, "y": 2, "z": 3})
except GraphError as error:
    print(error)
print(list({"a", "b", "c", "d", "e"}))
"""


def test_faults_do_not_depend_on_the_hash_seed():
    seen = [
        subprocess.run(
            [sys.executable, "-c", KNOT],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for seed in ("1", "2")
    ]
    assert seen[0][-1] != seen[1][-1], "both seeds give one order: the test proves nothing"
    assert seen[0][:-1] == seen[1][:-1]
    assert any("the wires form a cycle: a → " in line for line in seen[0])


def test_a_chain_of_ten_thousand_nodes_is_checked_without_recursion(nodes):
    lines = [f"n{i}: {{use: sma, in: n{i - 1}}}" for i in range(1, 10_000)]
    started = time.process_time()  # guards against explosions; not a timing
    graph = nodes("n0: {use: sma, in: daily.close}", *reversed(lines))
    assert time.process_time() - started < 20.0
    assert list(graph.nodes) == [f"n{i}" for i in range(10_000)]
    assert len(graph.ancestors("n9999")) == 9_999
    assert len(graph.descendants("n0")) == 9_999
    assert graph.nodes["n9999"].kinds["value"].name == "price"


def test_a_ring_of_ten_thousand_nodes_is_found_without_recursion(nodes):
    started = time.process_time()  # guards against explosions; not a timing
    with pytest.raises(GraphError, match="the wires form a cycle"):
        nodes(*(f"n{i}: {{use: sma, in: n{i - 1 if i else 9_999}}}" for i in range(10_000)))
    assert time.process_time() - started < 20.0
