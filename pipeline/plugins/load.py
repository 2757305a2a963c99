"""Run digested bytes as modules, and collect what they declare.

A file is executed under `bot_engine.plugins.<stem>_<digest>` from the very bytes that were digested,
with an `__import__` of its own: first-party files come from the same captured tree (never from
sys.path, never from a stale sys.modules), `import pandas` is served by `pipeline.frame`, everything
else goes the ordinary way. Nothing outside the module is patched.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeGuard

import pipeline.frame
from pipeline.errors import Place, PluginError, TradegraphError
from pipeline.frame.library.real import offer_twin, on_pandas
from pipeline.frame.library.talib_frames import talib_module
from pipeline.model.captured import Captured
from pipeline.model.digest import digest
from pipeline.model.node import NodeType
from pipeline.plugins.closure import CodeDigester, require_named
from pipeline.plugins.contract import IndicatorPlugin, StrategyPlugin
from pipeline.plugins.guide import GuidePlugin, read_plugin
from pipeline.plugins.guide_node import guide_node
from pipeline.plugins.source import External, SourceFile, SourceTree

__all__ = ["Loaded", "Loader", "code_of"]

PACKAGE = "bot_engine.plugins"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one file gave: its node types, stamped with code digests, and the digest of the whole file.

    `plugins` are the guide's plugins among them, whose node types have the same ids. `functions` are, of the other
    types, the name of the function in the file and the digest of data that it is made from, by id.
    """

    path: Path
    digest: str
    types: tuple[NodeType, ...]
    plugins: tuple[GuidePlugin, ...] = ()
    functions: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class Loader:
    """Loads files for one registry; helper modules are shared between the files that import them.

    `codes` are digests that are known to be right, by file and name.

    `real` makes `import pandas` mean pandas itself: so are loaded the plugins that ask for it, and the twins of
    functions that hit something that the adapter lacks. `captured` files are run as they were read before.
    """

    def __init__(
        self,
        codes: Mapping[tuple[Path, str], str] | None = None,
        *,
        real: bool = False,
        captured: Captured | None = None,
    ) -> None:
        self.real = real
        self._on_pandas: Loader | None = None
        self.tree = SourceTree(captured)
        self.digester = CodeDigester(self.tree, codes)
        self.learning: Callable[[], None] = lambda: None
        """Told when a plugin is about to be called for the first time, for the names of its outputs."""
        self._modules: dict[Path, ModuleType] = {}

    def load(self, path: Path, root: Path) -> Loaded:
        """The node types that a file declares. Raises PluginError with the place of the failure."""
        file = self.tree.read(path, root)
        if not self.real and wants_pandas(file):
            return self._real(path).load(path, root)
        module = self.module(file)
        whole = self.digester.digest(file)
        bound = list(dict.fromkeys(item for item in vars(module).values() if isinstance(item, NodeType | type)))
        natives = [item for item in bound if _declared_in(item, module)]
        types = [self._stamp(item, file) for item in natives]
        plugins = [self._plugin(item, file) for item in bound if _declares(item, module)]
        for plugin in plugins:
            if plugin.kind == "indicator" and not plugin.metadata.outputs:
                self.learning()
            types.append(guide_node(plugin).loaded(code=whole, origin=str(path)))
        ids = [node.id for node in types]
        if twice := next((known for known in ids if ids.count(known) > 1), None):
            raise PluginError(f"it declares the id {twice!r} twice", code="TG404", hint="Give each an id of its own.")
        frame_nodes = [node for node in types if node.style == "frame"]
        if self.real:
            types = [replace(node, fn=on_pandas(node.fn)) if node in frame_nodes else node for node in types]
        else:
            for node in frame_nodes:
                offer_twin(node.fn, partial(self._twin, node.id, path, root))
        functions = {item.id: (item.fn.__name__, item.code) for item in natives}
        return Loaded(path, whole, tuple(types), tuple(plugins), functions)

    def _plugin(self, declaration: type[Any], file: SourceFile) -> GuidePlugin:
        """The plugin that a class declares; what it does then must not end up in somebody's answer, nor end us."""
        try:
            with redirect_stdout(sys.stderr):
                plugin = read_plugin(declaration, file.tree, str(file.path), real=self.real)
        except TradegraphError:
            raise
        except (Exception, SystemExit) as error:
            raise _load_error(file, error) from error
        if self.real:
            return plugin
        return replace(plugin, twin=partial(self._twin_plugin, plugin.id, file.path, file.root))

    def _twin_plugin(self, plugin_id: str, path: Path, root: Path) -> GuidePlugin:
        return next(plugin for plugin in self._real(path).load(path, root).plugins if plugin.id == plugin_id)

    def _twin(self, node_id: str, path: Path, root: Path) -> Callable[..., Any]:
        return next(node.fn for node in self._real(path).load(path, root).types if node.id == node_id)

    def _real(self, path: Path) -> Loader:
        if self._on_pandas is None:
            if importlib.util.find_spec("pandas") is None:
                raise PluginError(
                    "it asks for real pandas, which is not installed",
                    code="TG406",
                    place=Place(str(path), 1),
                    hint="Install the extra [pandas], or leave dataframe: pandas out of the metadata.",
                )
            self._on_pandas = Loader(real=True, captured=self.tree.captured)
            self._on_pandas.tree.gate = self.tree.gate
            self._on_pandas.learning = self.learning
        return self._on_pandas

    def module(self, file: SourceFile) -> ModuleType:
        """The module of a file, executed once."""
        known = self._modules.get(file.path)
        if known is not None:
            return known
        name = f"{PACKAGE}.{file.path.stem}_{self.digester.digest(file)[:12]}{'_pandas' if self.real else ''}"
        module = ModuleType(name)
        module.__file__ = str(file.path)
        module.__package__ = PACKAGE
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _Importer(self, file)}
        self._modules[file.path] = module
        # dataclasses, typing and pickle look a class's module up by name
        sys.modules[name] = module
        try:
            # what a plugin prints must not end up in the middle of somebody's answer
            with redirect_stdout(sys.stderr):
                exec(file.code, module.__dict__)  # noqa: S102
        except TradegraphError:
            self._forget(file, name)
            raise
        except (Exception, SystemExit) as error:  # a plugin that exits must not end the engine
            self._forget(file, name)
            raise _load_error(file, error) from error
        return module

    def _forget(self, file: SourceFile, name: str) -> None:
        del self._modules[file.path]
        del sys.modules[name]

    def _stamp(self, node: NodeType, file: SourceFile) -> NodeType:
        require_named(node.fn.__qualname__, node.id)
        code = code_of(self.digester, file, node.fn.__name__, node.code)
        return node.loaded(code=code, origin=str(file.path))


class _Importer:
    """The `__import__` of one module."""

    def __init__(self, loader: Loader, file: SourceFile) -> None:
        self._loader = loader
        self._file = file
        self._packages: dict[str, ModuleType] = {}

    def __call__(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the protocol's names
        locals: Mapping[str, Any] | None = None,  # noqa: A002, ARG002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        if level == 0 and name.partition(".")[0] == "pandas" and not self._loader.real:
            return _below(pipeline.frame, name, fromlist or ())
        if level == 0 and name.partition(".")[0] == "talib" and not self._loader.real:
            return _below(talib_module(), name, fromlist or ())
        target = self._loader.tree.resolve(name, level, self._file)
        if isinstance(target, External):
            if level:
                module = importlib.import_module(target.name)
                for item in fromlist or ():
                    if not hasattr(module, item):
                        importlib.import_module(f"{target.name}.{item}")
                return module
            return builtins.__import__(name, globals, {}, tuple(fromlist or ()), 0)
        module = self._local(target, name)
        for item in fromlist or ():
            if item != "*" and not hasattr(module, item):
                inner = self._loader.tree.resolve(f"{name}.{item}" if name else item, level, self._file)
                if isinstance(inner, SourceFile):
                    setattr(module, item, self._loader.module(inner))
        return module if fromlist or "." not in name else self._parents(name, module)

    def _local(self, target: SourceFile | Path, name: str) -> ModuleType:
        if isinstance(target, SourceFile):
            return self._loader.module(target)
        return ModuleType(f"{PACKAGE}.{name or target.name}")

    def _parents(self, name: str, module: ModuleType) -> ModuleType:
        """`import a.b` binds `a`: a package module that has `b`, and what this file imported of it before."""
        package, _, part = name.rpartition(".")
        while package:
            parent = self._packages.setdefault(package, ModuleType(package))
            setattr(parent, part, module)
            module = parent
            package, _, part = package.rpartition(".")
        return module


def code_of(digester: CodeDigester, file: SourceFile, function: str, data: str) -> str:
    """The code digest of a type that a function in a file declares; one that is made from data: its code is both."""
    code = digester.digest(file, function)
    return digest("declared", data, code) if data else code


def wants_pandas(file: SourceFile) -> bool:
    """True for a file with ``'dataframe': 'pandas'`` in a dict that is written out, as metadata are."""
    return b"dataframe" in file.data and any(
        isinstance(key, ast.Constant) and key.value == "dataframe" and isinstance(value, ast.Constant)
        and value.value == "pandas"
        for node in ast.walk(file.tree) if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
    )  # fmt: skip


def _below(package: Any, name: str, fromlist: Sequence[str]) -> Any:
    """What `import name` gives: the package, or with a `from` the module of that name in it."""
    found = package
    if fromlist:
        for part in name.split(".")[1:]:
            found = getattr(found, part)
    return found


def _declared_in(item: object, module: ModuleType) -> TypeGuard[NodeType]:
    return isinstance(item, NodeType) and item.fn.__module__ == module.__name__


def _declares(item: object, module: ModuleType) -> TypeGuard[type[Any]]:
    """True for a plugin class of the guide that stands in the module and can be made."""
    if not isinstance(item, type) or item.__module__ != module.__name__ or inspect.isabstract(item):
        return False
    return issubclass(item, StrategyPlugin | IndicatorPlugin)


def _load_error(file: SourceFile, error: BaseException) -> PluginError:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file.path)]
    line = frames[-1].lineno if frames else None
    what = f"{type(error).__name__}: {error}"
    hint = "Install it, or remove the import." if isinstance(error, ImportError) else ""
    return PluginError(what, code="TG406", place=Place(str(file.path), line or 1), hint=hint)
