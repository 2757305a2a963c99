"""Sub-graphs: hygienic, typed, reusable, from this file and from others; faults with the place and the use."""

import pytest

from pipeline.errors import GraphError
from pipeline.graph import expand
from pipeline.graph.check import check_file
from pipeline.model.kind import NUMBER, PRICE

TREND = """\
graphs:
  trend:
    params: {length: {type: int, min: 2}}
    in: {x: number}
    out: {line: smooth, far: wide}
    nodes:
      smooth: {use: sma, in: $x, with: {period: $length}}
      wide: {use: scale, in: smooth, with: {factor: 2}}
"""
USES = """\
nodes:
  fast: {use: trend, in: daily.close, with: {length: 12}}
  slow: {use: trend, in: daily.close, with: {length: 48}}
  entry: {use: cross, in: {fast: fast.line, slow: slow.line}}
outputs: {entry: entry, line: fast.line}
"""


@pytest.fixture
def expanded(graph, head):
    return lambda text, **overrides: graph(head + text, **overrides)


def wires(node):
    return {wire.port: (wire.source, wire.columns) for wire in node.wires}


def test_the_nodes_of_a_sub_graph_are_called_after_its_use(expanded):
    graph = expanded(TREND + USES)
    assert list(graph.nodes) == ["fast.smooth", "fast.wide", "slow.smooth", "slow.wide", "entry"]
    assert [graph.nodes[f"{name}.smooth"].params["period"] for name in ("fast", "slow")] == [12, 48]
    assert wires(graph.nodes["entry"]) == {"fast": ("fast.smooth", ("value",)), "slow": ("slow.smooth", ("value",))}
    assert graph.outputs == {"entry": ("entry", ""), "line": ("fast.smooth", "")}
    assert graph.uses["fast"].outs == {"line": ("fast.smooth", ""), "far": ("fast.wide", "")}
    assert (graph.uses["slow"].subgraph, graph.uses["slow"].params) == ("trend", {"length": 48})
    assert graph.warnings == ()


def test_a_sub_graph_gives_the_kinds_that_it_got(expanded):
    graph = expanded(TREND + USES)
    assert graph.nodes["fast.smooth"].kinds == {"value": PRICE}
    assert graph.nodes["fast.wide"].kinds == {"value": NUMBER}


def test_a_use_says_how_all_its_nodes_are_run_unless_they_say_it_themselves(expanded):
    text = TREND.replace("with: {factor: 2}", "with: {factor: 2}, tags: own, retry: 0")
    graph = expanded(
        text + "nodes: {a: {use: trend, in: daily.close, with: {length: 3}, tags: t, retry: 2, timeout: 5s}}"
    )
    smooth, wide = graph.nodes.values()
    assert (smooth.tags, smooth.retry, smooth.timeout) == (("t",), 2, 5.0)
    assert (wide.tags, wide.retry, wide.timeout) == (("t", "own"), 0, 5.0)


def test_inner_names_are_not_seen_outside_and_outer_names_not_inside(faults, head):
    faults(head + TREND + "nodes:\n  a: {use: trend, in: daily.close, with: {length: 3}}\n"
           "  b: {use: sma, in: ‸a.smooth}\n  c: {use: sma, in: ‸smooth}\n", "TG203", "TG202")  # fmt: skip
    faults(
        head + "params: {p: {type: int, default: 3}}\n"
        "graphs:\n  t:\n    in: {x: number}\n    out: a\n    nodes:\n      a: {use: sma, in: ‸outer}\n"
        "      b: {use: sma, in: ‸daily.close, with: {period: ‸$p}}\n"
        "nodes:\n  outer: {use: sma, in: daily.close}\n  u: {use: t, in: outer}\n",
        *("TG202", "TG202", "TG204"),
    )


def test_the_same_names_inside_and_outside_do_not_meet(expanded):
    graph = expanded(
        TREND + "nodes:\n  smooth: {use: trend, in: wide, with: {length: 3}}\n  wide: {use: sma, in: daily.close}\n"
    )
    assert wires(graph.nodes["smooth.smooth"]) == {"x": ("wide", ("value",))}
    assert wires(graph.nodes["smooth.wide"]) == {"x": ("smooth.smooth", ("value",))}


def test_sub_graphs_may_use_sub_graphs_of_their_own_and_of_around(expanded):
    text = """\
graphs:
  inner:
    in: {x: number}
    out: a
    nodes: {a: {use: sma, in: $x}}
  outer:
    graphs:
      mine: {in: {y: number}, out: {z: b}, nodes: {b: {use: inner, in: $y}}}
    in: {x: number}
    out: u.z
    nodes: {u: {use: mine, in: $x}}
nodes: {n: {use: outer, in: daily.close}, m: {use: sma, in: n}}
"""
    graph = expanded(text)
    assert list(graph.nodes) == ["n.u.b.a", "m"]
    assert wires(graph.nodes["n.u.b.a"]) == {"x": ("daily", ("close",))}
    assert wires(graph.nodes["m"]) == {"x": ("n.u.b.a", ("value",))}


def test_bundles_go_in_and_out_whole_or_in_parts(expanded):
    text = """\
graphs:
  idea:
    in: {bars: bars}
    out: {call: c, lines: d.upper}
    nodes: {c: {use: custom, in: $bars}, d: {use: bands, in: $bars.close}}
  judge:
    in: {s: signal}
    out: {e: h}
    nodes: {h: {use: held, in: $s.event}}
nodes:
  i: {use: idea, in: daily}
  j: {use: judge, in: i.call}
  k: {use: judge, in: i.call.event}
  l: {use: sma, in: i.lines}
  m: {use: sma, in: i.call.strength}
outputs: {c: i.call, s: i.call.strength}
"""
    with pytest.raises(GraphError, match=r"takes signal, but i\.call\.strength"):
        expanded(text.replace("k: {use: judge, in: i.call.event}", "k: {use: judge, in: i.call.strength}"))
    graph = expanded(text.replace("  k: {use: judge, in: i.call.event}\n", ""))
    assert wires(graph.nodes["j.h"]) == {"entry": ("i.c", ("event",))}
    assert wires(graph.nodes["l"]) == {"x": ("i.d", ("upper",))}
    assert wires(graph.nodes["m"]) == {"x": ("i.c", ("strength",))}
    assert graph.outputs == {"c": ("i.c", ""), "s": ("i.c", "strength")}


def test_inputs_called_like_columns_are_wired_by_the_bars(expanded):
    text = "graphs: {t: {in: {high: price, low: price}, out: a, nodes: {a: {use: cross, in: {fast: $high, slow: $low}}}}}\n"  # noqa: E501
    graph = expanded(text + "nodes: {n: {use: t, in: daily}}\n")
    assert wires(graph.nodes["n.a"]) == {"fast": ("daily", ("high",)), "slow": ("daily", ("low",))}


def test_params_of_a_use_and_of_its_nodes_may_be_overridden(expanded):
    graph = expanded(TREND + USES, settings={"fast": {"length": "7"}, "slow.smooth": {"period": 9}})
    assert [graph.nodes[f"{name}.smooth"].params["period"] for name in ("fast", "slow")] == [7, 9]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"fast.smoot": {"period": 3}}, "no node 'fast.smoot'"),
        ({"fast": {"lenght": 3}}, "sub-graph 'trend' has no param 'lenght'"),
        ({"fast": {"length": 1}}, "allowed: ≥ 2"),
    ],
)
def test_an_override_of_what_is_not_there_is_a_fault(expanded, settings, words):
    with pytest.raises(GraphError, match=words):
        expanded(TREND + USES, settings=settings)


@pytest.mark.parametrize(
    ("use", "code", "words"),
    [
        ("{use: ‸trend, with: {length: 3}}", "TG211", "input 'x' of sub-graph 'trend' is not wired"),
        ("{use: trend, in: {x: daily.close, ‸y: daily.close}, with: {length: 3}}", "TG212", "no input 'y'"),
        ("{use: trend, in: ‸daily, with: {length: 3}}", "TG214", "takes number, but daily gives bars"),
        ("{use: trend, in: ‸dialy.close, with: {length: 3}}", "TG202", "no node or bars source 'dialy'"),
        ("{use: ‸trend, in: daily.close}", "TG224", "sub-graph 'trend' needs the param 'length'"),
        ("{use: trend, in: daily.close, with: {length: ‸1}}", "TG223", "allowed: ≥ 2"),
        ("{use: trend, in: daily.close, with: {length: ‸ten}}", "TG222", "expected int, got 'ten'"),
        ("{use: trend, in: daily.close, with: {length: 3, ‸lentgh: 4}}", "TG221", "no param 'lentgh'"),
        ("{use: trend, in: daily.close, with: {length: ‸$l}}", "TG204", "declares no param 'l'"),
        ("{use: ‸trned, in: daily.close}", "TG201", "no node type 'trned'"),
    ],
)
def test_a_wrong_use_is_a_fault_as_of_a_node(faults, head, use, code, words):
    (fault,) = faults(f"{head}{TREND}nodes:\n  a: {use}\n  b: {{use: sma, in: a.line}}\n", code)
    assert words in fault.message


def test_a_wire_that_does_not_say_which_input_is_ambiguous(faults, head):
    text = "graphs: {t: {in: {a: number, b: number}, out: c, nodes: {c: {use: cross, in: {fast: $a, slow: $b}}}}}\n"
    (fault,) = faults(head + text + "nodes: {n: {use: t, in: ‸daily.close}}\n", "TG213")
    assert fault.hint == "Write `in: {a: …, b: …}`."


def test_an_output_must_be_said_where_there_are_several(faults, head):
    text = head + TREND + "nodes:\n  a: {use: trend, in: daily.close, with: {length: 3}}\n  b: {use: sma, in: ‸a}\n"
    (fault,) = faults(text, "TG203")
    assert fault.message == "node 'b': 'a' (trend) has several outputs: line, far"
    assert fault.hint == "Say which: `a.line`."


def test_a_fault_of_a_definition_is_said_once_with_its_uses(faults, head):
    text = head + TREND.replace("period: ", "‸perid: ").replace("factor: 2", "factor: ‸x") + USES
    found = faults(text, "TG221", "TG222")
    assert found[0].message == "node 'smooth' of sub-graph 'trend': sma has no param 'perid'"
    assert [(note.place.line, note.text) for note in found[0].notes] == [
        (14, "'trend' is used here as 'fast'"),
        (15, "'trend' is used here as 'slow'"),
    ]


def test_a_definition_is_checked_though_nobody_uses_it(faults, head):
    text = TREND.replace("in: smooth", "in: ‸smoth").replace("far: wide", "far: ‸wid")
    faults(head + text + "nodes: {a: {use: sma, in: daily.close}}\n", "TG202", "TG202")


def test_a_definition_is_typed_by_what_its_inputs_declare(faults, head):
    text = "graphs: {t: {in: {x: number}, out: a, nodes: {a: {use: rsi, in: ‸$x}}}}\n"
    (fault,) = faults(head + text + "nodes: {n: {use: t, in: daily.close}}\n", "TG214")
    assert "takes price, but $x gives number" in fault.message
    assert [note.place.line for note in fault.notes] == [5, 5]


def test_a_value_that_only_a_use_can_get_wrong_names_the_use(faults, head):
    text = head + TREND.replace("{period: $", "{period: ‸$") + USES.replace("48", "4800")
    (fault,) = faults(text, "TG223")
    assert "param 'period' of sma is 4800, allowed: 2 … 200" in fault.message
    assert [note.text for note in fault.notes] == ["'trend' is used here as 'slow'"]


def test_axes_of_a_use_must_agree_inside(faults, head):
    text = "graphs: {t: {in: {a: number, b: number}, out: c, nodes: {c: {use: cross, in: {fast: $a, slow: ‸$b}}}}}\n"
    use = "nodes: {n: {use: t, in: {a: daily.close, b: h.close}}}\n"
    (fault,) = faults(head + "  h: {timeframe: 1h}\n" + text + use, "TG216")
    assert "'daily' and 'h' differ in timeframe" in fault.message
    assert [note.place.line for note in fault.notes] == [4, 5, 7]


@pytest.mark.parametrize(
    ("definition", "code", "words"),
    [
        ("‸t: {out: a, nodes: {a: {use: sma, in: $x}}}", "TG108", "has no `in:`"),
        ("t: {in: {x: ‸prize}, out: a, nodes: {a: {use: sma, in: $x}}}", "TG222", "the unknown kind 'prize'"),
        ("‸t: {in: {x: price}, nodes: {a: {use: sma, in: $x}}}", "TG108", "has no `out:`"),
        ("t: {in: {x: price}, out: ‸[a], nodes: {a: {use: sma, in: $x}}}", "TG107", "names no node"),
        ("t: {in: {x: price}, out: ‸$x, nodes: {a: {use: sma, in: $x}}}", "TG202", "names an input, not a node"),
        ("t: {in: {x: price}, out: a, ‸bars: {}, nodes: {a: {use: sma, in: $x}}}", "TG105", "no key 'bars'"),
        ("t: {in: {x: price}, out: ‸a.up, nodes: {a: {use: bands, in: $x}}}", "TG203", "no output 'up'"),
        ("t: {in: {x: price}, out: ‸a, nodes: {a: {use: bands, in: $x}}}", "TG203", "several outputs: upper, lower"),
        ("t: {in: {x: price}, out: a, nodes: {a: {use: sma, in: ‸$y}}}", "TG202", "has no input 'y'"),
        ("t: {in: {x: price}, out: a, nodes: {a: {use: sma, in: ‸x}}}", "TG202", "has no node 'x'"),
        ("t: {in: {x: price}, out: a, nodes: {a: {use: sma, in: ‸$x.close}}}", "TG203", "(price) has no part 'close'"),
        ("t: {in: {x: price}, out: a, nodes: {a: {use: ‸t, in: $x}}}", "TG123", "uses itself: t → t"),
        ("‸t: 3", "TG121", "the file '3' cannot be used"),
        ("t: ‸[a]", "TG107", "is a map, got a list"),
        ("t: {params: {p: {type: int, ‸env: P}}, in: {x: price}, out: a, nodes: {a: {use: sma, in: $x}}}", "TG105", "env"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_bad_definition_is_one_fault(faults, head, definition, code, words):
    if definition == "‸t: 3":
        definition = "t: ‸3"
    (fault,) = faults(f"{head}graphs:\n  {definition}\nnodes: {{n: {{use: sma, in: daily.close}}}}\n", code)
    assert words in fault.message


def test_what_a_definition_does_not_use_is_warned_about(expanded):
    text = "graphs: {t: {params: {p: {}}, in: {x: price, y: price}, out: a, nodes: {a: {use: sma, in: $x}}}}\n"
    warnings = expanded(text + "nodes: {n: {use: sma, in: daily.close}}\n").warnings
    assert [(w.code, w.message) for w in warnings] == [
        ("TG218", "param 'p' of sub-graph 't' is used by nobody"),
        ("TG218", "input 'y' of sub-graph 't' is used by nobody"),
    ]


def test_a_use_that_no_output_needs_is_warned_about_once(expanded):
    graph = expanded(TREND + USES.replace("fast: fast.line", "fast: daily.close").replace(", line: fast.line", ""))
    assert [(w.code, w.message) for w in graph.warnings] == [("TG217", "no output depends on node 'fast'")]


def test_sub_graphs_that_multiply_are_refused_before_they_are_built(faults, head, monkeypatch):
    levels = [f"  g{i}: {{in: {{x: number}}, out: b, nodes: {{a: {{use: g{i + 1}, in: $x}}, b: {{use: g{i + 1}, in: a}}}}}}\n" for i in range(40)]  # fmt: skip  # noqa: E501
    last = "  g40: {in: {x: number}, out: a, nodes: {a: {use: sma, in: $x}}}\n"
    monkeypatch.setattr(expand, "MAX_NODES", 2_000)
    with pytest.raises(AssertionError, match="TG103"):
        faults(head + "graphs:\n" + "".join(levels) + last + "nodes: {n: {use: g0, in: daily.close}}\n")


def test_sub_graphs_come_from_other_files(tmp_path, registry, head):
    (tmp_path / "lib.yaml").write_text("tradegraph: 1\n" + TREND + "  half: ./half.yaml\n")
    (tmp_path / "half.yaml").write_text(
        "tradegraph: 1\nin: {x: number}\nout: a\nnodes: {a: {use: scale, in: $x, with: {factor: 0.5}}}\n"
    )
    (tmp_path / "g.yaml").write_text(
        head + "graphs: {trend: ./lib.yaml#trend, mine: ./lib.yaml#half, other: ./half.yaml}\n" + USES + "  # end\n"
    )
    text = (tmp_path / "g.yaml").read_text()
    text = text.replace("nodes:\n", "nodes:\n  h: {use: mine, in: fast.far}\n  i: {use: other, in: h}\n")
    (tmp_path / "g.yaml").write_text(text)
    graph = check_file(tmp_path / "g.yaml", registry)
    assert {"fast.smooth", "h.a", "i.a"} <= graph.nodes.keys()


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ("./lib.yaml#trned", "TG121", "has no sub-graph 'trned'"),
        ("./lib.yaml", "TG108", "has no `in:`"),
        ("./lob.yaml#trend", "TG121", "there is no such file"),
        ("../lib.yaml", "TG121", "outside the project"),
        ("./lib.yaml#round", "TG123", "is said to be in a file that says it is here"),
    ],
)
def test_a_sub_graph_that_is_not_in_the_other_file_is_a_fault(tmp_path, registry, head, entry, code, words):
    (tmp_path / "lib.yaml").write_text("tradegraph: 1\n" + TREND + "  round: ./lib.yaml#round\n")
    (tmp_path / "g.yaml").write_text(head + f"graphs: {{t: '{entry}'}}\nnodes: {{a: {{use: sma, in: daily.close}}}}\n")
    with pytest.raises(GraphError) as caught:
        check_file(tmp_path / "g.yaml", registry)
    assert code in {fault.code for fault in caught.value.faults}
    assert words in str(caught.value)


def test_a_fault_in_another_file_is_shown_there_with_the_use(tmp_path, registry, head):
    (tmp_path / "lib.yaml").write_text("tradegraph: 1\n" + TREND.replace("use: sma", "use: smaa"))
    (tmp_path / "g.yaml").write_text(head + "graphs: {trend: ./lib.yaml#trend}\n" + USES)
    with pytest.raises(GraphError) as caught:
        check_file(tmp_path / "g.yaml", registry)
    (fault,) = caught.value.faults
    assert (fault.code, fault.place.file, fault.place.line) == ("TG201", str(tmp_path / "lib.yaml"), 8)
    assert {note.place.file for note in fault.notes} == {str(tmp_path / "g.yaml")}
