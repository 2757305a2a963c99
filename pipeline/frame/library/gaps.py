"""Gaps: what of pandas the adapter does not have, raised by name and recorded out of band.

A plugin's own ``except Exception`` may swallow the error; the record keeps it, so the engine can fail the
node instead of trading on the plugin's fallback. Old spellings that still work are recorded the same way.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple, NoReturn

from pipeline.errors import Place, PluginError, did_you_mean
from pipeline.frame.library.pandas_names import pandas_names

__all__ = [
    "AdapterGap",
    "Gap",
    "MissingName",
    "UnsupportedCall",
    "missing_name",
    "note_fallback",
    "note_spelling",
    "recorded_fallbacks",
    "recorded_gaps",
    "recorded_spellings",
    "refuse",
    "unsupported",
]

_ROOM = str(Path(__file__).parents[1])


class Gap(NamedTuple):
    """One use of something that the adapter lacks (or of an old spelling): what, why, and the author's line."""

    operation: str
    reason: str
    place: Place | None = None


class AdapterGap(PluginError):
    """A plugin uses something of pandas that the adapter does not have."""

    code = "TG407"


class MissingName(AdapterGap, AttributeError):
    """A name of pandas that the adapter does not have."""


class UnsupportedCall(AdapterGap, TypeError):
    """An operation that the adapter has, with arguments or data that it does not take."""


class _Slip(AttributeError):
    """The error for a name that neither has. Numpy and others ask for names just to see, so the hint waits."""

    def __init__(self, owner: str, name: str, offered: object) -> None:
        super().__init__(owner, name)
        self._offered = offered

    def __str__(self) -> str:
        owner, name = self.args
        known = [n for n in dir(self._offered) if not n.startswith("_")] if self._offered else []
        hint = did_you_mean(name, known, otherwise=" ") if known else ""
        return f"{owner!r} object has no attribute {name!r}. {hint}".strip()


class _Recorder:
    """Hands each note to the lists open in this context; from a thread started inside, to all open lists."""

    def __init__(self, name: str) -> None:
        self._here: ContextVar[tuple[list[Gap], ...]] = ContextVar(name, default=())
        self._all: list[list[Gap]] = []
        self._lock = threading.Lock()

    @contextmanager
    def open(self) -> Iterator[list[Gap]]:
        notes: list[Gap] = []
        token = self._here.set((*self._here.get(), notes))
        with self._lock:
            self._all.append(notes)
        try:
            yield notes
        finally:
            self._here.reset(token)
            with self._lock:
                self._all[:] = [other for other in self._all if other is not notes]

    def note(self, operation: str, reason: str) -> Place | None:
        place = _caller()
        self.keep([Gap(operation, reason, place)])
        return place

    def keep(self, gaps: list[Gap]) -> None:
        # a thread that the plugin starts has an empty context; its gaps must not be lost
        with self._lock:
            for notes in self._here.get() or tuple(self._all):
                notes.extend(gaps)


_gaps = _Recorder("gaps")
_spellings = _Recorder("spellings")
_fallbacks = _Recorder("fallbacks")


def recorded_gaps() -> AbstractContextManager[list[Gap]]:
    """A context that yields the list of the gaps that are hit inside it, swallowed or not."""
    return _gaps.open()


def recorded_spellings() -> AbstractContextManager[list[Gap]]:
    """A context that yields the old pandas spellings used inside it, one entry per use."""
    return _spellings.open()


def recorded_fallbacks() -> AbstractContextManager[list[Gap]]:
    """A context that yields the gaps for which a node was run again on real pandas inside it."""
    return _fallbacks.open()


def note_fallback(gaps: list[Gap]) -> None:
    """Record that these gaps made a node run again on real pandas."""
    _fallbacks.keep(gaps)


def note_spelling(operation: str, instead: str) -> None:
    """Record that an author wrote a spelling that pandas 3 refuses or ignores; its old meaning holds."""
    _spellings.note(operation, f"old spelling, write {instead}")


def missing_name(owner: str, name: str, section: str, offered: object = None) -> AttributeError:
    """The error for an attribute that `owner` lacks: a recorded gap when pandas has it, else a plain slip.

    `section` says where in the list of pandas' names to look.
    """
    if name in pandas_names()[section]:
        operation, reason = f"{owner}.{name}", "not offered"
        place = _gaps.note(operation, reason)
        return MissingName(f"the pandas adapter does not have {operation}", place=place)
    return _Slip(owner, name, offered)


def unsupported(operation: str, reason: str, *, hint: str = "") -> UnsupportedCall:
    """The recorded error for an operation that is there, but not with these arguments or data."""
    place = _gaps.note(operation, reason)
    return UnsupportedCall(f"the pandas adapter's {operation} does not take this: {reason}", hint=hint, place=place)


def refuse(operation: str, options: Mapping[str, object]) -> None:
    """Raise for the first option that asks for something; None, False and 0 ask for nothing."""
    for name, value in options.items():
        if value is not None and not (isinstance(value, bool | int) and not value):
            _refuse(operation, name, value)


def _refuse(operation: str, name: str, value: object) -> NoReturn:
    raise unsupported(operation, f"{name}={value!r}")


def _caller() -> Place | None:
    """The innermost line outside this room."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_ROOM):
            return Place(file, frame.f_lineno)
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None
