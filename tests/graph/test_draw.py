"""Graphs drawn: rails for the terminal, Graphviz, Mermaid."""

from pipeline.graph.dot import dot, mermaid
from pipeline.graph.draw import rails

LINES = (
    "a: {use: sma, in: daily.close}",
    "b: {use: sma, in: daily.close}",
    "c: {use: cross, in: {fast: a, slow: b}}",
    "d: {use: held, in: c}",
    "e: {use: sma, in: a}",
)


def test_rails_lead_from_what_gives_a_value_to_what_takes_it(nodes):
    assert list(rails(nodes(*LINES))) == [
        ("○", "daily"),
        ("├─●", "a"),
        ("● │", "b"),
        ("●─┤", "c"),
        ("● │", "d"),
        ("●─╯", "e"),
    ]


def test_graphviz_and_mermaid_have_every_node_and_wire(graph, head):
    text = "graphs: {t: {in: {x: number}, out: a, nodes: {a: {use: sma, in: $x}}}}\n"
    found = graph(head + text + "nodes: {u: {use: t, in: daily.close}, v: {use: sma, in: u}}\noutputs: {v: v}\n")
    drawn = dot(found)
    assert 'subgraph "cluster_u"' in drawn
    assert '"daily" -> "u.a" [label="close → x"];' in drawn
    assert '"u.a" -> "v" [label="x"];' in drawn
    assert "peripheries=2" in drawn
    chart = mermaid(found)
    assert chart.startswith("flowchart LR\n")
    assert 'n0 -- "close → x" --> n1' in chart
    assert 'n1["u.a<br/>sma(period=14)"]' in chart
