"""Numba's disk cache, filed under our code digest instead of a source file's time stamp, and sealed.

Numba runs whatever machine code its files hold: one flipped bit is a crash or a wrong number. Here each file
begins with a digest of its name and content, and what does not match it is compiled again.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba.core.caching import Cache, CompileResultCacheImpl, IndexDataCacheFile, _CacheLocator

from pipeline.model.digest import digest

__all__ = ["DigestCache"]


class _DigestLocator(_CacheLocator):
    def __init__(self, folder: Path, stamp: str) -> None:
        self._folder = folder
        self._stamp = stamp
        self._py_file = str(folder)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._stamp

    def get_disambiguator(self) -> str:
        return "driver"

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> None:  # noqa: ARG003 - numba's protocol
        return None


class _SealedFiles(IndexDataCacheFile):
    """Index and data files of one folder. A seal covers stamp and file name as well: swapped files do not fit."""

    def _load_index(self) -> dict[Any, str]:
        found = self._opened(self._index_name)
        return found[1] if found is not None and found[0] == self._version else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._seal(self._index_name, (self._version, overloads))

    def _load_data(self, name: str) -> Any:
        return self._opened(name)

    def _save_data(self, name: str, data: Any) -> None:
        self._seal(name, data)

    def _opened(self, name: str) -> Any:
        """What was sealed under a name, None when it is not there or not as it was written."""
        try:
            data = (Path(self._cache_path) / name).read_bytes()
        except OSError:
            return None
        seal, _, body = data.partition(b"\n")
        return pickle.loads(body) if seal.decode("ascii", "replace") == self._seal_of(name, body) else None  # noqa: S301

    def _seal(self, name: str, value: Any) -> None:
        body = self._dump(value)  # type: ignore[no-untyped-call]
        with self._open_for_write(self._data_path(name)) as file:  # type: ignore[no-untyped-call]
            file.write(self._seal_of(name, body).encode() + b"\n" + body)

    def _seal_of(self, name: str, body: bytes) -> str:
        return digest(self._source_stamp, name, body)


class DigestCache(Cache):
    """One folder per code digest; the index inside tells signatures and processors apart, as numba does."""

    def __init__(self, py_func: Callable[..., Any], folder: Path, stamp: str) -> None:
        class Impl(CompileResultCacheImpl):
            def __init__(self, function: Callable[..., Any]) -> None:
                self._lineno = function.__code__.co_firstlineno
                self._locator = _DigestLocator(folder, stamp)
                self._filename_base = self.get_filename_base("kernel", "")  # type: ignore[no-untyped-call]

        self._impl_class = Impl  # type: ignore[assignment]
        super().__init__(py_func)  # type: ignore[no-untyped-call]
        base = self._impl.filename_base
        self._cache_file = _SealedFiles(str(folder), base, stamp)  # type: ignore[no-untyped-call]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled driver, None when there is none or its files are damaged."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001 - what an older layout left behind may raise anything; it is replaced
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled driver for the next process, if the disk lets it: a full one must not fail the node."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]
