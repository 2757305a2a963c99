"""What a plugin reached for while it ran: files, connections, processes, as Python itself reports them.

Python tells its audit hooks before it opens, connects or starts anything. That sees what Python code does, not what
compiled code does on its own: a kernel's confinement is another matter, and says no where this only takes notes.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["Trace", "watched"]

_EVENTS = {
    "socket.__new__": "network",
    "socket.connect": "network",
    "socket.bind": "network",
    "socket.getaddrinfo": "network",
    "socket.sendto": "network",
    "urllib.Request": "network",
    "open": "files",
    "os.remove": "files",
    "os.rename": "files",
    "os.mkdir": "files",
    "os.rmdir": "files",
    "os.listdir": "files",
    "os.scandir": "files",
    "shutil.rmtree": "files",
    "subprocess.Popen": "processes",
    "os.system": "processes",
    "os.exec": "processes",
    "os.posix_spawn": "processes",
    "os.fork": "processes",
    "os.kill": "processes",
    "ctypes.dlopen": "processes",
}
_DEEP = 400


class Trace:
    """What was reached for from code in certain files, each thing once: `(kind, what)`."""

    def __init__(self, files: Collection[Path]) -> None:
        self._files = {str(file) for file in files}
        self.found: dict[tuple[str, str], None] = {}
        self.on = False

    def take(self, event: str, args: tuple[Any, ...]) -> None:
        """Note an event of the interpreter, if it comes from one of the files."""
        kind = _EVENTS.get(event)
        if kind is None or not self.on:
            return
        self.on = False  # what follows must not report itself
        try:
            if self._theirs(sys._getframe(1)) and not (kind == "files" and _harmless(event, args)):
                self.found[kind, f"{event} {_shown(args)}"] = None
        finally:
            self.on = True

    def _theirs(self, frame: FrameType | None) -> bool:
        """True when code of the files is being run, unless it has only imported something."""
        for _ in range(_DEEP):
            if frame is None:
                return False
            name = frame.f_code.co_filename
            if name.startswith("<frozen importlib"):
                return False
            if name in self._files:
                return True
            frame = frame.f_back
        return False


@contextmanager
def watched(files: Collection[Path]) -> Iterator[Trace]:
    """Take notes meanwhile. A hook stays with the process for good, so this is for processes that end soon."""
    trace = Trace(files)
    sys.addaudithook(trace.take)
    trace.on = True
    try:
        yield trace
    finally:
        trace.on = False


def _harmless(event: str, args: tuple[Any, ...]) -> bool:
    """Reading what belongs to Python or to the engine: a library that loads its tables, a traceback its lines."""
    if event != "open" or not args or isinstance(args[0], int):
        return event == "open"
    mode = args[1] if len(args) > 1 and isinstance(args[1], str) else "r"
    flags = args[2] if len(args) > 2 and isinstance(args[2], int) else 0
    if set(mode) & set("wax+") or flags & 3:
        return False
    path = Path(str(args[0])).absolute()
    homes = [Path(place) for place in sysconfig.get_paths().values()] + [
        Path(__file__).parents[2],
        Path("/usr/share/zoneinfo"),
    ]
    return any(path.is_relative_to(home) for home in homes)


def _shown(args: tuple[Any, ...]) -> str:
    return " ".join(str(arg)[:120] for arg in args[:2])
