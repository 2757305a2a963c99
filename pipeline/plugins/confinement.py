"""Whether plugins are confined on this machine: what the lock asks before it lets a marketplace's plugin run."""

from __future__ import annotations

from pipeline.plugins.confine import available

__all__ = ["unconfined"]


def unconfined() -> str:
    """Why a plugin is not confined here, "" where it can neither reach the network nor the user's files."""
    what = available()
    return "" if what.network and what.files else "; ".join(what.lacking)
