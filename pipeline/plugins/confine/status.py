"""What a system can enforce, and doing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pipeline.plugins.confine.kernel import machine
from pipeline.plugins.confine.landlock import landlock_version, restrict_files
from pipeline.plugins.confine.limits import Bounds, limit
from pipeline.plugins.confine.privilege import drop_privileges
from pipeline.plugins.confine.seccomp import can_filter, filter_calls
from pipeline.plugins.confine.sight import Sight

__all__ = ["Confinement", "available", "confine"]


@dataclass(frozen=True, slots=True)
class Confinement:
    """What holds a worker's code in: on this system when asked of `available`, in a worker when it was set up there.

    `landlock` is its version, 0 for none: files of the user can then be read. `seccomp` refuses the network,
    processes, signals to others, and changes of files where Landlock does not. `limits` bound memory, open files and
    the size of files; `privileges` says that capabilities were laid down.
    """

    landlock: int = 0
    seccomp: bool = False
    limits: bool = False
    privileges: bool = False

    @property
    def network(self) -> bool:
        """True when the code cannot reach the network."""
        return self.seccomp

    @property
    def files(self) -> bool:
        """True when the code can neither read nor change the user's files."""
        return self.landlock > 0

    @property
    def complete(self) -> bool:
        """True when all of it is enforced."""
        return self.files and self.seccomp and self.limits and self.privileges

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is not enforced, a sentence each."""
        said = (
            (self.files, "no Landlock: a plugin can read your files"),
            (self.seccomp, "no seccomp: a plugin can use the network, start processes and change your files"),
            (self.limits, "no limits: a plugin can take memory and files until the watchdog sees it"),
            (self.privileges, "privileges stay: what root may do, a plugin may do"),
        )
        if self.files and not self.seccomp:
            return tuple(text.replace(" and change your files", "") for fine, text in said if not fine)
        return tuple(text for fine, text in said if not fine)

    def __str__(self) -> str:
        """In short, as it stands in records: `landlock 7, seccomp, limits, no privileges`; "none"."""
        parts = [f"landlock {self.landlock}"] if self.landlock else []
        parts += ["seccomp"] * self.seccomp + ["limits"] * self.limits + ["no privileges"] * self.privileges
        return ", ".join(parts) or "none"


@cache
def available() -> Confinement:
    """What the workers of this system are confined by."""
    known = bool(machine())
    return Confinement(landlock_version(), can_filter(), known, known)


def confine(sight: Sight, bounds: Bounds) -> Confinement:
    """Shut this process in, as far as the system can; gives what holds. There is no way back."""
    what = available()
    limits = what.limits and _done(lambda: limit(bounds))
    privileges = what.privileges and _done(drop_privileges)
    landlock = what.landlock if what.landlock and _done(lambda: restrict_files(sight)) else 0
    seccomp = what.seccomp and _done(lambda: filter_calls(files=not landlock))
    return Confinement(landlock, seccomp, limits, privileges)


def _done(step: Callable[[], None]) -> bool:
    try:
        step()
    except (OSError, ValueError):
        return False
    return True
