"""Values that processes of one run hand over to each other: files beside those of the run, which no journal names.

They go when the run has ended. A run that was killed leaves them behind: the next one of the same plan uses them, or a
collection removes them, for nothing names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import polars as pl

from pipeline.execution.holding import Holding
from pipeline.store.live import live_runs
from pipeline.store.lookup import waiting_values
from pipeline.store.segment import HANDED, Found, ObjectRow

__all__ = ["left_behind", "remove_handed", "stored_by"]

_KEYS = "tradegraph.keys"


def left_behind(private: Path, run_id: str, wanted: Mapping[str, Holding]) -> list[Found]:
    """Of wanted values, by key, those that this run has handed over so far, or others that are no more."""
    return _handed(wanted, _files(private, run_id))


def stored_by(private: Path, run_id: str, prefixes: tuple[str, ...], wanted: Mapping[str, Holding]) -> list[Found]:
    """Of wanted values, by key, those that tries of a run's tasks stored before they came to an end."""
    paths = (private / "segments" / run_id).glob(f"*{HANDED}.*")
    handed = _handed(wanted, [path for path in paths if path.name.startswith(prefixes)])
    named = tuple(f"{run_id}.{prefix}" for prefix in prefixes)
    return [*handed, *waiting_values(private / "journal", named)]


def _files(private: Path, run_id: str) -> list[Path]:
    others = live_runs(private) - {run_id}
    return [path for path in (private / "segments").glob(f"*/*{HANDED}.*") if path.parent.name not in others]


def _handed(wanted: Mapping[str, Holding], paths: Iterable[Path]) -> list[Found]:
    found: dict[str, Found] = {}
    for path in sorted(paths):
        if path.suffix != ".parquet":  # half-written, or damaged
            continue
        with suppress(OSError, pl.exceptions.PolarsError):  # as good as gone
            size = path.stat().st_size
            for key in pl.read_parquet_metadata(path).get(_KEYS, "").split():
                if key in wanted:
                    holding = wanted[key]
                    name = f"{path.parent.name}/{path.name}"
                    row = ObjectRow(key, holding.recipe, holding.coverage.data, name, key, None, None, size)
                    found[key] = Found(holding, row)
    return list(found.values())


def remove_handed(private: Path, run_id: str) -> None:
    """Remove what was handed over in a run that has ended, and in others that are no more."""
    paths = _files(private, run_id)
    for path in paths:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in paths}:
        with suppress(OSError):  # something lies in it
            folder.rmdir()
