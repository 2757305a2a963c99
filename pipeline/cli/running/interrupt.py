"""Ctrl-C or SIGTERM during a run, and what people are told then."""

from __future__ import annotations

from pipeline.cli.console.fault import tell
from pipeline.runs import patience

__all__ = ["Patience"]


class Patience(patience.Patience):
    """The same as it is everywhere, which says what it waits for."""

    def noted(self) -> None:
        """It was asked to end while only storing was left."""
        tell("storing what was computed; Ctrl-C again drops it")
