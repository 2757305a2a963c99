"""Numba's disk cache, filed under our code digest instead of a source file's time stamp."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba.core.caching import Cache, CompileResultCacheImpl, _CacheLocator

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

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled driver, None when there is none or its files are damaged."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001 - unpickling rubbish may raise anything; what is compiled again replaces it
            self.flush()  # type: ignore[no-untyped-call]
            return None
