"""Faults for machines that show them beside the code: GitHub's workflow commands, and SARIF."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import CODES, Fault, Place

__all__ = ["github_line", "sarif"]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def github_line(fault: Fault) -> str:
    """A fault as GitHub Actions reads it from a log: `::error file=…,line=…,col=…,title=…::message`."""
    where = ""
    if fault.place:
        file = _property(_relative(fault.place.file))
        where = f"file={file},line={fault.place.line},col={fault.place.column},"
    notes = [f"note: {_relative(note.place.file)}:{note.place.line}: {note.text}" for note in fault.notes]
    text = "\n".join([fault.message, *notes, *([f"hint: {fault.hint}"] if fault.hint else [])])
    return f"::{fault.severity} {where}title={_property(fault.code)}::{_data(text)}"


def sarif(faults: Sequence[Fault], version: str, remedies: dict[str, str]) -> dict[str, Any]:
    """Faults as one SARIF 2.1.0 log. Paths are relative to the working directory, columns count code points."""
    codes = sorted({fault.code for fault in faults})
    rules = [
        {
            "id": code,
            "shortDescription": {"text": CODES[code]},
            "help": {"text": remedies[code]},
            "defaultConfiguration": {"level": "error"},
        }
        for code in codes
    ]
    driver = {"name": "tradegraph", "version": version, "rules": rules}
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(fault, codes.index(fault.code)) for fault in faults],
            }
        ],
    }


def _result(fault: Fault, rule: int) -> dict[str, Any]:
    text = f"{fault.message}\n{fault.hint}" if fault.hint else fault.message
    result: dict[str, Any] = {
        "ruleId": fault.code,
        "ruleIndex": rule,
        "level": fault.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(fault.place)}] if fault.place else [],
    }
    if fault.notes:
        result["relatedLocations"] = [
            {"id": i, "message": {"text": note.text}, "physicalLocation": _location(note.place)}
            for i, note in enumerate(fault.notes)
        ]
    if fault.fix:
        described = {"text": fault.hint or "Change the text."}
        result["fixes"] = [{"description": described, "artifactChanges": _changes(fault)}]
    return result


def _location(place: Place, width: int | None = None) -> dict[str, Any]:
    region = {"startLine": place.line, "startColumn": place.column}
    if width is not None:
        region |= {"endLine": place.line, "endColumn": place.column + width}
    return {"artifactLocation": {"uri": _uri(place.file)}, "region": region}


def _changes(fault: Fault) -> list[dict[str, Any]]:
    changes = []
    for edit in fault.fix:
        location = _location(edit.place, len(edit.old))
        replacement = {"deletedRegion": location["region"], "insertedContent": {"text": edit.new}}
        changes.append({"artifactLocation": location["artifactLocation"], "replacements": [replacement]})
    return changes


def _relative(file: str) -> str:
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative


def _uri(file: str) -> str:
    from urllib.parse import quote

    relative = _relative(file)
    return Path(relative).absolute().as_uri() if Path(relative).is_absolute() else quote(Path(relative).as_posix())


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
