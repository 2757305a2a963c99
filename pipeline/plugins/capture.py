"""Capture what a plugin file is made of: itself and the first-party files that it imports. Nothing is run for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pipeline.model.captured import Captured
from pipeline.plugins.source import SourceFile, SourceTree

__all__ = ["capture"]


def capture(tree: SourceTree, file: SourceFile) -> Captured:
    """The files behind `file`, as `tree` has read them.

    Imports that are made up at run time are not seen. Raises PluginError for a file that may not be read or parsed.
    """
    found = {file.path: file.data}
    waiting = [file]
    while waiting:
        importer = waiting.pop()
        for name, level in _imports(importer.tree):
            target = tree.resolve(name, level, importer) if name or level else None
            if isinstance(target, SourceFile) and target.path not in found:
                found[target.path] = target.data
                waiting.append(target)
    return Captured(file.path, file.root, found, dict(tree.bases))


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names that may be modules, with the level of the import: `from a import b` may mean `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                yield from ((".".join(parts[:end]), 0) for end in range(1, len(parts) + 1))
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            module = node.module or ""
            yield module, node.level
            yield from ((f"{module}.{alias.name}" if module else alias.name, node.level) for alias in node.names)
