"""Whether plugins are confined on this machine: what the lock asks before it lets a marketplace's plugin run."""

from __future__ import annotations

__all__ = ["unconfined"]


def unconfined() -> str:
    """Why nothing confines a plugin here, "" where something does."""
    return ""
