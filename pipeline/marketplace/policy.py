"""What the code of a plugin may do, read from its syntax tree. What is built while it runs is not seen here.

A list of what is harmless, not of what is dangerous: modules that compute may be imported, everything else must be a
declared dependency or permission. Names that reach the interpreter itself are refused whatever is declared.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from packaging.requirements import InvalidRequirement, Requirement

from pipeline.marketplace.step import Remark

__all__ = ["against_policy", "deceiving"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PLAIN = _words(
    "__future__ abc bisect cmath collections copy dataclasses datetime decimal enum fractions functools heapq "
    "itertools json logging math numbers operator random re statistics string textwrap typing typing_extensions "
    "warnings zoneinfo numpy pandas polars talib numba scipy pipeline bot_engine"
)
_NETWORK = _words("socket ssl http urllib requests httpx aiohttp ftplib smtplib websocket websockets asyncio")
_FILES = _words("pathlib io tempfile shutil glob csv sqlite3 duckdb h5py zipfile tarfile gzip")
_NEVER = _words(
    "os sys subprocess ctypes cffi pickle marshal shelve importlib imp runpy builtins code codeop gc inspect types "
    "multiprocessing threading signal resource pty fcntl mmap atexit webbrowser site sysconfig pkgutil zipimport"
)
_REACHING = _words("pipeline.plugins pipeline.marketplace pipeline.settings pipeline.engine pipeline.cli")
_CALLS = _words("eval exec compile __import__ breakpoint input globals locals vars memoryview")
_METHODS = _words(
    "read_csv read_pickle to_pickle to_csv read_parquet to_parquet load save savez fromfile tofile read_json to_json "
    "read_sql to_sql loadtxt savetxt genfromtxt memmap scan_csv scan_parquet write_csv write_parquet FileHandler "
    "open_memmap"
)
_INSIDE = _words(
    "os sys subprocess ctypes ctypeslib importlib builtins pickle marshal runpy socket shutil posix modules f2py loader"
)
"""Modules that harmless ones have imported themselves: `logging.os` is `os`."""
_OWN = _words(
    "__init__ __name__ __doc__ __class__ __all__ __version__ __post_init__ __call__ __eq__ __hash__ __repr__ __str__ "
    "__len__ __getitem__ __iter__ __main__"
)


def against_policy(tree: ast.Module, requires: Collection[str], permissions: Collection[str]) -> Iterator[Remark]:
    """What a file does that it may not, or not without saying so. `requires` and `permissions` are what it declares."""
    declared = {_module_of(text) for text in requires}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _imported(alias.name, node.lineno, declared, permissions)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node, declared, permissions)
        elif isinstance(node, ast.Name) and node.id in _CALLS | {"__builtins__", "__loader__", "__spec__"}:
            yield Remark("policy", "wrong", f"{node.id} reaches the interpreter itself", node.lineno)
        elif isinstance(node, ast.Name) and node.id == "open" and "files" not in permissions:
            yield Remark("policy", "wrong", "open: it does not declare the permission 'files'", node.lineno)
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node, permissions)
        elif isinstance(node, ast.Call) and _named(node) in ("getattr", "setattr", "delattr"):
            yield from _by_name(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _reaches(node.value):
            yield Remark("policy", "wrong", f"the text {node.value!r} names something of the interpreter", node.lineno)


def deceiving(text: str) -> Iterator[Remark]:
    """Characters by which code reads otherwise than it runs: invisible ones, and names in letters of other scripts."""
    for number, line in enumerate(text.split("\n"), 1):
        hidden = sorted({f"U+{ord(char):04X}" for char in line if not char.isprintable() and char not in "\t\r\f"})
        if hidden:
            said = f"invisible characters, {', '.join(hidden)}: the line may not be what it looks like"
            yield Remark("policy", "wrong", said, number)
    try:
        names = {node.id: node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    except (SyntaxError, ValueError):
        return
    for name, number in names.items():
        if not name.isascii():
            yield Remark("policy", "note", f"the name {name!r} has letters that may look like others", number)


def _imported(name: str, line: int, declared: Collection[str], permissions: Collection[str]) -> Iterator[Remark]:
    top = name.partition(".")[0]
    if any(name == reaching or name.startswith(f"{reaching}.") for reaching in _REACHING):
        yield Remark("policy", "wrong", f"import {name}: that is the engine's own, a plugin needs none of it", line)
    elif top in _NEVER:
        yield Remark("policy", "wrong", f"import {name}: it reaches the system or the interpreter", line)
    elif top in _NETWORK:
        yield from _asked("network", f"import {name}", line, permissions)
    elif top in _FILES:
        yield from _asked("files", f"import {name}", line, permissions)
    elif top not in _PLAIN and top not in declared:
        yield Remark("policy", "wrong", f"import {name}: get_dependencies does not name it", line)


def _imported_from(node: ast.ImportFrom, declared: Collection[str], permissions: Collection[str]) -> Iterator[Remark]:
    if node.level == 0:
        yield from _imported(node.module or "", node.lineno, declared, permissions)
        for alias in node.names:  # `from numpy import load` is a call of load under another name
            if alias.name in _METHODS:
                yield from _asked("files", f"{node.module}.{alias.name}", node.lineno, permissions)
            elif alias.name.lstrip("_") in _INSIDE:
                yield Remark(
                    "policy", "wrong", f"from {node.module} import {alias.name}: it reaches the system", node.lineno
                )
    elif not (node.module or "").startswith(("strategy_plugin_system", "strategies")):
        said = f"from {'.' * node.level}{node.module or ''} import …: a plugin of a marketplace is one file"
        yield Remark("policy", "wrong", said, node.lineno)


def _asked(permission: str, what: str, line: int, permissions: Collection[str]) -> Iterator[Remark]:
    if permission in permissions:
        yield Remark("policy", "note", f"{what}: it declares the permission {permission!r}", line)
    else:
        yield Remark("policy", "wrong", f"{what}: it does not declare the permission {permission!r}", line)


def _attribute(node: ast.Attribute, permissions: Collection[str]) -> Iterator[Remark]:
    if _reaches(node.attr):
        yield Remark("policy", "wrong", f".{node.attr} reaches the interpreter itself", node.lineno)
    elif node.attr.lstrip("_") in _INSIDE:
        yield Remark("policy", "wrong", f".{node.attr} is a module that reaches the system", node.lineno)
    elif node.attr in _METHODS:
        yield from _asked("files", f".{node.attr}", node.lineno, permissions)


def _by_name(call: ast.Call) -> Iterator[Remark]:
    name = call.args[1] if len(call.args) > 1 else None
    if not isinstance(name, ast.Constant):
        # the guide's own set_parameters does this: a person decides
        yield Remark("policy", "note", f"{_named(call)} with a name that is computed", call.lineno)


def _named(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _reaches(name: str) -> bool:
    """True for a name of the interpreter's own, `__globals__`, which no plugin needs."""
    return len(name) > 4 and name.startswith("__") and name.endswith("__") and name not in _OWN


def _module_of(text: str) -> str:
    """The package that a requirement means, as it is imported where both are called the same."""
    try:
        return Requirement(text).name.replace("-", "_").lower()
    except InvalidRequirement:
        return ""
