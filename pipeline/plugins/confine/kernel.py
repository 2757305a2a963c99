"""Calls of the Linux kernel that Python has no names for."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from functools import cache

__all__ = ["call", "machine", "prctl"]

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def machine() -> str:
    """The architecture whose numbers of system calls are known here: x86_64 or aarch64; "" for any other."""
    if not sys.platform.startswith("linux") or sys.maxsize < 2**32:
        return ""
    return _ARCHITECTURES.get(platform.machine().lower(), "")


def call(number: int, *arguments: object) -> int:
    """A system call by its number. Raises OSError."""
    libc = _libc()
    libc.syscall.restype = ctypes.c_long
    whole = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    return _checked(libc.syscall(ctypes.c_long(number), *whole))


def prctl(option: int, *arguments: int) -> int:
    """`prctl(2)`. Raises OSError."""
    filled = [*arguments, 0, 0, 0, 0][:4]
    return _checked(_libc().prctl(ctypes.c_int(option), *map(ctypes.c_ulong, filled)))


def _checked(found: int) -> int:
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return found
