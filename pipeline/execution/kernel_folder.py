"""Where compiled kernels rest: in a folder of the user, which all of the user's projects share, or in the project.

A kernel is found by the digest of its code, so projects cannot disturb each other, and what one compiled the next
one need not. But it is machine code: whoever can put a file there can do what the user can. So the folder must be
the user's own, closed to others, and a file in it is loaded under the same condition (`kernel_disk.py`).
"""

from __future__ import annotations

import os
import re
import stat
import time
from contextlib import suppress
from pathlib import Path

from pipeline.errors import SettingsError

__all__ = ["DAY", "VARIABLE", "is_closed", "kernel_folder", "shared_folder", "shared_kernels", "unfit"]

VARIABLE = "TRADEGRAPH_KERNELS"
"""The environment variable that names the folder; `project` keeps each project's kernels in it."""

DAY = 86_400.0
"""How old, in seconds, the time of a kernel's last use may be."""

_NAME = re.compile(r"[0-9a-f]{32}(\.\w+)?")


def kernel_folder(own: Path | None) -> Path | None:
    """The folder to keep compiled kernels in: the shared one, else `own`, a project's, None outside of projects.

    The shared one is made when it is missing; one that cannot be made, written or trusted is not used. Raises
    SettingsError TG012.
    """
    folder = shared_folder()
    if folder is None:
        return own
    with suppress(OSError):  # a home that is missing or read-only
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return own if unfit(folder) else folder


def shared_folder() -> Path | None:
    """The user's folder of compiled kernels, there or not; None when each project is to keep its own.

    Raises SettingsError TG012 for a variable that is neither `project` nor a full path.
    """
    said = os.environ.get(VARIABLE, "")
    if said == "project":
        return None
    if said:
        if not os.path.isabs(said):  # noqa: PTH117 - a text so far
            raise SettingsError(
                f"${VARIABLE}: a full path or `project` is expected, got {said!r}",
                code="TG012",
                hint="A relative path would be another folder for each working directory.",
            )
        return Path(said)
    home = os.environ.get("XDG_CACHE_HOME", "")
    with suppress(RuntimeError):  # nobody knows where this user is at home
        base = Path(home) if os.path.isabs(home) else Path.home() / ".cache"  # noqa: PTH117 - the standard says so
        return base / "tradegraph" / "kernels"
    return None


def unfit(folder: Path) -> str:
    """Why a folder cannot be shared by projects; "" when it can."""
    try:
        status = folder.stat()
    except OSError as error:
        return f"it cannot be made: {(error.strerror or str(error)).lower()}"
    if not stat.S_ISDIR(status.st_mode):
        return "it is no folder"
    if status.st_uid != os.geteuid():
        return f"it belongs to user {status.st_uid}, you are user {os.geteuid()}"
    if not is_closed(status):
        return f"others may write it, mode {status.st_mode & 0o777:o}"
    return "" if os.access(folder, os.W_OK | os.X_OK) else "it cannot be written"


def is_closed(status: os.stat_result) -> bool:
    """True when nobody but its owner, who is this user or root, may write a file or folder."""
    return status.st_uid in (os.geteuid(), 0) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def shared_kernels(unused_days: float = 0.0) -> list[Path]:
    """The kernels in the shared folder; only those that no project has loaded for so many days.

    Raises SettingsError TG012.
    """
    folder = shared_folder()
    if folder is None or unfit(folder):
        return []
    latest = time.time() - unused_days * DAY
    found = []
    for path in sorted(folder.glob("*")):
        with suppress(OSError):  # removed by another process just now
            # the folder was named by a person: what does not look like ours is not
            if _NAME.fullmatch(path.name) and path.is_dir() and path.stat().st_mtime <= latest:
                found.append(path)
    return found
