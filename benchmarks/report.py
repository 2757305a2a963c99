"""What benchmarks give: tables of figures, on a terminal or as JSON, with the machine that made them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["Table", "machine", "show"]

_LIBRARIES = (
    "tradegraph",
    "polars",
    "numpy",
    "numba",
    "duckdb",
    "networkx",
    "pyyaml",
    "pydantic",
    "apache-hamilton",
    "pipefunc",
)


@dataclass
class Table:
    """Rows of figures under one title. A figure is a number, a text, or {min, median, …}; None is not measured."""

    title: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, **figures: Any) -> None:
        self.rows.append(figures)

    def as_text(self) -> str:
        cells = [list(self.columns), *([_cell(row.get(column)) for column in self.columns] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [_line(line, widths) for line in cells]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([self.title, *(f"  {line.rstrip()}" for line in lines), *(f"  {note}" for note in self.notes)])

    def as_dict(self) -> dict[str, Any]:
        return {"title": self.title, "rows": self.rows, "notes": self.notes}


def machine() -> dict[str, Any]:
    """The processor, the interpreter and the versions of what is measured."""
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": found,
    }


def show(tables: Sequence[Table], *, as_json: bool) -> str:
    """All tables below a line about the machine, or one JSON document."""
    about = machine()
    if as_json:
        return json.dumps({"machine": about, "tables": [table.as_dict() for table in tables]}, indent=2)
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    head = (
        f"{about['processor']}, {about['cores']} cores (load {about['load']}), {about['system']}, "
        f"Python {about['python']}\n{versions}"
    )
    return "\n\n".join([head, *(table.as_text() for table in tables)])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    """The first text to the left, figures to the right."""
    padded = [text.rjust(width) for text, width in zip(texts, widths, strict=True)]
    return "  ".join([texts[0].ljust(widths[0]), *padded[1:]])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        return f"{_number(value['min'])} / {_number(value['median'])}"
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
