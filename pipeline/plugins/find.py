"""Which files below a folder are node or plugin files."""

from __future__ import annotations

from pathlib import Path

__all__ = ["find_files"]

_NO_NODES = frozenset({"kernels", "tests", "__pycache__"})


def find_files(root: Path) -> list[Path]:
    """Python files below `root`, sorted: no hidden ones (editors leave those behind), no `_names`, tests or kernels."""
    if not root.is_dir():
        return []
    return sorted(
        path
        for path in root.rglob("*.py")
        if not path.name.startswith(("_", ".", "test_"))
        and not _NO_NODES & set(path.relative_to(root).parts[:-1])
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
    )
