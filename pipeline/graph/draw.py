"""A graph as lines of text: one row a node in the order of computing, wires as rails at its left."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.graph.graph import Graph

__all__ = ["rails"]


def rails(graph: Graph) -> Iterator[tuple[str, str]]:
    """Rows of (rails, name), bars sources first: `○` stands for bars, `●` for a node.

    A rail begins at what gives a value and ends at the last node that takes it; `├`, `┼` and `╰` are where one is
    taken, a `│` inside a horizontal line is a rail that only passes.
    """
    order = [*(name for name in graph.bars if graph.dag.succ[name]), *graph.nodes]
    waiting = {name: len(graph.dag.succ[name]) for name in order}
    lanes: list[str | None] = []
    for name in order:
        taken = sorted(lanes.index(source) for source in graph.dag.pred[name])
        for lane in taken:
            waiting[str(lanes[lane])] -= 1
        ended = {lane for lane in taken if not waiting[str(lanes[lane])]}
        free = [i for i, held in enumerate(lanes) if held is None or i in ended]
        mine = free[0] if free else len(lanes)
        yield _row(lanes, taken, ended, mine, "○" if name in graph.bars else "●"), name
        if mine == len(lanes):
            lanes.append(None)
        for lane in ended:
            lanes[lane] = None
        lanes[mine] = name if waiting[name] else None
        while lanes and lanes[-1] is None:
            lanes.pop()


def _row(lanes: list[str | None], taken: list[int], ended: set[int], mine: int, mark: str) -> str:
    low, high = min([*taken, mine]), max([*taken, mine])
    parts: list[str] = []
    for lane in range(max(len(lanes), mine + 1)):
        inside = low < lane < high
        held = lane < len(lanes) and lanes[lane] is not None
        if lane == mine:
            sign = mark
        elif lane in ended:
            sign = "┴" if inside else "╰" if lane == low else "╯"
        elif lane in taken:
            sign = "┼" if inside else "├" if lane == low else "┤"
        else:
            sign = "│" if held else "─" if inside else " "
        parts.append(sign + ("─" if low <= lane < high else " "))
    return "".join(parts).rstrip()
