"""Taking up an earlier run: what people are told of files that say other things by now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.cli.console.fault import report
from pipeline.cli.console.session import shown_path
from pipeline.errors import Fault

if TYPE_CHECKING:
    from pipeline.runs.batch import Recorded

__all__ = ["tell_edited"]


def tell_edited(found: Iterable[Recorded]) -> None:
    """Say which graphs were edited since their run: what they share with it is not computed again, the rest is."""
    report([
        Fault(
            "TG525",
            f"{shown_path(one.file)} was edited since run {one.run_id}; it is taken up as it is now",
            hint="What is still the same is not computed again.",
            severity="warning",
        )
        for one in found
        if one.edited
    ])  # fmt: skip
