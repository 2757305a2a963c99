"""What workers answer, checked as if a stranger had sent it: numbers, lengths, dtypes, values, times."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import polars as pl

from pipeline.errors import CODES, NodeError
from pipeline.execution.attempt import Call, Outcome, Raised, raised_by
from pipeline.execution.call import check_codes
from pipeline.execution.protocols import Outputs
from pipeline.model.column import Column
from pipeline.plugins.workers.pages import read_columns
from pipeline.plugins.workers.process import WorkerProcess
from pipeline.plugins.workers.tables import unpack_table

__all__ = ["Ended", "Failed", "answer_of", "outcome_of"]

_TABLES = 256 * 1024 * 1024
"""Bytes that the tables of one call may have."""


_LINES = 1_000_000
"""So many lines a file of 1 MiB can have."""


class Ended(Exception):
    """The worker will say nothing more."""


class Failed(Exception):
    """The worker says that it could not do what it was asked; it can be asked again."""

    def __init__(self, raised: Raised) -> None:
        super().__init__(raised.message)
        self.raised = raised


def answer_of(frame: Mapping[str, Any] | None, number: int) -> Mapping[str, Any]:
    """The answer to the order of this number. Raises Ended, Failed; ValueError and the like for what is no answer."""
    if frame is None:
        raise Ended
    if frame["number"] != number:
        raise ValueError("an answer to something else")
    if "raised" in frame:
        raise Failed(_raised(frame["raised"]))
    done: Mapping[str, Any] = frame["done"]
    if not isinstance(done, Mapping):
        raise TypeError("an answer that is none")
    return done


def outcome_of(call: Call, done: Mapping[str, Any], worker: WorkerProcess, elapsed: float) -> Outcome:
    """The outcome that an answer reports; its times are at most the `elapsed` milliseconds of wall time.

    Raises KeyError, TypeError or ValueError for one that is malformed.
    """
    ms, cpu_ms, compile_ms = (float(time) for time in done["times"])
    if not all(isfinite(time) and time >= 0.0 for time in (ms, cpu_ms, compile_ms)):
        raise ValueError("times that are none")
    ms = min(ms, elapsed)
    if done["raised"] is not None:
        return Outcome(raised=_raised(done["raised"]), ms=ms, cpu_ms=cpu_ms, compile_ms=compile_ms)
    try:
        value = _value(call, done, worker)
    except NodeError as error:
        return Outcome(raised=raised_by(error), ms=ms, cpu_ms=cpu_ms, compile_ms=compile_ms)
    return Outcome(value, None, ms, cpu_ms, compile_ms, str(done.get("fallback", "")))


def _raised(told: Any) -> Raised:
    code, message, text, of_values, hint, line = told
    line = None if line is None else min(max(int(line), 1), _LINES)
    return Raised(code if code in CODES else "TG501", str(message), str(text), bool(of_values), str(hint), line)


def _value(call: Call, done: Mapping[str, Any], worker: WorkerProcess) -> Outputs:
    node = call.node
    heads = [list(done["tables"][name]) for name in node.tables]
    sizes = [sum(size + known for _, _, _, size, known in head) for head in heads]
    if sum(sizes) > _TABLES or any(size < 0 for size in sizes):
        raise NodeError(f"{node.id!r} gave tables of {sum(sizes):,} bytes", code="TG502")
    rows = [len(call.panel)] * len(call.columns)
    found = read_columns(worker.outbox, rows, sum(sizes))
    if found is None or done["size"] != sum(map(len, found[0])) * 8 + sum(sizes):
        raise NodeError(f"the worker of {node.id!r} gave something else than its outputs", code="TG502")
    arrays, rest = found
    value: Outputs = {}
    for array, (name, dtype) in zip(arrays, call.columns, strict=True):
        check_codes(node, array, name, dtype)
        value[name] = Column(dtype=dtype, array=array)
    for name, head, size in zip(node.tables, heads, sizes, strict=True):
        try:
            value[name] = unpack_table(head, rest[:size])
        except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise NodeError(f"the worker of {node.id!r} gave a table that cannot be read", code="TG502") from error
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise NodeError(f"the worker of {node.id!r} gave a table that cannot be read", code="TG502") from error
        rest = rest[size:]
    return value
