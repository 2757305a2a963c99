"""Landlock: the kernel lets this process see and change what it was told of, and nothing else.

Rules are about folders and what lies below them. Descriptors that are open stay as they are.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct

from pipeline.plugins.confine.kernel import call, machine
from pipeline.plugins.confine.sight import Sight

__all__ = ["landlock_version", "restrict_files"]

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
_DEVICE = 1 << 15
_RIGHTS = ((1, (1 << 13) - 1), (2, 1 << 13), (3, _TRUNCATE), (5, _DEVICE))
"""Rights over files by the version that brought them: the first thirteen, moving between folders, cutting, devices."""
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICE
"""The rights that a rule about a file, not a folder, may name."""
_TCP, _SCOPES = 0b11, 0b11
"""Binding and connecting (from version 4); abstract sockets and signals beyond the own processes (from 6)."""


def landlock_version() -> int:
    """The version of Landlock that the kernel has, 0 where it has none."""
    if not machine():
        return 0
    try:
        return call(_CREATE, None, 0, _VERSION)
    except OSError:
        return 0


def restrict_files(sight: Sight) -> None:
    """See and change from now on what `sight` says. Needs `no_new_privs`. Raises OSError."""
    version = landlock_version()
    handled = sum(rights for since, rights in _RIGHTS if version >= since)
    net, scopes = _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0
    attributes = struct.pack("=QQQ", handled, net, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = call(_CREATE, ctypes.create_string_buffer(attributes[:size], size), size, 0)
    try:
        for path in sight.reads:
            _allow(rules, path, _READ | _LIST, handled)
        _allow(rules, os.devnull, _READ | _WRITE | _TRUNCATE, handled)
        if sight.writes:
            _allow(rules, sight.writes, handled & ~(_EXECUTE | _DEVICE), handled)
        call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int, handled: int) -> None:
    """Add a rule; a path that is not there needs none."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        folder = stat.S_ISDIR(os.fstat(place).st_mode)
        allowed = rights & handled & (-1 if folder else _OF_FILES)
        rule = struct.pack("=Qi", allowed, place)
        call(_ADD, rules, 1, ctypes.create_string_buffer(rule, len(rule)), 0)
    finally:
        os.close(place)
