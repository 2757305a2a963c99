"""Code digests of shipped nodes, made beforehand: working them out takes most of a start.

`nodes/codes.json` holds them with everything that they rest on: the content of all files below `nodes`, the
versions of the packages that these use, the version of Python. Where any of it is another, none of them is used
and all are worked out anew. `python -m pipeline.plugins.codes` writes the file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from pipeline.plugins.find import find_files
from pipeline.plugins.load import Loader
from pipeline.plugins.shipped import Shipped, read_shipped
from pipeline.plugins.source import is_version, shipped_nodes

__all__ = ["CODES", "codes_of", "read_codes"]

CODES = "codes.json"


def read_codes(shipped: Shipped) -> dict[tuple[Path, str], str]:
    """The digests by file and name, "*" for a whole file; none when they rest on something else than there is."""
    nodes = shipped.home
    try:
        kept = json.loads(shipped.files[nodes / CODES])
        same = kept["python"] == _python() and kept["sources"] == shipped.sources and _are_installed(kept["versions"])
        if not same:
            return {}
        return {(nodes / path, name): code for path, names in kept["codes"].items() for name, code in names.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def codes_of(nodes: Path) -> str:
    """The text of the file for the nodes below `nodes`, sorted."""
    loader = Loader()
    for path in find_files(nodes):
        loader.load(path, nodes)
    codes: dict[str, dict[str, str]] = {}
    for (file, name), code in loader.digester.known().items():
        codes.setdefault(file.relative_to(nodes).as_posix(), {})[name] = code
    body = {
        "python": _python(),
        "sources": read_shipped(nodes).sources,
        "versions": dict(sorted(loader.digester.versions.items())),
        "codes": {path: dict(sorted(names.items())) for path, names in sorted(codes.items())},
    }
    return json.dumps(body, indent=1) + "\n"


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _are_installed(versions: Mapping[str, str]) -> bool:
    return all(is_version(top, version) for top, version in versions.items())


if __name__ == "__main__":
    (shipped_nodes() / CODES).write_text(codes_of(shipped_nodes()), encoding="utf-8")
