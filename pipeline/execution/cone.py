"""Cones: the parts of a plan that can be carried out apart from each other.

A cone is a step together with all steps that serve it alone. What passes between cones are values that several
cones need, and each of these is the value of one cone's top: whoever carries out cones computes nothing twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.execution.plan import Plan, Step

__all__ = ["Cone", "cones"]


@dataclass(frozen=True, slots=True)
class Cone:
    """Steps that are carried out together, by their indices, in order; the last one is the top.

    `above` are the tops of cones whose values it needs, `needs` stored steps likewise. `handed` says that other cones
    need the value of its top. Cones of one `level` do not need each other.
    """

    steps: tuple[int, ...]
    above: tuple[int, ...]
    needs: tuple[int, ...]
    handed: bool
    level: int

    @property
    def top(self) -> int:
        """The step that all others of the cone serve."""
        return self.steps[-1]


def cones(plan: Plan, there: Collection[str] = (), lasting: Collection[int] = ()) -> list[Cone]:
    """The cones of what a plan computes, in the order of their tops; values of the keys in `there` need no computing.

    A step that is not to be stored and that only steps need which are stored is in none. Steps in `lasting`, by their
    indices, are tops whose values are handed over whoever needs them here: another plan may.
    """
    consumers: list[list[int]] = [[] for _ in plan.steps]
    for step in plan.steps:
        for index in set(step.upstream):
            consumers[index].append(step.index)
    due: set[int] = set()
    home: dict[int, int] = {}
    handed: set[int] = set()
    for step in reversed(plan.steps):
        mine = [index for index in consumers[step.index] if index in due]
        if not _is_due(step, there, waited=bool(mine), leaf=not consumers[step.index]):
            continue
        due.add(step.index)
        homes = {home[index] for index in mine}
        if len(homes) == 1 and step.index not in lasting:
            home[step.index] = homes.pop()
        else:
            home[step.index] = step.index
            if mine or step.index in lasting:
                handed.add(step.index)
    members: dict[int, list[int]] = {}
    for step in plan.steps:
        if step.index in due:
            members.setdefault(home[step.index], []).append(step.index)
    level: dict[int, int] = {}
    found = []
    for top in sorted(members):
        above = {i for index in members[top] for i in plan.steps[index].upstream if home.get(i, top) != top}
        needs = {i for index in members[top] for i in plan.steps[index].upstream if i not in due}
        level[top] = 1 + max((level[index] for index in above), default=-1)
        found.append(Cone(tuple(members[top]), tuple(sorted(above)), tuple(sorted(needs)), top in handed, level[top]))
    return found


def _is_due(step: Step, there: Collection[str], *, waited: bool, leaf: bool) -> bool:
    """True for a step that must be computed: it is to be stored, or somebody waits for it."""
    if step.action == "reuse":
        return False
    return step.kept or step.forced or ((waited or leaf) and step.key not in there)
