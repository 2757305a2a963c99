"""The filter of system calls: no network, no processes, no reaching out, whatever language the code is written in.

A program of the kernel's classic BPF, installed for all threads to come. It looks at numbers and at arguments that are
plain numbers; what lies behind a pointer it cannot see, so calls that hide their flags there are answered as unknown.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable

from pipeline.plugins.confine.kernel import call, machine, prctl
from pipeline.plugins.confine.syscalls import FILES, HOSTILE, NEWEST, REFUSED, UNKNOWN, WATCHED, Numbers

__all__ = ["can_filter", "filter_calls", "program"]

_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_REFUSE, _ABSENT = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_X32 = 0x40000000
"""On x86_64, numbers from here on are those of another way to call."""

# offsets in struct seccomp_data; arguments are 64 bits wide, the low half first
_NUMBER, _ARCH, _ARGUMENT = 0, 4, 16
_LOAD, _JEQ, _JGT, _JGE, _JSET, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06

_CLONE_THREAD = 0x10000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_IOCTLS = (0x5412, 0x541C, 0x8901, 0x8902)
"""Typing into a terminal (TIOCSTI, TIOCLINUX), and signals by a descriptor (FIOSETOWN, SIOCSPGRP)."""
_FCNTLS = (8, 10, 15)
"""Signals by a descriptor: F_SETOWN, F_SETSIG, F_SETOWN_EX."""

_PR_GET_SECCOMP, _SET_FILTER, _ACTION_AVAILABLE = 21, 1, 2


def can_filter() -> bool:
    """True when the kernel filters system calls, and this architecture's numbers are known."""
    if not machine():
        return False
    try:
        prctl(_PR_GET_SECCOMP)
        call(_SECCOMP[machine()], _ACTION_AVAILABLE, 0, ctypes.byref(ctypes.c_uint32(_KILL)))
    except OSError:
        return False
    return True


def filter_calls(*, files: bool) -> None:
    """Filter what this process and its threads ask from now on; `files` refuses every change of a file as well.

    Needs `no_new_privs`. Raises OSError.
    """
    code = program(machine(), os.getpid(), files=files)
    held = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    whole = Program(len(code) // 8, ctypes.cast(held, ctypes.c_void_p))
    call(_SECCOMP[machine()], _SET_FILTER, 0, ctypes.byref(whole))


def program(architecture: str, pid: int, *, files: bool) -> bytes:
    """The filter's instructions for a process `pid`, eight bytes each."""
    code = [_step(_LOAD, _ARCH), _step(_JEQ, _ARCHITECTURE[architecture], 1), _step(_RETURN, _KILL)]
    code += [_step(_LOAD, _NUMBER)]
    if architecture == "x86_64":
        code += [_step(_JGE, _X32, 0, 1), _step(_RETURN, _KILL)]
    code += [_step(_JGT, NEWEST, 0, 1), _step(_RETURN, _ABSENT)]
    for table, answer in ((HOSTILE, _KILL), (REFUSED, _REFUSE), (UNKNOWN, _ABSENT)):
        code += _answers(architecture, table, answer)
    code += _answers(architecture, FILES, _REFUSE) if files else []
    watched = dict(_numbers(architecture, WATCHED))
    code += _watch(watched["clone"], [_argument(0), _step(_JSET, _CLONE_THREAD, 1), _step(_RETURN, _REFUSE)])
    for name in ("kill", "tgkill"):  # itself alone
        code += _watch(watched[name], [_argument(0), _step(_JEQ, pid, 1), _step(_RETURN, _KILL)])
    # looking at limits, not setting them: the third argument is a null pointer
    halves = [_argument(2), _step(_JEQ, 0, 1), _step(_RETURN, _REFUSE), _argument(2, high=True), _step(_JEQ, 0, 1)]
    code += _watch(watched["prlimit64"], [*halves, _step(_RETURN, _REFUSE)])
    for name, commands in (("ioctl", _IOCTLS), ("fcntl", _FCNTLS)):
        code += _watch(watched[name], [_argument(1), *_refused(commands)])
    if files:
        for name, place in (("open", 1), ("openat", 2)):
            if name in watched:
                flags = [_argument(place), _step(_JSET, _WRITES, 0, 1), _step(_RETURN, _REFUSE)]
                code += _watch(watched[name], flags)
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def _step(operation: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, yes, no, value)


def _argument(place: int, *, high: bool = False) -> bytes:
    return _step(_LOAD, _ARGUMENT + 8 * place + 4 * high)


def _numbers(architecture: str, table: Numbers) -> Iterable[tuple[str, int]]:
    column = 0 if architecture == "x86_64" else 1
    return ((name, number) for name, both in table.items() if (number := both[column]) is not None)


def _answers(architecture: str, table: Numbers, answer: int) -> list[bytes]:
    """For each call of a table one answer; the number is loaded."""
    steps: list[bytes] = []
    for _, number in _numbers(architecture, table):
        steps += [_step(_JEQ, number, 0, 1), _step(_RETURN, answer)]
    return steps


def _refused(values: Iterable[int]) -> list[bytes]:
    steps: list[bytes] = []
    for value in values:
        steps += [_step(_JEQ, value, 0, 1), _step(_RETURN, _REFUSE)]
    return steps


def _watch(number: int, steps: list[bytes]) -> list[bytes]:
    """Steps for one call, which is then allowed; the number is loaded, and still is for the others."""
    return [_step(_JEQ, number, 0, len(steps) + 1), *steps, _step(_RETURN, _ALLOW)]
