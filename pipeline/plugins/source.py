"""Source files as captured bytes, and where an import inside a plugin leads.

A plugin file is read once; what is digested is what is run. Imports are followed through first-party
files only: siblings of the plugin, the `nodes` package of the project and the shipped one. Everything
else is external: the engine itself (its version of keys covers it), the standard library, or an
installed distribution, which counts by its version.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.metadata
import sys
import sysconfig
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from types import CodeType

from pipeline.errors import Place, PluginError
from pipeline.model.captured import Captured

__all__ = ["MAX_BYTES", "External", "Import", "SourceFile", "SourceTree", "is_version"]

MAX_BYTES = 1024 * 1024
ENGINE = frozenset({"pipeline", "bot_engine"})


@dataclass(frozen=True, eq=False)
class SourceFile:
    """One file as it was read: `root` bounds what its relative imports may reach. `code` is what its module runs."""

    path: Path
    root: Path
    data: bytes
    code: CodeType

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree, made when asked for: a start with digests that were made beforehand needs none."""
        return ast.parse(self.data, filename=str(self.path))

    @property
    def label(self) -> str:
        """Its place below the root, with /: stable when the project moves."""
        return self.path.relative_to(self.root).as_posix()


@dataclass(frozen=True, slots=True)
class External:
    """A module that is not first-party, under its absolute name."""

    name: str

    @property
    def version(self) -> str:
        """What stands for its code in a digest: "" for engine and standard library."""
        return _version(self.name.partition(".")[0])


Import = SourceFile | External | Path
"""Where an import leads: a file, an external module, or a package folder without code."""


@lru_cache(maxsize=1024)
def _compiled(data: bytes, name: str) -> CodeType:
    """The code of a text: a reload reads a hundred files, of which one is new."""
    return compile(data, name, "exec", dont_inherit=True)


@cache
def _version(top: str) -> str:
    if top in ENGINE or top in sys.stdlib_module_names:
        return ""
    # nearly all are called like their package: to read what every other one holds takes 0.1 s
    name = _named(top, top) or next(iter(_distributions().get(top, ())), None)
    return f"{name} {importlib.metadata.version(name)}" if name else f"{top} unversioned"


@cache
def is_version(top: str, said: str) -> bool:
    """Whether `said` is what stands for the code of a package: quicker than to work that out and compare."""
    name, _, number = said.rpartition(" ")
    return _named(name, top) == name and importlib.metadata.version(name) == number


def _named(name: str, top: str) -> str | None:
    """The distribution of this name as it writes it, where it holds the package `top`."""
    try:
        found = importlib.metadata.distribution(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None
    return found.name if f"{top}/__init__.py," in (found.read_text("RECORD") or "") else None


@cache
def _distributions() -> dict[str, list[str]]:
    return {name: sorted(set(found)) for name, found in importlib.metadata.packages_distributions().items()}


class SourceTree:
    """Files read for one registry, each once, and the resolution of imports between them.

    Files that are `captured` already are not looked for on the disk.
    """

    def __init__(self, captured: Captured | None = None) -> None:
        self._files: dict[Path, SourceFile] = {}
        self.captured = captured
        self.bases: dict[str, Path] = dict(captured.bases) if captured else {}
        """Folders of packages that lie on the path without being installed, by name."""
        self.aliases: dict[str, SourceFile] = {}
        """Names that mean a certain file wherever they are imported: those of a plugin in its unit test."""
        self.compiled: Mapping[tuple[Path, bytes], CodeType] = {}
        """Code that was compiled before, by path and bytes."""
        self.held: Mapping[Path, bytes] = {}
        """Files that somebody has read already, and that keep the file rules."""
        self.gate: Callable[[Path, bytes], None] = lambda _path, _data: None
        """Raises for a file that must not be run, before anything is done with its bytes; helpers pass it as well."""

    @property
    def files(self) -> Collection[SourceFile]:
        """Those that were read so far."""
        return self._files.values()

    def read(self, path: Path, root: Path) -> SourceFile:
        """The file, captured. Raises PluginError TG401 (file rules) or TG402 (not Python)."""
        known = self._files.get(path)
        if known is not None:
            return known
        held = self.captured.files.get(path) if self.captured else self.held.get(path)
        data = _read(path, root) if held is None else held
        try:
            self.gate(path, data)
            code = self.compiled.get((path, data)) or _compiled(data, str(path))
        except (SyntaxError, ValueError) as error:
            place = Place(str(path), getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1)
            message = f"it is not valid Python: {getattr(error, 'msg', error)}"
            raise PluginError(message, code="TG402", place=place) from error
        captured = SourceFile(path, root, data, code)
        self._files[path] = captured
        return captured

    def resolve(self, name: str, level: int, importer: SourceFile) -> Import:
        """Where `from <level dots><name> import …` in `importer` leads.

        Relative imports look beside the importing file first (inside its root), then as if the file lay
        in `bot_engine/plugins/`. Absolute ones: `nodes.…` in the `nodes` folder that holds the importer,
        then in the shipped one; other names are what is installed, then a sibling file, then a module on
        the path that is not installed.
        """
        parts = tuple(part for part in name.split(".") if part)
        if level:
            base = importer.path.parent
            for _ in range(level - 1):
                base = base.parent
            local = self._inside(base, parts, importer.root) if base.is_relative_to(importer.root) else None
            if local is not None and (parts or level == 1):
                return local
            package = ("bot_engine", "plugins")[: max(0, 3 - level)]
            return External(".".join((*package, *parts)))
        top = parts[0]
        if name in self.aliases:
            return self.aliases[name]
        if top in sys.stdlib_module_names or top in ENGINE:
            return External(name)
        if top == "nodes":
            homes = [parent for parent in importer.path.parents if parent.name == "nodes"]
            places = [(home, parts[1:]) for home in (*homes, shipped_nodes())]
        else:
            if _is_installed(top):
                return External(name)
            places = [(importer.path.parent, parts)]
        for base, rest in places:
            local = self._inside(base, rest, importer.root, bound=False)
            if local is not None and local is not importer:
                return local
        return self._outside(parts) or External(name)

    def _inside(self, base: Path, parts: tuple[str, ...], root: Path, *, bound: bool = True) -> Import | None:
        target = base.joinpath(*parts)
        home = root if bound else (root if target.is_relative_to(root) else base)
        if parts:
            module = target.with_name(target.name + ".py")
            if self._is_file(module):
                return self.read(module, home)
        if (parts or bound) and self._is_folder(target):
            package = target / "__init__.py"
            return self.read(package, home) if self._is_file(package) else target
        return None

    def _is_file(self, path: Path) -> bool:
        return (self.captured is not None and path in self.captured.files) or path.is_file()

    def _is_folder(self, path: Path) -> bool:
        return (self.captured is not None and path in self.captured.folders) or path.is_dir()

    def _outside(self, parts: tuple[str, ...]) -> Import | None:
        """A file of an importable package that is not installed but lies on the path: first-party too."""
        base = self.bases.get(parts[0])
        if base is None:
            spec = importlib.machinery.PathFinder.find_spec(parts[0])
            if spec is None or not spec.origin or not spec.origin.endswith(".py") or _installed(Path(spec.origin)):
                return None
            origin = Path(spec.origin)
            base = self.bases[parts[0]] = origin.parent.parent if spec.submodule_search_locations else origin.parent
        return self._inside(base, parts, base)


def _read(path: Path, root: Path) -> bytes:
    """The bytes of a file that keeps the file rules. Raises PluginError TG401."""
    resolved = path.resolve()
    if not resolved.exists():
        raise PluginError(f"{path} does not exist", code="TG401")
    if not resolved.is_file() or not resolved.is_relative_to(root.resolve()):
        raise PluginError(
            f"{path} is not a regular file inside {root}", code="TG401", hint="Links out of the folder are refused."
        )
    if resolved.stat().st_size > MAX_BYTES:
        raise PluginError(f"{path} is larger than 1 MiB", code="TG401", hint="Plugins are code, not data.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror}", code="TG401") from error


@cache
def shipped_nodes() -> Path:
    """The folder of the `nodes` package that ships with the product."""
    # no finder is asked: one lists the folder above anew when that has changed, which a confined worker may not
    folder = Path(__file__).resolve().parents[2] / "nodes"
    if not (folder / "__init__.py").is_file():
        raise PluginError("the shipped `nodes` package is not installed", code="TG401", hint="Reinstall tradegraph.")
    return folder


@cache
def _is_installed(top: str) -> bool:
    spec = importlib.machinery.PathFinder.find_spec(top)
    if spec is None:
        return False
    where = spec.origin or next(iter(spec.submodule_search_locations or ()), None)
    return where is None or not where.endswith(".py") or _installed(Path(where))


@cache
def _installed(path: Path) -> bool:
    places = sysconfig.get_paths()
    return any(path.is_relative_to(Path(places[name])) for name in ("purelib", "platlib", "stdlib", "platstdlib"))
