"""Privileges: a worker gains none by whatever it does, and root's are laid down."""

from __future__ import annotations

import ctypes
import struct
from contextlib import suppress

from pipeline.plugins.confine.kernel import call, machine, prctl

__all__ = ["drop_privileges"]

_NO_NEW_PRIVILEGES, _DROP_FROM_BOUNDING_SET, _CLEAR_AMBIENT = 38, 24, 47
_LAST = 63
_CAPSET = {"x86_64": 126, "aarch64": 91}
_VERSION_3 = 0x20080522


def drop_privileges() -> None:
    """Give up all capabilities, and the means to gain any. Raises OSError."""
    prctl(_NO_NEW_PRIVILEGES, 1)
    with suppress(OSError):
        prctl(_CLEAR_AMBIENT, 4)
    for capability in range(_LAST + 1):
        with suppress(OSError):  # not root, or a capability that this kernel does not have
            prctl(_DROP_FROM_BOUNDING_SET, capability)
    head, none = struct.pack("=Ii", _VERSION_3, 0), bytes(24)
    call(_CAPSET[machine()], ctypes.create_string_buffer(head, 8), ctypes.create_string_buffer(none, 24))
