"""Build the registry from the shipped nodes and the plugins of a project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import Fault, Place, PluginError
from pipeline.model.digest import digest_bytes
from pipeline.model.node import NodeType
from pipeline.model.registry import Registry
from pipeline.plugins.codes import read_codes
from pipeline.plugins.find import find_files
from pipeline.plugins.load import Loader
from pipeline.plugins.manifest import read_manifest
from pipeline.plugins.source import shipped_nodes

__all__ = ["Discovery", "PluginRecord", "build_registry", "load_type"]


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """What became of one file: shipped or user, loaded or refused and why."""

    path: str
    origin: str
    digest: str
    ids: tuple[str, ...]
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The registry, and the record of every file that was looked at."""

    registry: Registry
    records: tuple[PluginRecord, ...]


def build_registry(directories: Sequence[Path], *, shipped: Path | None = None) -> Discovery:
    """The registry of the shipped nodes and of the plugins in `directories`.

    One bad file never hides the others: it is refused with a reason. On a clash of ids the shipped one
    stays, then the first in order of path; the other is refused with both paths.
    """
    home = shipped or shipped_nodes()
    builder = _Builder(read_codes(home))
    listed = read_manifest(home)
    theirs: list[tuple[Path, Path]] = []
    for path in find_files(home):
        # a shipped file that was edited is a user's plugin: its digest is not the listed one
        if listed.get(path.relative_to(home).as_posix()) == digest_bytes(path.read_bytes()):
            builder.add(path, home, "shipped")
        else:
            theirs.append((path, home))
    for root in directories:
        theirs += [(path, root) for path in find_files(root)]
    for path, root in theirs:
        builder.add(path, _source_root(path, root), "user")
    return builder.build()


def load_type(
    loader: Loader, node_id: str, code: str, origin: str, directories: Sequence[Path], *, shipped: Path | None = None
) -> NodeType:
    """One node type of a registry, from its file alone, as `build_registry` has loaded it.

    Raises PluginError TG406 when its code is not the one with the digest `code`, or whatever loading raises.
    """
    path, home = Path(origin), shipped or shipped_nodes()
    if path.is_relative_to(home):
        root = home
    else:
        root = _source_root(path, next((folder for folder in directories if path.is_relative_to(folder)), path.parent))
    found = next((node for node in loader.load(path, root).types if node.id == node_id), None)
    if found is None or found.code != code:
        what = "is not there" if found is None else "has another code"
        raise PluginError(
            f"{node_id!r} {what} any more: {path} changed after it was loaded",
            code="TG406",
            hint="Run it again: the file is then loaded as it is now.",
        )
    return found


def _source_root(path: Path, directory: Path) -> Path:
    """The folder that relative imports of a plugin may reach: its `nodes` folder, else its directory."""
    return next((parent for parent in path.parents if parent.name == "nodes"), directory)


class _Builder:
    def __init__(self, codes: Mapping[tuple[Path, str], str]) -> None:
        self._loader = Loader(codes)
        self._types: dict[str, NodeType] = {}
        self._records: dict[Path, PluginRecord] = {}
        self._refused: list[Fault] = []
        self._contested: dict[str, str] = {}

    def add(self, path: Path, root: Path, origin: str) -> None:
        if path.resolve() in self._records:
            return
        try:
            loaded = self._loader.load(path, root)
        except PluginError as error:
            self._refuse(path, origin, "", error.faults)
            return
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything; it is refused, by name
            fault = Fault("TG406", f"{type(error).__name__}: {error}", Place(str(path)))
            self._refuse(path, origin, "", [fault])
            return
        clashes = [node for node in loaded.types if node.id in self._types]
        if clashes:
            first = self._types[clashes[0].id].origin
            message = f"the id {clashes[0].id!r} is taken by {first}"
            hint = "Give it another id: the function's name, or 'id' in get_metadata."
            self._refuse(path, origin, loaded.digest, [Fault("TG404", message, Place(str(path)), hint)])
            self._contested.update({node.id: str(path) for node in clashes})
            return
        self._types.update({node.id: replace(node, shipped=origin == "shipped") for node in loaded.types})
        ids = tuple(node.id for node in loaded.types)
        self._records[path.resolve()] = PluginRecord(str(path), origin, loaded.digest, ids, "loaded")

    def _refuse(self, path: Path, origin: str, digest: str, faults: Iterable[Fault]) -> None:
        placed = [
            Fault(f.code, f"{path.stem}: {f.message}", f.place or Place(str(path)), f.hint, f.severity) for f in faults
        ]
        self._refused += placed
        reason = "; ".join(f"{fault.code} {fault.message}" for fault in placed)
        self._records[path.resolve()] = PluginRecord(str(path), origin, digest, (), "refused", reason)

    def build(self) -> Discovery:
        records = sorted(self._records.values(), key=lambda record: (record.origin, record.path))
        return Discovery(
            Registry(self._types.values(), refused=self._refused, contested=self._contested), tuple(records)
        )
