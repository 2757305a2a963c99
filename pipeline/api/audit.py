"""Routes of the audit log: what happened to plugins, line by line, each bound to all before it by a hash."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from pipeline.api.openapi import problems
from pipeline.api.served import Project
from pipeline.api.shape import Reply
from pipeline.plugins.audit import AuditRecord
from pipeline.plugins.printable import cleaned

__all__ = ["router"]

router = APIRouter(prefix="/api/audit", tags=["plugins"])


class AuditLine(Reply):
    """A line of the log; `about` is the rest of it: plugin, version, path, code, message …"""

    number: int
    at: str
    event: str
    about: dict[str, Any]
    hash: str


class AuditReply(Reply):
    """The newest lines, the oldest of them first."""

    file: str
    lines: list[AuditLine]


class ChainReply(Reply):
    """What a check of the chain gave. Note `head` elsewhere: with it, lines cut off the end are noticed too."""

    sound: bool
    count: int
    head: str = Field(description="The hash of the last line.")
    broken: int | None = Field(description="The line, counted from 1, that does not fit.")
    reason: str


@router.get("", responses=problems())
def read_audit(
    project: Project,
    plugin: str | None = None,
    event: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
) -> AuditReply:
    """Read what happened to plugins: discovered, loaded, refused, reloaded, killed, installed, yanked, revoked."""
    log = project.engine.plugins.audit
    fitting = (
        line for line in log.read() if event in (None, line.event) and plugin in (None, line.about.get("plugin"))
    )
    return AuditReply(file=str(log.path), lines=_newest(fitting, limit))


@router.get("/verify", responses=problems())
def verify_audit(
    project: Project, head: Annotated[str, Query(max_length=100, description="A hash that was noted before.")] = ""
) -> ChainReply:
    """Check that each line follows the one before. A broken log is told, with status 200 and `sound` false."""
    found = project.engine.plugins.audit.verify(head)
    return ChainReply(sound=found.sound, count=found.count, head=found.head, broken=found.broken, reason=found.reason)


def _newest(lines: Iterable[AuditRecord], limit: int) -> list[AuditLine]:
    return [
        AuditLine(number=line.number, at=line.at, event=line.event, about=cleaned(dict(line.about)), hash=line.hash)
        for line in deque(lines, maxlen=limit)
    ]
