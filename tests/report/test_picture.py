"""The picture of a graph: wires go to the right, boxes do not touch, and what is long is hot."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report.picture import heat_of, layout


@st.composite
def graphs(draw):
    """Names in an order in which every wire goes forward, and wires."""
    count = draw(st.integers(1, 14))
    names = [f"n{at}" for at in range(count)]
    pairs = [(a, b) for b in range(count) for a in range(b)]
    wires = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=24)) if pairs else []
    return names, [(names[a], names[b]) for a, b in wires]


@settings(max_examples=60)
@given(graphs())
def test_wires_lead_to_the_right_and_boxes_do_not_touch(graph):
    names, wires = graph
    place = layout(names, wires)
    assert [*place.boxes] == names
    for source, target, points in place.wires:
        assert place.boxes[source][0] < place.boxes[target][0]
        xs = [x for x, _ in points]
        assert xs == sorted(xs)
        assert points[0][0] > place.boxes[source][0]
        assert points[-1][0] == place.boxes[target][0]
    assert sorted((source, target) for source, target, _ in place.wires) == sorted(wires)
    columns: dict[float, list[float]] = {}
    for x, y in place.boxes.values():
        columns.setdefault(x, []).append(y)
        assert 0 <= y <= place.height
        assert x < place.width
    for ys in map(sorted, columns.values()):
        assert all(below - above >= 42 for above, below in itertools.pairwise(ys))


def test_the_same_graph_gives_the_same_picture():
    names, wires = ["a", "b", "c", "d"], [("a", "c"), ("b", "c"), ("a", "d"), ("c", "d")]
    assert layout(names, wires) == layout(names, wires)


def test_a_graph_without_crossings_is_drawn_without_any():
    names = ["a", "b", "c", "d", "e", "f"]
    # written so that the order of writing crosses
    place = layout(names, [("a", "f"), ("b", "e"), ("c", "d")])
    order = [sorted(group, key=lambda name: place.boxes[name][1]) for group in ("abc", "def")]
    partner = {"a": "f", "b": "e", "c": "d"}
    assert [partner[name] for name in order[0]] == order[1]


def test_what_is_long_is_hot():
    assert [heat_of(ms, 100.0) for ms in (None, 0.0, 0.01, 1.0, 5.0, 30.0, 100.0)] == [0, 0, 0, 1, 2, 3, 4]
    assert heat_of(0.0, 0.0) == 0
