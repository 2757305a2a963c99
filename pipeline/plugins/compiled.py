"""Compiled code of the files that ship, kept in a project: to compile a hundred files is a third of a registry.

What is kept rests on the bytes of all of them and on the version of Python, and code is found by the bytes that it was
compiled from. Only what ships is kept so: a user's file is compiled whenever it is read.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType

from pipeline.model.digest import digest, digest_bytes
from pipeline.plugins.shipped import Shipped

__all__ = ["read_compiled", "write_compiled"]


def read_compiled(file: Path, shipped: Shipped) -> dict[tuple[Path, bytes], CodeType]:
    """The code by path and bytes; none when something else was kept, or when it is damaged."""
    try:
        key, seal, body = file.read_bytes().split(b"\n", 2)
        if key.decode() != _key(shipped) or seal.decode() != digest_bytes(body):
            return {}
        found: dict[str, CodeType] = marshal.loads(body)  # noqa: S302 - sealed, in the folder of compiled kernels
        return {(path, shipped.files[path]): code for path, code in ((Path(name), found[name]) for name in found)}
    except (OSError, ValueError, EOFError, TypeError, KeyError):
        return {}


def write_compiled(file: Path, shipped: Shipped, codes: Mapping[Path, CodeType]) -> None:
    """Keep code. A file that cannot be written costs time, nothing else."""
    body = marshal.dumps({str(path): code for path, code in codes.items()})
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(b"\n".join((_key(shipped).encode(), digest_bytes(body).encode(), body)))
        temporary.replace(file)


def _key(shipped: Shipped) -> str:
    return digest("compiled", MAGIC_NUMBER, str(shipped.home), shipped.sources)
