"""What every route works with: the project that is served, its tasks, its door."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from pipeline.api.access import Access
from pipeline.api.opened import Opened
from pipeline.api.tasks import Tasks
from pipeline.api.turns import Turns
from pipeline.engine import Engine

__all__ = ["Project", "Served", "project_of"]


@dataclass(frozen=True)
class Served:
    """One project, served."""

    opened: Opened
    tasks: Tasks
    access: Access
    questions: Turns = field(default_factory=lambda: Turns(4), repr=False)
    """Whose turn it is to ask in SQL: each may take a gigabyte, and must not keep threads from other requests."""
    reports: Turns = field(default_factory=lambda: Turns(2, patience=30.0), repr=False)
    """Whose turn it is to have a report drawn, which takes seconds for a large run."""
    markets: Turns = field(default_factory=lambda: Turns(4, patience=30.0), repr=False)
    """Whose turn it is to look at a marketplace, which may be slow to answer."""

    @property
    def engine(self) -> Engine:
        """The engine of the project, as its settings are now."""
        return self.opened.engine


def project_of(request: Request) -> Served:
    """What the application serves."""
    served = request.app.state.served
    assert isinstance(served, Served)
    return served


Project: TypeAlias = Annotated[Served, Depends(project_of)]
"""The first argument of every route."""
