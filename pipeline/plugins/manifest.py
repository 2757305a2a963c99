"""The manifest of shipped nodes: which files are ours, by path and digest.

`python -m pipeline.plugins.manifest` writes it anew after a shipped node was edited.
"""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.model.digest import digest_bytes
from pipeline.plugins.find import find_files
from pipeline.plugins.source import shipped_nodes

__all__ = ["MANIFEST", "manifest_of", "read_manifest"]

MANIFEST = "manifest.json"


def manifest_of(nodes: Path) -> str:
    """The manifest of the node files below `nodes` as JSON, sorted by path."""
    listed = {path.relative_to(nodes).as_posix(): digest_bytes(path.read_bytes()) for path in find_files(nodes)}
    return json.dumps({"files": listed}, indent=2) + "\n"


def read_manifest(nodes: Path) -> dict[str, str]:
    """Digests of the shipped files by path."""
    files: dict[str, str] = json.loads((nodes / MANIFEST).read_text(encoding="utf-8"))["files"]
    return files


if __name__ == "__main__":
    (shipped_nodes() / MANIFEST).write_text(manifest_of(shipped_nodes()), encoding="utf-8")
