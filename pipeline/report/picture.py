"""The graph as a picture: layers from left to right, wires as curves, each node coloured by what it took.

Layers are longest paths from the bars. Wires over several layers get a bend in each, so that they pass between boxes;
the order within a layer is that of the mean of the neighbours, swept to and fro a few times, which leaves few
crossings (Sugiyama's method).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.report.markup import Markup, element
from pipeline.report.told import Told
from pipeline.report.words import cut, duration

__all__ = ["MOST", "draw", "heat_of", "layout"]

MOST = 250
"""Nodes that are drawn; a larger picture is none."""
HEATS = 5
_WIDTH, _HEIGHT, _ACROSS, _DOWN = 154, 42, 44, 16
_SWEEPS = 8
_FITS = (1_350, 1_700)
"""Between these widths a picture is made as wide as the page, on wide screens; wider ones are scrolled."""


@dataclass
class _Spot:
    """A place in a layer: a node, or the bend of a wire that passes."""

    name: str
    layer: int
    bend: bool = False
    before: list[_Spot] = field(default_factory=list)
    after: list[_Spot] = field(default_factory=list)
    y: float = 0.0

    @property
    def height(self) -> float:
        return 10.0 if self.bend else float(_HEIGHT)


@dataclass(frozen=True)
class Layout:
    """Where everything is: the upper left corner of each box, the points of each wire, and the size of the whole."""

    boxes: Mapping[str, tuple[float, float]]
    wires: Sequence[tuple[str, str, Sequence[tuple[float, float]]]]
    width: float
    height: float


def layout(names: Sequence[str], wires: Sequence[tuple[str, str]]) -> Layout:
    """Places for boxes, given in an order in which every wire goes forward."""
    depth = dict.fromkeys(names, 0)
    for source, target in sorted(wires, key=lambda wire: names.index(wire[0])):
        depth[target] = max(depth[target], depth[source] + 1)
    # what begins late begins next to what takes it
    for name in reversed(names):
        taken = [depth[target] for source, target in wires if source == name]
        if taken and not any(target == name for _, target in wires):
            depth[name] = min(taken) - 1
    spots = {name: _Spot(name, depth[name]) for name in names}
    layers: list[list[_Spot]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for spot in spots.values():
        layers[spot.layer].append(spot)
    paths = []
    for source, target in wires:
        path = [spots[source]]
        for layer in range(depth[source] + 1, depth[target]):
            bend = _Spot(f"{source} to {target}", layer, bend=True)
            layers[layer].append(bend)
            path.append(bend)
        path.append(spots[target])
        for one, other in pairwise(path):
            one.after.append(other)
            other.before.append(one)
        paths.append((source, target, path))
    _arrange(layers)
    left = [layer * (_WIDTH + _ACROSS) for layer in range(len(layers))]
    boxes = {name: (float(left[spot.layer]), spot.y) for name, spot in spots.items()}
    lines = [(source, target, _points(path, left)) for source, target, path in paths]
    bottom = max((spot.y + spot.height for layer in layers for spot in layer), default=0.0)
    return Layout(boxes, lines, float(len(layers) * (_WIDTH + _ACROSS) - _ACROSS), bottom)


def _arrange(layers: list[list[_Spot]]) -> None:
    for layer in layers:
        _stack(layer)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for layer in layers if forward else reversed(layers):
            wanted = {id(spot): _middle(spot.before if forward else spot.after, spot) for spot in layer}
            layer.sort(key=lambda spot: wanted[id(spot)])
            _stack(layer, wanted)
    least = min((spot.y for layer in layers for spot in layer), default=0.0)
    for layer in layers:
        for spot in layer:
            spot.y -= least


def _middle(neighbours: Sequence[_Spot], spot: _Spot) -> float:
    if not neighbours:
        return spot.y + spot.height / 2
    return sum(one.y + one.height / 2 for one in neighbours) / len(neighbours)


def _stack(layer: Sequence[_Spot], wanted: Mapping[int, float] | None = None) -> None:
    """Put spots as near to where their middles are wanted as the order and the gaps allow."""
    groups: list[tuple[list[_Spot], float]] = []  # spots that touch, and where the first begins
    for spot in layer:
        begin = 0.0 if wanted is None else wanted[id(spot)] - spot.height / 2
        groups.append(([spot], begin))
        while len(groups) > 1 and groups[-2][1] + _size(groups[-2][0]) + _DOWN > groups[-1][1]:
            (upper, first), (lower, second) = groups[-2:]
            shift = _size(upper) + _DOWN
            weight = len(upper) + len(lower)
            groups[-2:] = [(upper + lower, (first * len(upper) + (second - shift) * len(lower)) / weight)]
    for spots, begin in groups:
        for spot in spots:
            spot.y = begin
            begin += spot.height + _DOWN


def _size(spots: Sequence[_Spot]) -> float:
    return sum(spot.height for spot in spots) + _DOWN * (len(spots) - 1)


def _points(path: Sequence[_Spot], left: Sequence[int]) -> list[tuple[float, float]]:
    points = [(left[path[0].layer] + float(_WIDTH), path[0].y + path[0].height / 2)]
    for spot in path[1:-1]:
        middle = spot.y + spot.height / 2
        points += [(float(left[spot.layer]), middle), (left[spot.layer] + float(_WIDTH), middle)]
    points.append((float(left[path[-1].layer]), path[-1].y + path[-1].height / 2))
    return points


def heat_of(ms: float | None, slowest: float) -> int:
    """How hot a node is, from 0 to 4: each step is five times as long."""
    if not ms or not slowest:
        return 0
    heat, share = HEATS - 1, ms / slowest
    while heat > 0 and share < 0.5:
        share *= 5
        heat -= 1
    return heat


def draw(told: Told, critical: Sequence[str]) -> Markup:
    """The picture of a run's graph; wires between nodes of the critical path are strong."""
    nodes = told.by_name
    sources = dict.fromkeys(end for node in told.nodes for _, end, bars, _ in node.wires if bars)
    names = [*sources, *_ordered(told)]
    wires = list(
        dict.fromkeys((end, node.name) for node in told.nodes for _, end, _, _ in node.wires if end in {*names})
    )
    place = layout(names, wires)
    slowest = max((node.ms or 0.0 for node in told.nodes), default=0.0)
    steps = set(pairwise(critical))
    lines = [
        element("path", d=_curve(points), class_="wire strong" if (source, target) in steps else "wire")
        for source, target, points in place.wires
    ]
    boxes = []
    for name, corner in place.boxes.items():
        if name in sources:
            asked = told.sources.get(name, {})
            boxes.append(_box(name, ("bars", asked.get("timeframe", "")), corner, "source", ""))
            continue
        node = nodes[name]
        took = duration(node.ms) if node.ms is not None else node.status
        style = f"node {node.status} heat{heat_of(node.ms, slowest)}"
        boxes.append(_box(name, (node.type, took), corner, style, f"#node-{told.nodes.index(node)}"))
    width, height = place.width + 4, place.height + 4
    return element(
        "svg",
        lines,
        boxes,
        viewBox=f"-2 -2 {width:.0f} {height:.0f}",
        width=round(width),
        height=round(height),
        class_="picture fits" if _FITS[0] < width <= _FITS[1] else "picture",
        role="img",
        aria_label=f"{len(told.nodes)} nodes and how they are wired; the table of nodes says the same",
    )


def _box(name: str, below: tuple[str, str], corner: tuple[float, float], style: str, link: str) -> Markup:
    """A box with a name, and below it what it is, at the left, and what it took, at the right."""
    x, y = corner
    kind, took = below
    box = element(
        "g",
        element("title", f"{name}: {kind}, {took}"),
        element("rect", x=x, y=y, width=_WIDTH, height=_HEIGHT, rx=6),
        element("text", cut(name, 20), x=x + 10, y=y + 17, class_="name"),
        element("text", cut(kind, 19 - len(took)), x=x + 10, y=y + 33, class_="below"),
        element("text", took, x=x + _WIDTH - 10, y=y + 33, class_="below took"),
        class_=style,
    )
    return element("a", box, href=link) if link else box


def _curve(points: Sequence[tuple[float, float]]) -> str:
    (x, y), parts = points[0], []
    parts.append(f"M{x:.1f} {y:.1f}")
    for at in range(1, len(points)):
        (a, b), (c, d) = points[at - 1], points[at]
        if at % 2:
            half = (a + c) / 2
            parts.append(f"C{half:.1f} {b:.1f} {half:.1f} {d:.1f} {c:.1f} {d:.1f}")
        else:
            parts.append(f"L{c:.1f} {d:.1f}")
    return "".join(parts)


def _ordered(told: Told) -> list[str]:
    """The nodes, each after those that it takes something of."""
    done: dict[str, None] = {}
    for node in told.nodes:
        waiting = [node.name]
        while waiting:
            ends = [end for _, end, bars, _ in told.by_name[waiting[-1]].wires if not bars and end in told.by_name]
            missing = [end for end in ends if end not in done]
            if missing:
                waiting += missing
            else:
                done.setdefault(waiting.pop())
    return list(done)
