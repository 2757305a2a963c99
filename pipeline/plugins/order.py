"""The order of plugins by what they require of each other, and the circles among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.errors import PluginError
from pipeline.plugins.load import Loaded
from pipeline.plugins.requirement import required_plugins
from pipeline.plugins.source import SourceFile

__all__ = ["Candidate", "in_order"]


@dataclass(frozen=True)
class Candidate:
    """A user's file that was run and may yet be refused. `requires` are plugin ids by the id that requires them.

    `here` says that it was run in this process.
    """

    path: Path
    origin: str
    loaded: Loaded
    file: SourceFile
    signature: str = ""
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    here: bool = True


def in_order(
    found: Sequence[Candidate], types: Mapping[str, object]
) -> tuple[list[Candidate], list[tuple[Candidate, list[str]]]]:
    """The candidates, each after those that it requires and otherwise as given; and those in circles, with the ids."""
    owner: dict[str, int] = {}
    for number, candidate in enumerate(found):
        for node in candidate.loaded.types:
            owner.setdefault(node.id, number)
    known = {**dict.fromkeys(owner), **types}
    candidates = [replace(candidate, requires=_required(candidate, known)) for candidate in found]
    needs = [
        {owner[name]: (plugin, name) for plugin, names in candidate.requires.items() for name in names if name in owner}
        for candidate in candidates
    ]
    waiting = list(range(len(candidates)))
    ordered: list[Candidate] = []
    circles: list[tuple[Candidate, list[str]]] = []
    while waiting:
        ready = next((n for n in waiting if not (needs[n].keys() - {n}) & set(waiting)), None)
        if ready is not None:
            waiting.remove(ready)
            ordered.append(candidates[ready])
            continue
        circle, ids = _circle(waiting, needs)
        waiting = [n for n in waiting if n not in circle]
        circles += [(candidates[n], ids) for n in circle]
    return ordered, circles


def _circle(waiting: Sequence[int], needs: Sequence[Mapping[int, tuple[str, str]]]) -> tuple[list[int], list[str]]:
    """Files that require each other in a circle, and the ids on the way around it."""
    path = [waiting[0]]
    while True:
        following = next(n for n in sorted(needs[path[-1]]) if n in waiting and n != path[-1])
        if following in path:
            circle = path[path.index(following) :]
            steps = [needs[here][there] for here, there in zip(circle, [*circle[1:], circle[0]], strict=True)]
            return circle, [*(plugin for plugin, _ in steps), steps[-1][1]]
        path.append(following)


def _required(candidate: Candidate, known: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    found = {}
    for plugin in candidate.loaded.plugins:
        try:
            found[plugin.id] = tuple(required_plugins(plugin, known))
        except PluginError:  # no requirement at all: it is refused for it when its turn comes
            found[plugin.id] = ()
    return found
