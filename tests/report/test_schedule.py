"""The critical path and the schedule, against networkx and by hand."""

import datetime as dt
import itertools

import networkx as nx
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report.schedule import critical_path, schedule_of
from pipeline.report.told import Node, Told

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def node(name: str, ms: float | None, ends=(), begin: float = 0.0) -> Node:
    timing = {"status": "cached" if ms is None else "computed", "ms": ms}
    timing["started_at"] = None if ms is None else BEGIN + dt.timedelta(milliseconds=begin)
    wires = tuple((f"x{at}", end, False, ("value",)) for at, end in enumerate(ends))
    return Node(name, {"node_type": "t"}, timing, wires, {"value": "number"}, ("value",))


def told(*nodes: Node) -> Told:
    run = {"run_id": "r", "graph": "g", "compile_ms": 0.0}
    return Told(run, nodes, (), (), (), (), {}, pl.DataFrame(), pl.DataFrame())


@st.composite
def runs(draw):
    nodes = []
    for at in range(draw(st.integers(1, 12))):
        ends = draw(st.lists(st.sampled_from(range(at)), unique=True, max_size=3)) if at else []
        ms = draw(st.integers(1, 50) | st.none())
        nodes.append(node(f"n{at}", None if ms is None else float(ms), [f"n{end}" for end in ends]))
    return told(*nodes)


@settings(max_examples=60)
@given(runs())
def test_the_critical_path_is_the_longest_chain_of_computed_nodes(run):
    dag = nx.DiGraph()
    dag.add_nodes_from(one.name for one in run.nodes if one.ms is not None)
    dag.add_node("end")
    for one in run.nodes:
        if one.ms is None:
            continue
        for _, end, _, _ in one.wires:
            if end in dag:
                dag.add_edge(end, one.name, weight=run.by_name[end].ms)
        dag.add_edge(one.name, "end", weight=one.ms)
    path = critical_path(run)
    assert sum(run.by_name[name].ms for name in path) == nx.dag_longest_path_length(dag)
    assert all(dag.has_edge(a, b) for a, b in itertools.pairwise(path))


def test_pauses_are_cut_short_and_told():
    run = told(node("a", 10.0, begin=0), node("b", 10.0, begin=5_010), node("c", None))
    first, second = schedule_of(run)
    assert (first.node.name, first.begin, first.pause) == ("a", 0.0, 0.0)
    assert second.pause == 5_000
    assert first.length <= second.begin < 0.6
    assert second.begin + second.length <= 1.0 + 1e-9


def test_nothing_computed_is_no_schedule():
    run = told(node("a", None))
    assert schedule_of(run) == []
    assert critical_path(run) == []
