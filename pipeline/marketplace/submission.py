"""A submission: the files of a version in the folder where it waits for its review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import MarketplaceError
from pipeline.marketplace.manifest import Manifest, manifest_of, sha256
from pipeline.marketplace.place import Part, Ref, check_author
from pipeline.marketplace.shelf import write_whole
from pipeline.plugins.confine import Bounds
from pipeline.plugins.load import Loader
from pipeline.plugins.reading import Readings
from pipeline.plugins.source import MAX_BYTES
from pipeline.plugins.workers.host import WorkerHost

__all__ = ["Submission", "read_files", "submissions_in"]

_LIMIT = 30.0
"""Seconds that loading the file may take."""


@dataclass(frozen=True)
class Submission:
    """A folder with the plugin, its page, its unit test and its manifest. `data` are the bytes by part."""

    folder: Path
    manifest: Manifest
    data: dict[Part, bytes]

    @property
    def ref(self) -> Ref:
        return self.manifest.ref

    @property
    def plugin(self) -> Path:
        return self.folder / f"{self.manifest.module}.py"

    @property
    def page(self) -> Path:
        return self.folder / f"{self.manifest.module}.md"

    @property
    def test(self) -> Path:
        return self.folder / f"test_{self.manifest.module}.py"

    @classmethod
    def of(cls, waiting: Path, plugin: Path, author: str) -> Submission:
        """Make one of an author's file, the page and the test beside it. A confined worker says what it declares.

        Raises MarketplaceError TG718, PluginError where the file cannot be used.
        """
        data = read_files(plugin)
        loader = Loader()
        with WorkerHost([plugin.parent], None, bounds=Bounds.usual()) as host:
            loaded = Readings(host, None, _LIMIT).read(loader, loader.tree.read(plugin, plugin.parent))
        if len(loaded.plugins) != 1 or len(loaded.types) != 1:
            ids = ", ".join(node.id for node in loaded.types) or "none"
            hint = "A marketplace has files with one plugin of the guide's kind each: split it."
            raise MarketplaceError(f"{plugin} declares {ids}, expected one plugin", code="TG718", hint=hint)
        manifest = manifest_of(loaded.plugins[0], loaded.types[0], check_author(author), plugin.stem, data)
        found = cls(waiting / author / manifest.ref.stem, manifest, {**data, "manifest": manifest.to_bytes()})
        for path, part in ((found.plugin, "plugin"), (found.page, "page"), (found.test, "test")):
            write_whole(path, found.data[part])  # type: ignore[index]
        write_whole(found.folder / "manifest.json", found.data["manifest"])
        return found

    @classmethod
    def read(cls, waiting: Path, ref: Ref) -> Submission:
        """A submission whose files are those of its manifest. Raises MarketplaceError TG718."""
        folder = waiting / ref.author / ref.stem
        try:
            raw = (folder / "manifest.json").read_bytes()
        except OSError:
            hint = "`tradegraph market review DIR` lists what waits."
            raise MarketplaceError(f"nobody has submitted {ref}", code="TG718", hint=hint) from None
        manifest = Manifest.read(raw)
        if manifest.ref != ref or not manifest.module.isidentifier() or manifest.to_bytes() != raw:
            raise MarketplaceError(f"the manifest in {folder} is not that of {ref}", code="TG718")
        data = {**read_files(folder / f"{manifest.module}.py"), "manifest": raw}
        for part, digest in manifest.files.items():
            if sha256(data[part]) != digest:
                said = f"the {part} of {ref} was changed after it was submitted"
                raise MarketplaceError(said, code="TG705", hint="Its author must publish it again.")
        return cls(folder, manifest, data)


def read_files(plugin: Path) -> dict[Part, bytes]:
    """A plugin's file, the page and the unit test beside it. Raises MarketplaceError TG718."""
    beside: dict[Part, tuple[Path, str]] = {
        "plugin": (plugin, "the plugin"),
        "page": (plugin.with_suffix(".md"), "a page that documents it"),
        "test": (plugin.with_name(f"test_{plugin.name}"), "its unit test"),
    }
    found: dict[Part, bytes] = {}
    for part, (path, what) in beside.items():
        if not path.is_file() or path.is_symlink():
            hint = "`tradegraph plugin new` writes all three." if part != "plugin" else ""
            raise MarketplaceError(f"{path} is missing: {what}", code="TG718", hint=hint)
        found[part] = path.read_bytes()
        if len(found[part]) > MAX_BYTES:
            raise MarketplaceError(f"{path} is larger than 1 MiB", code="TG718")
    return found


def submissions_in(waiting: Path) -> Iterator[Ref]:
    """What waits, in the order of its names."""
    for folder in sorted(waiting.glob("*/*-*/")):
        if (folder / "manifest.json").is_file():
            try:
                yield Ref.read(f"{folder.parent.name}/{folder.name}")
            except MarketplaceError:
                continue  # not made by `publish`
