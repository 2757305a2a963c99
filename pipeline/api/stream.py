"""Events of a task as a stream that browsers know (`text/event-stream`)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from pipeline.api.tasks import Task
from pipeline.model.document import plain

__all__ = ["STREAM", "streamed"]

STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `queued`, `started`, `step`, and one of `finished`, `error`; `data` is a map of facts.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


def streamed(task: Task, after: str | None) -> StreamingResponse:
    """The events of a task after the one that a client had last, until it is over."""
    last = int(after) if after is not None and after.isdecimal() and len(after) < 16 else 0
    return StreamingResponse(_lines(task, last), media_type="text/event-stream")


async def _lines(task: Task, after: int) -> AsyncIterator[str]:
    async for event in task.follow(after):
        if event is None:  # a line that says nothing finds out whether anybody listens
            yield ": waiting\n\n"
            continue
        data = json.dumps(plain(event.facts), ensure_ascii=False, allow_nan=False)
        yield f"id: {event.number}\nevent: {event.name}\ndata: {data}\n\n"
