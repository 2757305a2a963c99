"""What requests and replies are made of."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Body", "FaultReply", "NoteReply", "Reply"]


class Body(BaseModel):
    """What a request sends: closed, so that a misspelt key is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reply(BaseModel):
    """What a request gets. What is no number, infinity or NaN, is null."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="null")


class NoteReply(Reply):
    """A second place that a fault is about."""

    file: str | None
    line: int | None
    column: int | None
    text: str


class FaultReply(Reply):
    """One finding, as `tradegraph check --json` has it: a stable code, what is wrong, where, and what to do."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    hint: str
    file: str | None
    line: int | None
    column: int | None
    notes: list[NoteReply] = Field(default_factory=list)
    fix: list[dict[str, Any]] = Field(default_factory=list, description="Changes of text that certainly mend it.")
