"""Names and params looked up: each fault with its code, its place and what to do about it."""

import pytest

from pipeline.errors import CODES, Fault, GraphError
from pipeline.graph.check import check, check_file
from pipeline.graph.read import read_text
from pipeline.model.registry import Registry

HEAD = "tradegraph: 1\nname: g\nbars:\n  daily: {timeframe: 1d}\n"
TG2 = {
    "TG201": "nodes:\n  a: {use: ‸smma, in: daily.close}\n",
    "TG202": "nodes:\n  a: {use: sma, in: ‸dialy.close}\n",
    "TG203": "nodes:\n  a: {use: sma, in: ‸daily.clse}\n",
    "TG204": "nodes:\n  a: {use: sma, in: daily.close, with: {period: ‸$fast}}\n",
    "TG205": "nodes:\n  ‸daily: {use: sma, in: daily.close}\n",
    "TG211": "nodes:\n  a: {use: ‸cross, in: {fast: daily.close}}\n",
    "TG212": "nodes:\n  a: {use: sma, in: {x: daily.close, ‸y: daily.close}}\n",
    "TG213": "nodes:\n  a: {use: cross, in: ‸daily.close}\n",
    "TG214": "nodes:\n  a: {use: rsi, in: ‸daily.volume}\n",
    "TG215": "nodes:\n  ‸a: {use: sma, in: a}\n",
    "TG216": "  h: {timeframe: 1h}\nnodes:\n  a: {use: cross, in: {fast: daily.close, slow: ‸h.close}}\n",
    "TG219": "nodes:\n  a: {use: sma, in: daily.close, store: false}\noutputs: {x: ‸a}\n",
    "TG221": "nodes:\n  a: {use: sma, in: daily.close, with: {‸perid: 3}}\n",
    "TG222": "nodes:\n  a: {use: sma, in: daily.close, with: {period: ‸ten}}\n",
    "TG223": "nodes:\n  a: {use: sma, in: daily.close, with: {period: ‸300}}\n",
    "TG224": "nodes:\n  a: {use: ‸scale, in: daily.close}\n",
}
"""A graph for each code that a file alone can earn, the place marked."""
ELSEWHERE = {
    "TG206": "an override",
    "TG217": "a warning",
    "TG218": "a warning",
    "TG225": "a warning",
    "TG226": "of the environment",
}


def test_every_code_of_meaning_has_a_graph_that_earns_it():
    assert set(TG2) | set(ELSEWHERE) == {code for code in CODES if code.startswith("TG2")}


@pytest.mark.parametrize("code", TG2)
def test_a_graph_with_one_fault_has_one_fault(faults, code):
    (fault,) = faults(HEAD + TG2[code], code)
    assert fault.severity == "error"
    assert str(fault).startswith(f"g.yaml:{fault.place.line}:{fault.place.column} {code} ")


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("smma", "Did you mean 'sma'?"),
        ("SMA", "Did you mean 'sma'?"),
        ("zzzzzz", "`tradegraph nodes list` shows all node types."),
    ],
)
def test_an_unknown_node_type_comes_with_a_suggestion(node_faults, wrong, hint):
    (fault,) = node_faults([f"a: {{use: ‸{wrong}, in: daily.close}}"], "TG201")
    assert (fault.message, fault.hint) == (f"no node type {wrong!r}", hint)


def test_an_unknown_node_type_points_at_the_plugin_that_failed_to_load(registry):
    refused = [Fault("TG402", "momentum: it cannot be parsed"), Fault("TG402", "arsix: it cannot be parsed")]
    broken = Registry(registry, refused=refused)
    for wanted, hint in (
        ("momentum", "A file that may define it was refused: momentum: it cannot be parsed"),
        ("rsi_", "Did you mean 'rsi'?"),
        ("mom", "`tradegraph nodes list` shows all node types."),
    ):
        spec = read_text(HEAD + f"nodes:\n  a: {{use: {wanted}, in: daily.close}}\n")
        with pytest.raises(GraphError) as error:
            check(spec, broken)
        assert error.value.hint == hint


def test_what_hangs_on_a_node_with_a_fault_has_none_itself(node_faults):
    node_faults(
        [
            "a: {use: ‸nope, in: daily.close}",
            "b: {use: sma, in: a}",
            "c: {use: cross, in: {fast: b.value, slow: a.whatever}}",
        ],
        "TG201",
    )


def test_the_wires_and_params_of_a_node_of_unknown_type_are_looked_up(node_faults):
    node_faults(
        ["a: {use: ‸nope, in: {x: ‸dily.close, y: ‸daily.clse}, with: {p: ‸$q, r: [1, ‸$s]}}"],
        *("TG201", "TG202", "TG203", "TG204", "TG204"),
    )


@pytest.mark.parametrize(
    ("reference", "hint"), [("dialy.close", "Did you mean 'daily'?"), ("Daily", "Did you mean 'daily'?"),
                            ("zzz", "Known: a, daily.")]
)  # fmt: skip
def test_a_wire_to_nothing_comes_with_a_suggestion(node_faults, reference, hint):
    (fault,) = node_faults([f"a: {{use: sma, in: ‸{reference}}}"], "TG202")
    assert fault.message == f"node 'a': there is no node or bars source {reference.partition('.')[0]!r}"
    assert fault.hint == hint


def test_a_param_cannot_be_wired(faults):
    text = "params:\n  fast: {type: int, default: 3}\nnodes:\n  a: {use: sma, in: ‸$fast}\n"
    (fault,) = faults(HEAD + text, "TG202")
    assert "'$fast' is a param, not an input" in fault.message
    assert "`with`" in fault.hint


def test_an_output_that_a_node_does_not_have_comes_with_a_suggestion(node_faults):
    first, second, third, fourth = node_faults(
        [
            "b: {use: bands, in: daily.close}",
            "c: {use: sma, in: ‸b.uper}",
            "d: {use: sma, in: ‸b}",
            "e: {use: sma, in: ‸daily.clse}",
            "f: {use: sma, in: ‸b.}",
        ],
        *["TG203"] * 4,
    )
    assert (first.message, first.hint) == ("node 'c': 'b' (bands) has no output 'uper'", "Did you mean 'upper'?")
    assert second.message == "node 'd': 'b' (bands) has several outputs: upper, lower"
    assert second.hint == "Say which: `b.upper`."
    assert (third.message, third.hint) == ("node 'e': bars 'daily' have no column 'clse'", "Did you mean 'close'?")
    assert "names no output behind its dot" in fourth.message


def test_outputs_name_nodes_and_their_columns(faults):
    text = """\
nodes:
  a: {use: sma, in: daily.close}
  b: {use: bands, in: daily.close}
outputs:
  x: ‸c
  y: ‸daily
  z: ‸a.vale
  w: ‸b.middle
  ‸b: a
"""
    found = faults(HEAD + text, "TG202", "TG202", "TG203", "TG203", "TG205")
    assert found[0].message == "output 'x' names no node: 'c'"
    assert found[2].hint == "Did you mean 'value'?"
    assert found[3].hint == "Known: lower, upper."
    assert found[4].message == "output 'b' has the name of another node"


def test_an_output_may_have_the_name_of_its_node_and_be_a_column(graph):
    text = """\
nodes:
  a: {use: bands, in: daily.close}
  s: {use: custom, in: daily}
  t: {use: stats, in: {close: daily.close, weight: w}}
  w: {use: sized, in: s}
"""
    assert graph(HEAD + text).outputs == {}
    assert graph(HEAD + text + "outputs: {a: a, up: a.upper, s: s.strength, all: s.value, t: t.value}\n").outputs == {
        "a": ("a", ""),
        "up": ("a", "upper"),
        "s": ("s", "strength"),
        "all": ("s", ""),
        "t": ("t", ""),
    }


# --- params -----------------------------------------------------------------------------------------------


def test_the_declared_type_says_what_a_value_of_a_node_means(nodes):
    graph = nodes(
        "a: {use: scale, in: daily.close, with: {factor: 1e-4, log: true}}",
        "b: {use: sma, in: a, with: {period: '000014'}}",
        "c: {use: named, in: b, with: {names: [ON, NO, 000001, '$x']}}",
        "d: {use: bands, in: daily.close, with: {side: upper}}",
    )
    assert {name: node.params for name, node in graph.nodes.items()} == {
        "a": {"factor": 0.0001, "log": True},
        "b": {"period": 14},
        "c": {"names": ("ON", "NO", "000001", "$x")},
        "d": {"side": "upper"},
    }


ON_CLOSE = "use: sma, in: daily.close, with: "
ON_BOTH = "use: cross, in: {fast: daily.close, slow: daily.open}, with: "


@pytest.mark.parametrize(
    ("node", "code", "words", "hint"),
    [
        (ON_CLOSE + "{period: ‸14.0}", "TG222", "expected int, got '14.0'", ""),
        (ON_CLOSE + "{period: ‸1}", "TG223", "is 1, allowed: 2 … 200", "Window, in bars"),
        (ON_CLOSE + "{period: ‸[3]}", "TG222", "takes int, got ['3']", "Window, in bars"),
        (ON_CLOSE + "{period: ‸{a: 3}}", "TG107", "a value or a list, got a map", "Write `name: value`."),
        (ON_CLOSE + "{‸length: 3}", "TG221", "sma has no param 'length'", "It takes: period."),
        (ON_BOTH + "{‸n: 3}", "TG221", "cross has no param 'n'", "It takes no params."),
        ("use: scale, in: daily.close, with: {factor: ‸0}", "TG223", "is 0.0, allowed: > 0", "Multiplier"),
        ("use: scale, in: daily.close, with: {factor: 1, log: ‸yes}", "TG222", "expected true/false, got 'yes'", ""),
        ("use: bands, in: daily.close, with: {side: ‸lower}", "TG222", "expected one of both, upper, got 'lower'", ""),
        ("use: named, in: daily.close, with: {names: ‸ON}", "TG222", "expected list of text, got the text 'ON'", ""),
        ("use: ‸scale, in: daily.close", "TG224", "scale needs the param 'factor'", "Add `factor: …` under `with`."),
    ],
)
def test_a_bad_value_of_a_node_tells_expected_and_got(node_faults, node, code, words, hint):
    (fault,) = node_faults([f"a: {{{node}}}"], code)
    assert fault.message.startswith(("node 'a': ", "a param"))
    assert words in fault.message
    assert fault.hint == hint


def test_a_graph_param_reaches_the_node_typed(graph):
    text = """\
params:
  p: {type: int, default: 5}
  q: {type: str, default: ON}
nodes:
  a: {use: sma, in: daily.close, with: {period: $p}}
  b: {use: named, in: a, with: {names: [$q, NO]}}
"""
    found = graph(HEAD + text)
    assert found.nodes["a"].params == {"period": 5}
    assert found.nodes["b"].params == {"names": ("ON", "NO")}
    assert found.params == {"p": 5, "q": "ON"}


def test_a_graph_param_of_another_type_or_range_is_a_fault_of_the_node_that_takes_it(faults):
    text = """\
params:
  p: {type: float, default: 5}
  q: {type: int, default: 500}
nodes:
  a: {use: sma, in: daily.close, with: {period: ‸$p}}
  b: {use: sma, in: daily.close, with: {period: ‸$q}}
"""
    wrong, large = faults(HEAD + text, "TG222", "TG223")
    assert wrong.message == "node 'a': param 'period' of sma takes int, got 5.0"
    assert large.message == "node 'b': param 'period' of sma is 500, allowed: 2 … 200"


def test_an_unknown_graph_param_comes_with_a_suggestion(faults):
    text = "params: {fast: {type: int, default: 3}}\nnodes:\n  a: {use: sma, in: daily.close, with: {period: ‸$fsat}}\n"
    (fault,) = faults(HEAD + text, "TG204")
    assert (fault.message, fault.hint) == ("the graph declares no param 'fsat'", "Did you mean 'fast'?")
    (fault,) = faults(HEAD + "nodes:\n  a: {use: sma, in: daily.close, with: {period: ‸$fast}}\n", "TG204")
    assert fault.hint == "Declare it under `params:`, or quote the text."


def test_a_required_graph_param_without_value_is_one_fault(faults):
    text = """\
params:
  ‸p: {type: int}
nodes:
  a: {use: sma, in: daily.close, with: {period: $p}}
  b: {use: sma, in: a}
"""
    (fault,) = faults(HEAD + text, "TG224")
    assert (fault.message, fault.hint) == ("graph 'g' needs the param 'p'", "Give it: -p p=…")


def test_a_warm_up_that_fails_is_a_fault_of_the_node(node_faults):
    (fault,) = node_faults(["a: {use: ‸brittle, in: daily.close, with: {step: 3}}", "b: {use: sma, in: a}"], "TG405")
    assert fault.message.startswith("node 'a': node type 'brittle': warmup failed, ZeroDivisionError")


# --- all at once ------------------------------------------------------------------------------------------


def test_a_file_with_eight_faults_has_eight(faults):
    text = """\
nodes:
  a: {use: ‸smaa, in: daily.close}
  b: {use: sma, in: ‸dialy.close}
  c: {use: sma, in: daily.close, with: {period: ‸1, ‸lenght: 3}}
  d: {use: sma, in: a, with: {period: ‸$nope}}
  e: {use: ‸cross, in: {fast: d}}
  f: {use: rsi, in: {close: ‸daily.volume}}
outputs: {x: ‸g}
"""
    codes = ("TG201", "TG202", "TG223", "TG221", "TG204", "TG211", "TG214", "TG202")
    assert len(faults(HEAD + text, *codes)) == 8


def test_faults_of_form_and_of_meaning_come_together(faults):
    text = """\
tradegraph: 1
name: g
‸colour: red
params:
  p: {type: ‸integer}
  ‸q: {type: int}
bars:
  daily: {timeframe: ‸1x, adjust: $p}
  hourly: {‸timefame: 1h}
nodes:
  a: {use: sma, in: daily.close, with: {period: $p}}
  b: {use: ‸smaa, in: hourly.close, with: {period: $q}}
  ‸c: {in: daily.close}
  d: {use: ‸scale, in: ‸[a], with: {‸facto: 3}}
  e: {use: sma, in: c, ‸period: 3}
  f: {use: sma, in: ‸g}
outputs: {x: c, y: ‸h}
"""
    codes = [
        "TG105",
        "TG222",
        "TG224",
        "TG306",
        "TG105",
        "TG201",
        "TG108",
        "TG224",
        "TG107",
        "TG221",
        "TG105",
        "TG202",
        "TG202",
    ]
    assert len(faults(text, *codes)) == 13


def test_both_a_wrong_type_and_a_wrong_range_of_one_node_are_told(node_faults):
    node_faults(
        ["a: {use: scale, in: daily.close, with: {factor: ‸-1, log: ‸maybe, ‸base: 2}}"], "TG223", "TG222", "TG221"
    )


def test_a_broken_wire_does_not_hide_a_missing_one(node_faults):
    node_faults(
        ["a: {use: ‸cross, in: {fast: b}}", "b: {use: sma, in: daily.close, with: {period: ‸x}}"], "TG211", "TG222"
    )
    node_faults(["a: {use: ‸cross, in: {fast: ‸nope}}"], "TG211", "TG202")


def test_errors_come_without_warnings_that_may_follow_from_them(faults):
    text = """\
params: {p: {type: int, default: 3}}
nodes:
  a: {use: sma, in: daily.close, with: {period: 3}}
  b: {use: sma, in: ‸aa}
outputs: {x: b}
"""
    assert all(fault.severity == "error" for fault in faults(HEAD + text, "TG202"))


def test_a_file_is_read_and_checked_in_one_go(registry, tmp_path):
    file = tmp_path / "two.yaml"
    file.write_text("tradegraph: 2\nbars: {d: {timeframe: 1d}}\nnodes: {a: {use: nope, in: d.close}}\n")
    with pytest.raises(GraphError) as error:
        check_file(file, registry)
    assert [(fault.code, fault.place.file) for fault in error.value.faults] == [
        ("TG104", str(file)),
        ("TG201", str(file)),
    ]
    file.write_text("tradegraph: 1\nbars: {d: {timeframe: 1d}}\nnodes: {a: {use: sma, in: d.close}}\n")
    assert check_file(file, registry).name == "two"


def test_one_half_of_a_signal_is_named_where_an_event_is_due(faults):
    (fault,) = faults(HEAD + "nodes:\n  m: {use: custom, in: daily}\n  h: {use: held, in: ‸m}\n", "TG214")
    assert fault.hint == "Wire one half of the signal: `m.event` or `m.strength`."
