"""Compiled code of the files that ship, kept beside compiled kernels: compiling them is a third of a registry.

What is kept rests on the bytes of all of them and on the version of Python, and code is found by the bytes that it was
compiled from. Only what ships is kept so: a user's file is compiled whenever it is read. As with kernels, whoever can
write there can do what the user can: a file that others may write is not believed.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType

from pipeline.errors import SettingsError
from pipeline.execution.kernel_folder import is_closed, kernel_folder
from pipeline.model.digest import digest, digest_bytes
from pipeline.plugins.shipped import Shipped

__all__ = ["compiled_folder", "read_compiled", "write_compiled"]


def compiled_folder() -> Path | None:
    """The user's folder of compiled code, if any: never the project's, which may be somebody else's."""
    with suppress(SettingsError):  # told to whoever compiles kernels
        return kernel_folder(None)
    return None


def read_compiled(folder: Path, shipped: Shipped) -> dict[tuple[Path, bytes], CodeType]:
    """The code by path and bytes; none when something else was kept, when it is damaged or not the user's own."""
    try:
        with _file(folder, shipped).open("rb") as file:
            if not is_closed(os.fstat(file.fileno())):
                return {}
            key, seal, body = file.read().split(b"\n", 2)
        if key.decode() != _key(shipped) or seal.decode() != digest_bytes(body):
            return {}
        found: dict[str, CodeType] = marshal.loads(body)  # noqa: S302 - sealed, in the folder of compiled kernels
        return {(path, shipped.files[path]): code for path, code in ((Path(name), found[name]) for name in found)}
    except (OSError, ValueError, EOFError, TypeError, KeyError):
        return {}


def write_compiled(folder: Path, shipped: Shipped, codes: Mapping[Path, CodeType]) -> None:
    """Keep code. A file that cannot be written costs time, nothing else."""
    body = marshal.dumps({str(path): code for path, code in codes.items()})
    file = _file(folder, shipped)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    with suppress(OSError):
        temporary.touch(mode=0o600)
        temporary.write_bytes(b"\n".join((_key(shipped).encode(), digest_bytes(body).encode(), body)))
        temporary.replace(file)


def _file(folder: Path, shipped: Shipped) -> Path:
    """One for each place where the product is installed."""
    return folder / f"shipped-{digest(str(shipped.home))[:16]}.code"


def _key(shipped: Shipped) -> str:
    return digest("compiled", MAGIC_NUMBER, str(shipped.home), shipped.sources)
