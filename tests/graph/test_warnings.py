"""What is no fault but hardly meant: warnings, with the graph checked all the same."""

from pipeline.graph.check import check
from pipeline.graph.read import read_text
from pipeline.model.registry import Registry

HEAD = "tradegraph: 1\nname: g\nbars:\n  daily: {timeframe: 1d}\n"


def test_what_nobody_uses_is_warned_about(graph):
    found = graph(
        HEAD
        + """\
params:
  p: {type: int, default: 3}
  q: {type: int, default: 3}
  r: {type: str, default: 2020-01-01}
  s: {type: str, default: ON}
nodes:
  a: {use: sma, in: daily.close, with: {period: $p}}
  b: {use: sma, in: a}
  c: {use: sma, in: daily.close}
  d: {use: named, in: c, with: {names: [$s]}}
outputs: {x: b}
""".replace("daily.close}", "daily.close}")
    )
    assert [(w.code, w.severity, w.place.line, w.place.column) for w in found.warnings] == [
        ("TG218", "warning", 7, 3),
        ("TG218", "warning", 8, 3),
        ("TG217", "warning", 13, 3),
        ("TG217", "warning", 14, 3),
    ]
    assert found.warnings[0].message == "graph param 'q' is used by nobody"
    assert "$q" in found.warnings[0].hint
    assert found.warnings[2].message == "no output depends on node 'c'"


def test_a_param_of_the_bars_counts_as_used(graph):
    text = """\
tradegraph: 1
name: g
params:
  start: {type: date, default: 2020-01-01}
  ticker: {type: str, default: ON}
  other: {type: str, default: 'A,B'}
bars:
  daily: {timeframe: 1d, from: $start, symbols: [$ticker, NO]}
  more: {timeframe: 1d, symbols: $other}
nodes:
  a: {use: sma, in: daily.close}
"""
    found = graph(text)
    assert found.warnings == ()
    assert found.bars["daily"].symbols == ("NO", "ON")
    assert found.bars["more"].symbols == ("A", "B")
    assert graph(text, bars={"symbols": "X", "from": "2021-01-01"}).warnings == ()


def test_a_graph_without_outputs_has_no_dead_nodes(nodes):
    assert nodes("a: {use: sma, in: daily.close}").warnings == ()


def test_a_node_whose_id_two_files_claim_is_warned_about(registry):
    contested = Registry(registry, contested={"sma": "/elsewhere/sma.py"})
    found = check(read_text(HEAD + "nodes:\n  a: {use: sma, in: daily.close}\n"), contested)
    (warning,) = found.warnings
    assert (warning.code, warning.severity, warning.place.line) == ("TG404", "warning", 6)
    assert "is used, not /elsewhere/sma.py" in warning.message
