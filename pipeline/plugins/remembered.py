"""What was found out once, kept in a file of JSON under digests of all that it rests on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["Remembered"]

_KEPT = 1_000


class Remembered:
    """Findings by key: those of `file`, and new ones. Without a file they are forgotten with this object.

    Of what stands in the file only what is `sound` is taken: somebody may have written into it.
    """

    def __init__(self, file: Path | None, sound: Callable[[Any], bool] = lambda _: True) -> None:
        self._file = file
        self._sound = sound
        self._changed = False

    def get(self, key: str) -> Any:
        """What is known under a key, None when nothing is."""
        return self._found.get(key)

    def put(self, key: str, found: Any) -> None:
        """Remember something."""
        self._found[key] = found
        self._changed = True

    @cached_property
    def _found(self) -> dict[str, Any]:
        if self._file is None:
            return {}
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))["found"]
            return {key: found for key, found in kept.items() if self._sound(found)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            return {}  # never written, or damaged: it is found out anew

    def save(self) -> None:
        """Keep the newest. A file that cannot be written costs time, nothing else."""
        if self._file is None or not self._changed:
            return
        newest = dict(list(self._found.items())[-_KEPT:])
        temporary = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps({"found": newest}), encoding="utf-8")
            temporary.replace(self._file)
        self._changed = False
