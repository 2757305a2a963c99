"""When each node was computed, and the path through the graph that took longest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.markup import Markup, element
from pipeline.report.picture import heat_of
from pipeline.report.told import Node, Told
from pipeline.report.words import counted, duration

__all__ = ["Bar", "critical_path", "draw", "schedule_of"]

MOST = 60
"""Nodes that have a bar, the slowest; the rest is one line."""
_LONG = 0.08
"""Pauses are cut to this share of the busy time: compiling takes seconds where nodes take milliseconds."""
_SCALE = 1000
_READ = 16


@dataclass(frozen=True)
class Bar:
    """A node in the schedule: begin and length as shares of the whole. `pause` ms passed before it, 0 if little."""

    node: Node
    begin: float
    length: float
    pause: float = 0.0


def critical_path(told: Told) -> list[str]:
    """The chain of computed nodes that took longest together: no number of processes makes the run shorter."""
    best: dict[str, tuple[float, str]] = {}
    waiting = [node.name for node in reversed(told.nodes) if node.ms is not None]
    while waiting:
        node = told.by_name[waiting[-1]]
        ends = [end for _, end, bars, _ in node.wires if not bars and end in told.by_name]
        ends = [end for end in dict.fromkeys(ends) if told.by_name[end].ms is not None]
        missing = [end for end in ends if end not in best]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        before = max(ends, key=lambda end: best[end][0], default="")
        best[node.name] = (node.ms or 0.0) + (best[before][0] if before else 0.0), before
    path: list[str] = []
    at = max(best, key=lambda name: best[name][0], default="")
    while at:
        path.append(at)
        at = best[at][1]
    return path[::-1]


def schedule_of(told: Told) -> list[Bar]:
    """The computed and failed nodes by the time at which they began, pauses between them cut short."""
    nodes = [node for node in told.nodes if node.ms is not None and node.timing.get("started_at") is not None]
    nodes.sort(key=lambda node: node.timing["started_at"])
    if not nodes:
        return []
    begins = [node.timing["started_at"].timestamp() * 1e3 for node in nodes]
    lengths = [node.ms or 0.0 for node in nodes]
    most = max(sum(lengths) * _LONG, 1e-6)
    spans, shift, end = [], begins[0], begins[0]
    for begin, length in zip(begins, lengths, strict=True):
        pause = begin - end
        long = pause > most
        shift += pause - most if long else 0.0
        spans.append((begin - shift, length, pause if long else 0.0))
        end = max(end, begin + length)
    whole = max(end - shift, 1e-6)
    return [Bar(node, b / whole, s / whole, pause) for node, (b, s, pause) in zip(nodes, spans, strict=True)]


def draw(told: Told, critical: Sequence[str]) -> Markup | None:
    """The schedule as rows of name, bar and time; None when nothing was computed."""
    bars = schedule_of(told)
    if not bars:
        return None
    slowest = max(bar.node.ms or 0.0 for bar in bars)
    longest = sorted(bars, key=lambda bar: -(bar.node.ms or 0.0))
    shown = {bar.node.name for bar in longest[:MOST]}
    rows = [_row(bar, slowest, critical) for bar in bars if bar.node.name in shown]
    if len(bars) > MOST:
        rest = f"and {counted(len(bars) - MOST, 'node')} of {duration(longest[MOST].node.ms)} at most"
        rows.append(element("p", rest, class_="dim"))
    total = sum(bar.node.ms or 0.0 for bar in bars)
    along = sum(told.by_name[name].ms or 0.0 for name in critical)
    pauses = sum(bar.pause for bar in bars)
    said = [
        element("b", "Critical path "),
        " → ".join(_ends(critical)),
        f": {duration(along)} of {duration(total)} computing",
        f". Grey: pauses of {duration(pauses)} in all, for reading bars and for compiling kernels" if pauses else "",
        f" ({duration(told.run['compile_ms'])})" if pauses and told.run["compile_ms"] else "",
        ".",
    ]
    return element("div", element("p", said, class_="lead"), element("div", rows, class_="gantt"))


def _ends(path: Sequence[str]) -> list[str]:
    """A path that can be read: of a long one its ends, and how much there is between them."""
    if len(path) <= _READ:
        return list(path)
    return [*path[:3], f"({len(path) - 6:,} nodes)", *path[-3:]]


def _row(bar: Bar, slowest: float, critical: Sequence[str]) -> Markup:
    node = bar.node
    style = f"bar {node.status} heat{heat_of(node.ms, slowest)}" + (" strong" if node.name in critical else "")
    begin, length = bar.begin * _SCALE, max(bar.length * _SCALE, 2.0)
    begin = min(begin, _SCALE - length)
    marks = [element("rect", x=begin, y=2, width=length, height=12, class_=style)]
    if bar.pause:
        marks.append(element("rect", x=max(begin - 14, 0.0), y=6, width=min(12.0, begin), height=4, class_="pause"))
    track = element("svg", marks, viewBox=f"0 0 {_SCALE} 16", preserveAspectRatio="none", aria_hidden="true")
    said = ("failed " if node.status == "failed" else "") + duration(node.ms)
    return element(
        "div",
        element("span", node.name, class_="name", title=node.type),
        track,
        element("span", said, class_="num"),
        class_="row critical" if node.name in critical else "row",
    )
