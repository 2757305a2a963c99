"""Findings about a plugin file, and the verdict that they add up to: one form for people, one for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pipeline.errors import Fault
from pipeline.execution.attempt import Outcome
from pipeline.plugins.confine import available

__all__ = ["FLAGS", "SCHEMA", "Finding", "Run", "document", "run_of"]

SCHEMA = "tradegraph.plugin-test/1"
"""The form of the document; another number when something in it changes its meaning or goes."""

FLAGS = {
    "lookahead": "a value depends on later rows",
    "nondeterministic": "the same bars give another answer",
    "wrong_output": "the outputs are not what the contract or the declaration asks for",
    "mutates_input": "it changes the frame that it is given; nobody else sees it",
    "slow": "a call over 10,000 bars takes longer than max_execution_time_ms, or its time grows faster than the bars",
    "greedy": "it took more memory, threads or processor time than its worker may use",
    "forbidden": "it reached for files, the network, other processes or the system",
    "infinite": "it gives infinite values",
    "real_pandas": "it runs on real pandas: the adapter lacks something",
    "old_pandas": "it has spellings that pandas 3 refuses or ignores",
    "unsigned": "no trusted key has signed it",
}
"""What a file may be flagged with."""

Verdict: TypeAlias = Literal["ok", "wrong", "note"]
Run: TypeAlias = Literal["ok", "error", "timeout", "killed"]
_FLAG_OF = {"TG417": "greedy", "TG418": "forbidden"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, in which plugin, whether it is well, and what was found.

    `flag` is one of FLAGS, `run` how the call over sample bars ended where the finding is about that. A file with
    something wrong before any call is rejected.
    """

    what: str
    plugin: str
    verdict: Verdict
    said: str
    fault: Fault | None = None
    flag: str = ""
    run: Run | None = None


def run_of(outcome: Outcome) -> Run:
    """How a call ended."""
    raised = outcome.raised
    if raised is None:
        return "ok"
    if raised.code == "TG505":
        return "timeout"
    return "killed" if raised.ended else "error"


def document(file: str, found: Sequence[Finding]) -> dict[str, Any]:
    """The verdict on a file, in the form SCHEMA."""
    runs = [finding.run for finding in found if finding.run is not None]
    wrong = [finding for finding in found if finding.verdict == "wrong"]
    faults = [finding.fault for finding in wrong if finding.fault is not None]
    worst = next((run for run in runs if run != "ok"), "ok" if runs else None)
    flags = {finding.flag for finding in found} | {_FLAG_OF.get(fault.code, "") for fault in faults}
    return {
        "schema": SCHEMA,
        "file": file,
        "passed": not wrong,
        "load": "ok" if runs else "rejected",
        "run": worst,
        "flags": sorted(flags - {""}),
        "reasons": [
            {
                "code": finding.fault.code if finding.fault else "",
                "plugin": finding.plugin,
                "message": finding.fault.message if finding.fault else finding.said,
                "line": finding.fault.place.line if finding.fault and finding.fault.place else None,
                "hint": finding.fault.hint if finding.fault else "",
            }
            for finding in wrong
        ],
        "isolation": str(available()),
        "findings": [
            {"what": f.what, "plugin": f.plugin, "verdict": f.verdict, "said": f.said, "flag": f.flag} for f in found
        ],
    }
