"""Kernels: plain functions over the arrays of one symbol, compiled by numba on first use.

A kernel becomes a compiled driver that walks the segments of a panel, so a node costs one call for all
symbols. Compiled drivers rest on disk under the node's code digest, which covers every helper the
kernel calls: numba's own cache looks at one file's time stamp and would serve stale code.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from pipeline.errors import NodeError
from pipeline.execution.arguments import Argument
from pipeline.execution.buffer import Buffers
from pipeline.model.bars import Offsets
from pipeline.model.column import Column, FloatArray
from pipeline.model.kernel import Kernel
from pipeline.model.kind import Dtype, Kind
from pipeline.model.node import NodeType

__all__ = ["KernelCache", "kernel_arguments"]

_MANNER = ":4"
"""Changes with how kernels are compiled: what rests on the disk from before is compiled again."""


class KernelCache:
    """Compiled drivers by code digest: in memory for this process, on disk in `folder` for the next."""

    def __init__(self, folder: Path | None = None) -> None:
        self.buffers = Buffers()
        self._folder = folder if folder is not None and _writable(folder) else None
        self._drivers: dict[tuple[Any, ...], Callable[..., Any]] = {}
        # helpers compile once for all kernels that call them: half of all compiling
        self._jitted: dict[tuple[Callable[..., Any], bool], Any] = {}

    def driver(self, node: NodeType, args: Sequence[Any]) -> Callable[..., Any]:
        """The compiled driver of a node for arguments of these types.

        `args` is (output arrays, offsets, one array or None per port, one scalar per param). Raises NodeError
        when numba refuses the kernel.
        """
        # asking numba for the types takes ten microseconds; arrays are all alike here: float64, whole, read-only
        shapes = tuple([tuple(map(type, arg)) if type(arg) is tuple else type(arg) for arg in args])
        key = (node.code or node.fn, shapes)
        found = self._drivers.get(key)
        if found is None:
            found = self._drivers[key] = self._compile(node, args)
        return found

    def attach(self, node: NodeType) -> bool:
        """Have the kernels that a table node calls compiled when they are called; True when one was not before."""
        fresh = [found for found in _kernels(node.fn, {}) if found.compiled is None]
        for found in fresh:
            compiled = _jitted(found.fn, node.code[:16] or "loose", self._jitted, called=True)
            if self._folder is not None and node.code:
                from pipeline.execution.kernel_disk import DigestCache  # imports numba

                folder = self._folder / f"{node.code[:32]}.{found.fn.__name__}"
                compiled._cache = DigestCache(compiled.py_func, folder, node.code + _MANNER)
            found.compiled = compiled
        return bool(fresh)

    def _compile(self, node: NodeType, args: Sequence[Any]) -> Callable[..., Any]:
        import numba  # takes half a second: a run that computes no kernel never pays for it

        types = tuple(map(numba.typeof, args))
        # numba names compiled code by function and a counter of the process: without the digest, code from
        # the disk of two processes could meet under one name
        tag = node.code[:16] or "loose"
        kernel = _jitted(node.fn, tag, self._jitted)
        wired = [_fields(kind) for kind in types[2 : 2 + len(node.ports)]]
        # a Same kind is that of numbers, whatever is wired
        dtypes: list[Dtype] = [o.kind.dtype if isinstance(o.kind, Kind) else "float" for o in node.outputs]
        source = _driver_source(f"driver_{tag}", dtypes, wired, len(node.params))
        scope: dict[str, Any] = {"__name__": __name__, "kernel": kernel, "np": np}
        exec(compile(source, "<driver>", "exec"), scope)  # noqa: S102 - written above, of counts alone
        driver = _compiler(wrapped=True)(scope[f"driver_{tag}"])
        if self._folder is not None and node.code:
            from pipeline.execution.kernel_disk import DigestCache  # imports numba

            driver._cache = DigestCache(driver.py_func, self._folder / node.code[:32], node.code + _MANNER)
        try:
            driver.compile(types)
        except numba.errors.NumbaError as error:
            raise NodeError(
                f"the kernel of {node.id!r} cannot be compiled: {_cause(str(error))}",
                hint="Kernels take what numba's nopython mode takes; the full message is in the run's failure record.",
            ) from error
        return driver  # type: ignore[no-any-return]


def _cause(message: str) -> str:
    """The line of numba's message that says what is wrong, and the innermost line of the author's code."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    noise = (
        "Failed in nopython",
        "During:",
        "Overload",
        "There are",
        "- ",
        ">>>",
        "<source elided>",
        "^",
        "File",
    )
    said = next((line for line in lines if not line.startswith(noise)), lines[0] if lines else "")
    if "Cannot modify readonly array" in message:
        said = "it writes into an input, which is read-only"
    places = [line for line in lines if line.startswith("File ") and "<driver>" not in line]
    return f"{said} ({places[-1].rstrip(':')})" if places else said


def kernel_arguments(
    outs: tuple[FloatArray, ...], ports: Sequence[Argument], params: Mapping[str, Any], offsets: Offsets
) -> tuple[Any, ...]:
    """The driver's arguments: arrays to write into, offsets, an array or None per port, a scalar per param.

    Arrays are read-only, so a kernel that writes into its input is refused when it is compiled. A bundle
    is passed as a tuple of arrays, in the order of its fields.
    """
    arrays: list[Any] = []
    for port in ports:
        if port is None or isinstance(port, Column):
            arrays.append(None if port is None else port.array)
        else:
            arrays.append(tuple(column.array for column in port.values()))
    return (outs, offsets, *arrays, *params.values())


def _writable(folder: Path) -> bool:
    """True when files can be made in `folder`, or in the nearest folder above it that there is."""
    try:
        while not folder.exists():
            folder = folder.parent
    except OSError:  # it may not even be looked at
        return False
    return os.access(folder, os.W_OK)


def _fields(kind: Any) -> int:
    """Arrays behind a port's numba type: -1 for a bare array, 0 for None, n for a bundle of n."""
    from numba import types  # see `_compile`

    if isinstance(kind, types.NoneType):
        return 0
    return len(kind) if isinstance(kind, types.BaseTuple) else -1


def _slice(port: str, fields: int) -> str:
    if fields < 0:
        return f"{port}[a:b]"
    return "(" + "".join(f"{port}[{i}][a:b], " for i in range(fields)) + ")" if fields else "None"


def _driver_source(name: str, outputs: Sequence[Dtype], wired: Sequence[int], params: int) -> str:
    """The driver's text: for each segment, call the kernel on slices and put its arrays in place.

    `outputs` are their dtypes. The driver gives how many values are no codes: events but -1, 0 and 1, conditions but 0
    and 1.
    """
    ports = [f"x{i}" for i in range(len(wired))]
    names = [f"p{i}" for i in range(params)]
    slices = [_slice(port, fields) for port, fields in zip(ports, wired, strict=True)]
    call = f"kernel({', '.join([*slices, *names])})"
    lines = [f"def {name}({', '.join(['outs', 'offsets', *ports, *names])}):"]
    lines += ["    odd = 0"]
    lines += ["    for s in range(len(offsets) - 1):", "        a = offsets[s]", "        b = offsets[s + 1]"]
    lines += [f"        found = {call}"]
    for i, dtype in enumerate(outputs):
        value = f"found[{i}]" if len(outputs) > 1 else "found"
        lines += _placed(f"outs[{i}]", value, dtype)
    return "\n".join([*lines, "    return odd"])


_ODD: Mapping[str, str] = {
    "event": "(abs(v) != 1.0) & (v != 0.0) & (v == v)",
    "bool": "(v != 1.0) & (v != 0.0) & (v == v)",
}


def _placed(out: str, value: str, dtype: Dtype) -> list[str]:
    """Check an array and copy it, by a loop: numba takes two seconds to compile its first assignment to a slice."""
    lines = [
        f"        if len({value}) != b - a:",
        "            raise ValueError('a kernel gave an array of another length than its input')",
        f"        rows = {out}[a:b]",
        "        for i in range(len(rows)):",
        f"            v = {value}[i] * 1.0",
        "            rows[i] = v",
    ]
    # without branches, for many values a processor can look at several at once
    return [*lines, f"            odd += {_ODD[dtype]}"] if dtype in _ODD else lines


def _jitted(
    fn: Callable[..., Any], tag: str, done: dict[tuple[Callable[..., Any], bool], Any], *, called: bool = False
) -> Any:
    """`fn` compiled lazily, with keyword-only params made positional and its helpers compiled too.

    Only what is `called` from Python gets what Python needs for that. `tag` is a digest that covers the code of `fn`.
    """
    if (fn, called) not in done:
        assert isinstance(fn, FunctionType)
        # compiled code is read back by a process that imports this name; a plugin's cannot be imported
        scope = {**fn.__globals__, "__name__": __name__}
        for name in _global_names(fn.__code__):
            value = scope.get(name)
            if isinstance(value, FunctionType) and value is not fn:
                scope[name] = _jitted(value, tag, done)
        code = fn.__code__
        code = code.replace(co_argcount=code.co_argcount + code.co_kwonlyargcount, co_kwonlyargcount=0)
        copy = FunctionType(code, scope, fn.__name__, fn.__defaults__, fn.__closure__)
        copy.__module__ = fn.__module__
        copy.__qualname__ = f"{fn.__qualname__}_{tag}"
        done[fn, called] = _compiler(wrapped=called)(copy)
    return done[fn, called]


def _compiler(*, wrapped: bool) -> Any:
    """Numba's decorator. Only what Python calls is `wrapped` for it: wrappers are a third of all compiling.

    Division by zero is numpy's, infinity or NaN, as where the same function runs as Python: to look whether it has to
    raise keeps a processor from making several divisions at once.
    """
    import numba  # see `_compile`

    options: dict[str, Any] = {"no_cpython_wrapper": not wrapped, "no_cfunc_wrapper": True}
    return numba.njit(nogil=True, error_model="numpy", **options)


def _kernels(fn: Callable[..., Any], seen: dict[Callable[..., Any], None]) -> list[Kernel]:
    """The kernels that a function calls, by itself or through functions of its own package."""
    seen[fn] = None
    found: list[Kernel] = []
    for value in map(fn.__globals__.get, sorted(_global_names(fn.__code__))) if isinstance(fn, FunctionType) else ():
        if isinstance(value, Kernel):
            found.append(value)
        elif isinstance(value, FunctionType) and value not in seen and _package(value) == _package(fn):
            found += _kernels(value, seen)
    return found


def _package(fn: Callable[..., Any]) -> str:
    return fn.__module__.partition(".")[0]


def _global_names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _global_names(constant)
    return names
