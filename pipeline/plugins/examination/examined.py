"""Plugins that come with the product as examples: examined by its tests, so that no project need do it again.

`python -m pipeline.plugins.examination.examined` writes their list anew after one was edited; a test compares and
examines them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from pipeline.model.digest import digest_bytes
from pipeline.plugins.find import find_files

__all__ = ["examined", "examined_text"]

_FILE = Path(__file__).with_name("examined.json")


@cache
def examined() -> frozenset[str]:
    """Digests of the bytes of the files that need no examination."""
    return frozenset(json.loads(_FILE.read_text(encoding="utf-8"))["files"].values())


def examined_text(folder: Path) -> str:
    """The list of the plugin files in a folder."""
    files = {path.relative_to(folder).as_posix(): digest_bytes(path.read_bytes()) for path in find_files(folder)}
    return json.dumps({"files": files}, indent=2) + "\n"


if __name__ == "__main__":
    _FILE.write_text(examined_text(Path("examples")), encoding="utf-8")
