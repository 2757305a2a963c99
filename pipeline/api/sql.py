"""The route of questions to the project's database."""

from __future__ import annotations

import time
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter
from pydantic import Field

from pipeline.api.openapi import problems
from pipeline.api.problem import refusal
from pipeline.api.served import Project
from pipeline.api.shape import Body, Reply
from pipeline.model.document import plain
from pipeline.store.answer import Limits

__all__ = ["MEMORY", "Column", "columns_of", "router", "rows_of"]

router = APIRouter(prefix="/api", tags=["sql"])

MEMORY = 1024**3
"""Bytes that a query may take."""
_SIZE = 64 * 1024**2


class Asking(Body):
    """A question in DuckDB's SQL."""

    query: Annotated[str, Field(min_length=1, max_length=100_000)]
    rows: int = Field(default=1_000, ge=1, le=100_000, description="At most so many rows.")
    seconds: float = Field(default=10.0, gt=0, le=60, description="At most so much time.")


class Column(Reply):
    """A column of an answer, with its type as polars calls it."""

    name: str
    type: str


class AnswerReply(Reply):
    """Rows of values in the order of the columns; times in ISO 8601. `more` says that there are further rows."""

    columns: list[Column]
    rows: list[list[Any]]
    more: bool
    ms: float


@router.post("/sql", responses=problems(404))
async def ask_sql(project: Project, body: Asking) -> AnswerReply:
    """Ask in SQL. It reads the project's tables and views and nothing else, within limits of time, rows and memory."""
    if not body.query.strip():
        raise refusal("TG801", "the query is empty", hint="Try: show all tables")

    def answered() -> AnswerReply:
        began = time.perf_counter()
        found = project.engine.database.ask(body.query, Limits(body.rows, body.seconds, MEMORY, _SIZE))
        columns, rows = columns_of(found.frame), rows_of(found.frame)
        return AnswerReply(columns=columns, rows=rows, more=found.more, ms=(time.perf_counter() - began) * 1e3)

    return await project.questions.take(answered)


def columns_of(frame: pl.DataFrame) -> list[Column]:
    """The columns of a frame."""
    return [Column(name=name, type=str(dtype)) for name, dtype in frame.schema.items()]


def rows_of(frame: pl.DataFrame) -> list[list[Any]]:
    """The rows of a frame as JSON has them."""
    return [list(plain(row)) for row in frame.rows()]
