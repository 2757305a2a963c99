"""Selections of nodes, written as dbt writes them."""

import pytest

from pipeline.errors import UsageError
from pipeline.graph.select import needed, selected

NODES = (
    "a: {use: sma, in: daily.close, tags: slow}",
    "b: {use: rsi, in: daily.close, tags: [slow, late]}",
    "c: {use: cross, in: {fast: a, slow: daily.open}}",
    "d: {use: held, in: c}",
    "e: {use: sma, in: b}",
)
STATES = {"new": {"e"}, "changed": {"c", "d"}, "failed": set(), "stored": {"a"}}


@pytest.fixture
def choose(nodes):
    graph = nodes(*NODES)
    return lambda select, exclude="": "".join(sorted(selected(graph, [select], [exclude], lambda: STATES)))


@pytest.mark.parametrize(
    ("select", "found"),
    [
        ("", "abcde"),
        ("c", "c"),
        ("+c", "ac"),
        ("c+", "cd"),
        ("+c+", "acd"),
        ("1+d", "cd"),
        ("2+d", "acd"),
        ("a+1", "ac"),
        ("a b", "ab"),
        ("tag:slow", "ab"),
        ("tag:slow+", "abcde"),
        ("tag:slow,tag:late", "b"),
        ("use:sma", "ae"),
        ("+use:held", "acd"),
        ("state:changed", "cd"),
        ("state:new+", "e"),
        ("state:failed", ""),
        ("[a-c]", "abc"),
        ("*", "abcde"),
    ],
)
def test_a_selection_means_nodes(choose, select, found):
    assert choose(select) == found


def test_what_is_excluded_is_taken_from_what_is_selected(choose):
    assert choose("", "b+") == "acd"
    assert choose("tag:slow", "tag:late") == "a"


def test_a_use_of_a_sub_graph_selects_its_nodes(graph, head):
    text = "graphs: {t: {in: {x: number}, out: a, nodes: {a: {use: sma, in: $x}, b: {use: sma, in: a}}}}\n"
    found = graph(head + text + "nodes: {u: {use: t, in: daily.close}, v: {use: sma, in: u}}\n")
    for name in ("u", "use:t", "u.*"):
        assert selected(found, [name], [], dict) == {"u.a", "u.b"}
    assert selected(found, ["+v"], [], dict) == {"u.a", "v"}


@pytest.mark.parametrize(
    ("select", "words"),
    [
        ("cc", "has no node 'cc'"),
        ("tag:quick", "no node has the tag 'quick'"),
        ("use:smma", "no node has the type or sub-graph 'smma'"),
        ("state:old", "there is no state 'old'"),
        ("kind:price", "nodes are not selected by 'kind'"),
        ("+", "selects nothing"),
        ("a++b", "selects nothing"),
    ],
)
def test_a_selection_of_nothing_is_refused_with_a_hint(choose, select, words):
    with pytest.raises(UsageError, match=words) as caught:
        choose(select)
    assert caught.value.hint


def test_a_part_of_a_graph_is_a_graph(nodes):
    graph = nodes(*NODES)
    part = graph.subset(needed(graph, {"d"}))
    assert list(part.nodes) == ["a", "c", "d"]
    assert set(part.dag) == {"daily", "a", "c", "d"}
    assert part.descendants("a") == {"c", "d"}
