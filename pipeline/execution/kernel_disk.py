"""Numba's disk cache, filed under our code digest instead of a source file's time stamp, and sealed.

Numba runs whatever machine code its files hold: one flipped bit is a crash or a wrong number. Here each file
begins with a digest of what it is and of its content, and what does not match it is compiled again. So is what
somebody else could have written. A file is named after what it was compiled from, for and with; there is no
index, so processes, machines and versions that share a folder neither wait for nor overwrite each other.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core.caching import Cache, CompileResultCacheImpl, _CacheLocator
from numba.core.serialize import dumps

from pipeline.execution.kernel_folder import DAY, is_closed
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


class _SealedFiles:
    """The files of one folder. What numba asks for is the signature, the processor and the driver's bytecode."""

    def __init__(self, folder: Path, stamp: str) -> None:
        self._folder = folder
        self._stamp = stamp

    def load(self, key: tuple[Any, ...]) -> Any:
        """What was kept under a key, None when it is not there, not as it was written, or not ours."""
        meaning = self._meaning(key)
        try:
            with self._file(meaning).open("rb") as file:
                data = file.read() if is_closed(os.fstat(file.fileno())) else b""
        except OSError:
            return None
        seal, _, body = data.partition(b"\n")
        if seal.decode("ascii", "replace") != digest(meaning, body):
            return None
        with suppress(OSError):  # a confined worker may not
            if self._folder.stat().st_mtime < time.time() - DAY:
                os.utime(self._folder)  # in use: see `shared_kernels`
        return pickle.loads(body)  # noqa: S301 - sealed, and written by this user or root

    def save(self, key: tuple[Any, ...], value: Any) -> None:
        """Keep something under a key, all at once. Raises OSError."""
        meaning = self._meaning(key)
        body: bytes = dumps(value)  # type: ignore[no-untyped-call]
        file = self._file(meaning)
        draft = file.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}.tmp")
        try:
            # born with these rights, whatever others may write of the user's other files
            with open(draft, "xb", opener=partial(os.open, mode=0o644)) as opened:
                opened.write(digest(meaning, body).encode() + b"\n" + body)
            draft.replace(file)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def flush(self) -> None:
        """Numba's protocol: forget what is kept. Nothing here asks for it."""

    def _file(self, meaning: str) -> Path:
        return self._folder / f"{digest(meaning)}.nbc"

    def _meaning(self, key: tuple[Any, ...]) -> str:
        return digest(self._stamp, repr(key), *_compiler())


@cache
def _compiler() -> tuple[str, ...]:
    """What decides about machine code besides the code and the processor."""
    settings = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("NUMBA_")]
    return (sys.version, numba.__version__, np.__version__, *settings)


class DigestCache(Cache):
    """One folder per code digest; the names of the files tell signatures, processors and compilers apart."""

    def __init__(self, py_func: Callable[..., Any], folder: Path, stamp: str) -> None:
        class Impl(CompileResultCacheImpl):
            def __init__(self, function: Callable[..., Any]) -> None:
                self._lineno = function.__code__.co_firstlineno
                self._locator = _DigestLocator(folder, stamp)
                self._filename_base = "kernel"

        self._impl_class = Impl  # type: ignore[assignment]
        super().__init__(py_func)  # type: ignore[no-untyped-call]
        self._cache_file = _SealedFiles(folder, stamp)  # type: ignore[assignment]

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
