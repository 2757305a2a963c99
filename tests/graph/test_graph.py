"""The graph itself: frozen, in order, answering for what depends on what."""

import json
import pickle
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Place
from pipeline.graph.check import check_file
from pipeline.plugins.discover import build_registry

CHECKOUT = Path(__file__).parents[2]
PROPERTY = settings(derandomize=True, max_examples=60, deadline=None, database=None)
LINES = (
    "entry: {use: cross, in: {fast: fast, slow: slow}}",
    "slow: {use: sma, in: daily.close, with: {period: 48}}",
    "alone: {use: rsi, in: daily.close}",
    "fast: {use: sma, in: daily.close, with: {period: 12}}",
)


def test_nodes_come_in_topological_order_with_ties_as_written(nodes):
    assert list(nodes(*LINES).nodes) == ["slow", "alone", "fast", "entry"]


def test_a_graph_knows_what_depends_on_what(nodes):
    graph = nodes(*LINES)
    assert graph.ancestors("entry") == {"slow", "fast"}
    assert graph.ancestors("fast") == set()
    assert graph.descendants("fast") == {"entry"}
    assert graph.descendants("daily") == {"slow", "alone", "fast", "entry"}


def test_a_node_holds_what_running_it_takes(nodes):
    node = nodes(*LINES).nodes["slow"]
    assert (node.name, node.type.id, node.axis, node.warmup) == ("slow", "sma", "daily", 47)
    assert node.params == {"period": 48}
    assert {name: kind.name for name, kind in node.kinds.items()} == {"value": "price"}
    assert node.place == Place("g.yaml", 7, 3)


def test_a_graph_cannot_be_changed(nodes):
    graph = nodes(*LINES, "last: {use: sma, in: entry}")
    node = graph.nodes["fast"]
    for mapping in (graph.nodes, graph.bars, graph.outputs, graph.params, graph.bars_places, node.params, node.kinds):
        for change in (
            lambda m: m.__setitem__("x", 1),
            lambda m: m.update(x=1),
            lambda m: m.setdefault("x", 1),
            lambda m: m.pop("x", None),
            lambda m: m.popitem(),
            lambda m: m.clear(),
            lambda m: m.__delitem__("x"),
            lambda m: m.__ior__({"x": 1}),
        ):
            with pytest.raises(TypeError, match="a graph cannot be changed"):
                change(mapping)
    for thing, name in ((graph, "name"), (node, "axis"), (node.wires[0], "source"), (graph.bars["daily"], "adjust")):
        with pytest.raises(AttributeError):
            setattr(thing, name, "x")
    with pytest.raises(nx.NetworkXError):
        graph.dag.add_edge("entry", "fast")
    with pytest.raises(nx.NetworkXError):
        graph.dag.remove_node("fast")


def test_what_a_graph_holds_can_still_be_written_as_json_and_sent_to_a_worker(nodes):
    graph = nodes(*LINES)
    assert json.loads(json.dumps(graph.nodes["fast"].params)) == {"period": 12}
    assert pickle.loads(pickle.dumps(graph.bars)) == graph.bars
    assert {**graph.params} == graph.params
    assert graph.bars | {} == dict(graph.bars)


@st.composite
def chains(draw):
    """Nodes that each take up to two of those before them, and an order to write them in."""
    count = draw(st.integers(1, 12))
    inputs = [draw(st.lists(st.integers(0, i), min_size=2, max_size=2)) for i in range(count)]
    return inputs, draw(st.permutations(range(count)))


def lines(inputs, written):
    def name(i):
        return f"n{i - 1}" if i else "daily.close"

    return [f"n{i}: {{use: cross, in: {{fast: {name(inputs[i][0])}, slow: {name(inputs[i][1])}}}}}" for i in written]


@PROPERTY
@given(chains())
def test_every_node_comes_after_all_that_it_takes_and_no_later_than_it_must(nodes, chain):
    inputs, written = chain
    graph = nodes(*lines(inputs, written))
    order = list(graph.nodes)
    assert order == list(nodes(*lines(inputs, written)).nodes)
    done, waiting = [], [f"n{i}" for i in written]
    needs = {f"n{i}": {f"n{j - 1}" for j in inputs[i] if j} for i in range(len(inputs))}
    while waiting:
        ready = next(name for name in waiting if needs[name] <= set(done))
        waiting.remove(ready)
        done.append(ready)
    assert order == done
    for name, above in needs.items():
        assert above <= graph.ancestors(name)


def test_the_graphs_that_ship_are_legal_with_the_nodes_and_examples_that_ship():
    discovery = build_registry([CHECKOUT / "examples"])
    for file in sorted((CHECKOUT / "graphs").glob("*.yaml")):
        graph = check_file(file, discovery.registry)
        assert graph.warnings == ()
        assert graph.name == file.stem
        assert list(nx.topological_sort(graph.dag))
