"""A step of a review: what was looked at, and what was found, as it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["STEPS", "Remark", "StepReport", "Verdict", "step"]

Verdict: TypeAlias = Literal["ok", "note", "wrong"]
STEPS = {
    1: "file and documentation",
    2: "automated tests and validation",
    3: "code review",
    4: "performance and security",
    5: "integration",
    6: "publication",
}
"""The steps of the plugin guide."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was found: about what, whether it is well, and at which line."""

    about: str
    verdict: Verdict
    said: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step. It has passed unless a remark is `wrong`; a `note` is for a person to weigh.

    `figures` are what was measured; `text` is for reading, such as the difference to the version before.
    """

    number: int
    name: str
    remarks: tuple[Remark, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def verdict(self) -> Verdict:
        verdicts = {remark.verdict for remark in self.remarks}
        return "wrong" if "wrong" in verdicts else "note" if "note" in verdicts else "ok"

    @property
    def passed(self) -> bool:
        return self.verdict != "wrong"

    def as_dict(self) -> dict[str, Any]:
        """The report as it is stored."""
        return {**asdict(self), "verdict": self.verdict}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> StepReport:
        """A stored report. Raises KeyError or TypeError for one that is malformed."""
        remarks = tuple(Remark(**remark) for remark in said["remarks"])
        return cls(int(said["number"]), str(said["name"]), remarks, dict(said["figures"]), str(said["text"]))


def step(number: int, remarks: Sequence[Remark], text: str = "", **figures: Any) -> StepReport:
    """The report of a step."""
    return StepReport(number, STEPS[number], tuple(remarks), figures, text)
