"""What a plan of many graphs would cost, told before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.execution.plan import Plan
from pipeline.store.query import Database

__all__ = ["Forecast", "forecast", "timings"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many nodes there are and how many steps they come to, by what becomes of the steps.

    `seconds` is what computing would take by the stored timings of each node type, None where none is known of
    any; `untimed` are types that never ran here, whose time is not in it.
    """

    nodes: int
    steps: int
    compute: int
    seconds: float | None
    untimed: tuple[str, ...] = ()

    @property
    def shared(self) -> int:
        """Nodes that another node computes for them."""
        return self.nodes - self.steps

    @property
    def cached(self) -> int:
        """Steps that are stored, or that nobody needs."""
        return self.steps - self.compute


def forecast(planned: Plan, database: Database) -> Forecast:
    """What carrying out a plan would take: the median time of each node type, all symbols at once, times its steps."""
    nodes = sum(len(step.users) for step in planned.steps)
    due: dict[str, int] = {}
    for step in planned.steps:
        if step.action == "compute":
            due[step.type.id] = due.get(step.type.id, 0) + 1
    known = timings(database) if due else {}
    timed = [known[name] * count for name, count in due.items() if name in known]
    return Forecast(
        nodes=nodes,
        steps=len(planned.steps),
        compute=sum(due.values()),
        seconds=0.0 if not due else sum(timed) / 1e3 if timed else None,
        untimed=tuple(sorted(name for name in due if name not in known)),
    )


def timings(database: Database) -> dict[str, float]:
    """The median time of each node type in milliseconds, all symbols at once, as far as it was ever computed here."""
    if not database.path.exists():
        return {}
    rows = database.sql(
        "select node_type, median(ms) as ms from node_timings where ms is not null and status = 'computed'"
        " group by node_type"
    )
    return dict(rows.iter_rows())
