"""Sight: which files a worker may read. Python, its libraries, the engine; nothing of the user's."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Sight"]

_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/dev/urandom",
    "/dev/zero",
)
"""Shared libraries, time zones, how many processors there are."""
_ENGINE = Path(__file__).resolve().parents[3]
_PACKAGES = ("pipeline", "nodes", "bot_engine")


@dataclass(frozen=True, slots=True)
class Sight:
    """Files and folders that may be read, and the folder that may be written into (compiled kernels), if any.

    `/dev/null` may be written as well.
    """

    reads: tuple[str, ...]
    writes: str = ""

    @classmethod
    def of_libraries(cls, paths: Sequence[str] = (), *, private: Iterable[Path] = (), writes: str = "") -> Sight:
        """What Python code needs to run: the interpreter, installed packages, the engine, and the folders in `paths`.

        A folder that holds one of the `private` ones, a project or a home, is left out.
        """
        known = sysconfig.get_paths()
        places = [known[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
        places += [str(Path(sys.base_prefix) / "lib"), *(str(_ENGINE / name) for name in _PACKAGES)]
        hidden = [folder.resolve() for folder in private]
        for path in paths:
            folder = Path(path).resolve()
            if path and folder.exists() and not any(own.is_relative_to(folder) for own in hidden):
                places.append(str(folder))
        return cls(tuple(dict.fromkeys([*places, *_SYSTEM])), writes)
