"""The code digest: a function or class and everything first-party that it uses, symbol by symbol.

Modules are cut into top-level definitions. Starting from the digested name, every name that a
definition mentions is followed: to definitions of the same module, through imports into other
first-party files, to the versions of installed packages. Comments, layout and docstrings do not
count; a constant two modules away does. What cannot be cut safely is taken whole: statements with
side effects always count, and a module whose code asks for names at run time (globals, eval, getattr
on a module, star imports …) counts in full.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import PluginError
from pipeline.model.digest import digest
from pipeline.plugins.source import External, SourceFile, SourceTree

__all__ = ["CodeDigester"]

_DYNAMIC = frozenset({"globals", "locals", "vars", "eval", "exec", "getattr", "setattr", "__import__", "importlib"})
_WHOLE = "*"
_NOTHING = ""
"""No name at all: of such a file only the effects count."""


@dataclass(slots=True)
class _Module:
    """A file cut into definitions: statements by the name that they bind, and the rest."""

    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    # a name may be bound by several imports: in branches, in functions, `import a.b` beside `import a.c`
    imports: dict[str, list[tuple[str, int, str | None]]] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)
    stars: list[tuple[str, int]] = field(default_factory=list)


class CodeDigester:
    """Digests of definitions over one SourceTree; cut modules are kept between calls.

    `made` are digests that are known to be right, by file and name. `versions` gathers the packages that digests
    rest on.
    """

    def __init__(self, tree: SourceTree, made: Mapping[tuple[Path, str], str] | None = None) -> None:
        self._tree = tree
        self._made = dict(made or {})
        self.versions: dict[str, str] = {}
        self._cut: dict[SourceFile, _Module] = {}
        self._texts: dict[int, str] = {}
        self._digests: dict[tuple[SourceFile, str], str] = {}

    def digest(self, file: SourceFile, name: str | None = None) -> str:
        """The digest of `name` in `file` with all that it uses; of the whole file when `name` is None."""
        asked = (file, name or _WHOLE)
        made = self._made.get((file.path, asked[1]))
        if made is not None:
            return made
        if asked not in self._digests:
            walk = _Walk(self)
            walk.follow(*asked)
            self._digests[asked] = digest("code", *(tuple(part) for part in walk.parts(file)))
        return self._digests[asked]

    def known(self) -> dict[tuple[Path, str], str]:
        """All digests that were worked out so far, by file and name."""
        return {(file.path, name): code for (file, name), code in self._digests.items()}

    def cut(self, file: SourceFile) -> _Module:
        if file not in self._cut:
            self._cut[file] = _cut(file.tree)
        return self._cut[file]

    def text(self, statement: ast.stmt) -> str:
        """The statement without comments, layout and docstrings."""
        key = id(statement)
        if key not in self._texts:
            self._texts[key] = ast.unparse(_without_docstrings(statement))
        return self._texts[key]

    @property
    def tree(self) -> SourceTree:
        return self._tree


class _Walk:
    """One digest: a work list of (file, name), and the statements gathered so far."""

    def __init__(self, digester: CodeDigester) -> None:
        self._digester = digester
        self._todo: list[tuple[SourceFile, str]] = []
        self._seen: set[tuple[SourceFile, str]] = set()
        self._taken: dict[SourceFile, dict[int, ast.stmt]] = {}
        self._bindings: dict[SourceFile, set[str]] = {}
        self._versions: set[str] = set()

    def follow(self, file: SourceFile, name: str) -> None:
        self._todo.append((file, name))
        while self._todo:
            item = self._todo.pop()
            if item not in self._seen:
                self._seen.add(item)
                self._visit(*item)

    def parts(self, root: SourceFile) -> Iterator[tuple[str, ...]]:
        """What is hashed: per file its label, bound imports and statements in order; then versions."""
        files = []
        for file, taken in self._taken.items():
            if not taken and file not in self._bindings:
                continue
            label = "" if file is root else file.label
            # several statements may stand on one line
            ordered = sorted(taken.values(), key=lambda s: (s.lineno, s.col_offset))
            files.append((label, *sorted(self._bindings.get(file, ())), *map(self._digester.text, ordered)))
        yield from sorted(files)
        yield ("versions", *sorted(self._versions))

    def _visit(self, file: SourceFile, name: str) -> None:
        module = self._digester.cut(file)
        if file not in self._taken:
            self._taken[file] = {}
            for statement in module.effects:
                self._take(file, module, statement)
            for star, level in module.stars:
                self._import(file, star, level, _WHOLE, f"from {'.' * level}{star} import *")
            for imports in module.imports.values():
                self._touch(file, imports)
        if name == _WHOLE:
            for statements in module.definitions.values():
                for statement in statements:
                    self._take(file, module, statement)
            for local in module.imports:
                self._bound(file, module, local, None)
            return
        for statement in module.definitions.get(name, ()):
            self._take(file, module, statement)
        if name in module.imports:
            self._bound(file, module, name, None)

    def _touch(self, file: SourceFile, imports: list[tuple[str, int, str | None]]) -> None:
        """An import runs the module even if nothing of it is used: what it does then counts, and what it imports."""
        for name, level, symbol in imports:
            inner = ".".join(part for part in (name, symbol) if part)
            for path in dict.fromkeys((name, inner)):
                target = self._digester.tree.resolve(path, level, file) if path else None
                if isinstance(target, SourceFile):
                    self._todo.append((target, _NOTHING))

    def _take(self, file: SourceFile, module: _Module, statement: ast.stmt) -> None:
        if id(statement) in self._taken[file]:
            return
        self._taken[file][id(statement)] = statement
        names, attributes = _mentions(statement)
        if names & _DYNAMIC:
            self._todo.append((file, _WHOLE))
        for name in names:
            if name in module.definitions:
                self._todo.append((file, name))
            if name in module.imports:
                self._bound(file, module, name, attributes.get(name))

    def _bound(self, file: SourceFile, module: _Module, local: str, attributes: set[str] | None) -> None:
        """Follow an imported name; `attributes` narrows a module to what is used of it."""
        for name, level, symbol in module.imports[local]:
            written = f"{local} = {'.' * level}{name}" + (f" : {symbol}" if symbol else "")
            for used in {symbol} if symbol is not None else attributes or {_WHOLE}:
                self._import(file, name, level, used, written)

    def _import(self, file: SourceFile, name: str, level: int, symbol: str, written: str) -> None:
        self._bindings.setdefault(file, set()).add(written)
        tree = self._digester.tree
        target = tree.resolve(name, level, file)
        if isinstance(target, External):
            if target.version:
                self._versions.add(target.version)
                self._digester.versions[target.name.partition(".")[0]] = target.version
            return
        if symbol != _WHOLE:
            inner = tree.resolve(f"{name}.{symbol}" if name else symbol, level, file)
            if isinstance(inner, SourceFile) and not self._defines(target, symbol):
                self._todo.append((inner, _WHOLE))
                return
        if isinstance(target, SourceFile):
            self._todo.append((target, symbol if symbol == _WHOLE or self._defines(target, symbol) else _WHOLE))

    def _defines(self, target: object, symbol: str) -> bool:
        if not isinstance(target, SourceFile):
            return False
        module = self._digester.cut(target)
        return symbol in module.definitions or symbol in module.imports


def _cut(tree: ast.Module) -> _Module:
    module = _Module()
    for index, statement in enumerate(tree.body):
        if index == 0 and _is_docstring(statement):
            continue
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            module.definitions.setdefault(statement.name, []).append(statement)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            _cut_import(module, statement)
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and (names := _plain_targets(statement)):
            for name in names:
                module.definitions.setdefault(name, []).append(statement)
        elif not _is_type_checking(statement):
            module.effects.append(statement)
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    _cut_import(module, inner)
    # imports inside functions bind names as well: they are followed like those of the module
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Import | ast.ImportFrom) and inner not in tree.body:
            _cut_import(module, inner)
    return module


def _cut_import(module: _Module, statement: ast.Import | ast.ImportFrom) -> None:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            local = alias.asname or alias.name.partition(".")[0]
            module.imports.setdefault(local, []).append((alias.name, 0, None))
        return
    if statement.module == "__future__":
        return
    for alias in statement.names:
        if alias.name == "*":
            module.stars.append((statement.module or "", statement.level))
        else:
            bound = (statement.module or "", statement.level, alias.name)
            module.imports.setdefault(alias.asname or alias.name, []).append(bound)


def _plain_targets(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    """Names that an assignment binds; [] when a target is anything but names (`TABLE["a"] = 1`)."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names: list[str] = []
    for target in targets:
        inner = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        if not all(isinstance(item, ast.Name) for item in inner):
            return []
        names += [item.id for item in inner if isinstance(item, ast.Name)]
    return names


def _mentions(statement: ast.stmt) -> tuple[set[str], dict[str, set[str]]]:
    """Names that a statement mentions; for those used only as `name.attribute`, the attributes."""
    names: set[str] = set()
    attributes: dict[str, set[str]] = {}
    bare: set[str] = set()
    owners: set[int] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            attributes.setdefault(node.value.id, set()).add(node.attr)
            owners.add(id(node.value))
            names.add(node.value.id)
        elif isinstance(node, ast.Name):
            names.add(node.id)
            if id(node) not in owners:
                bare.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            names.add(node.value)  # a quoted annotation
    return names, {name: found for name, found in attributes.items() if name not in bare}


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_type_checking(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If) or statement.orelse:  # what stands in the else does run
        return False
    return ast.unparse(statement.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


class _DocstringRemover(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and _is_docstring(node.body[0]):
            node.body = node.body[1:] or [ast.Pass()]
        return node


def _without_docstrings(statement: ast.stmt) -> ast.stmt:
    nodes = list(ast.walk(statement))
    if any(isinstance(node, ast.Attribute) and node.attr == "__doc__" for node in nodes):
        return statement
    documented = [node for node in nodes if isinstance(node, _DOCUMENTED) and _is_docstring(node.body[0])]
    if not documented:
        return statement
    if documented == [statement]:  # nearly always: then a copy of its head will do
        head = copy.copy(statement)
        assert isinstance(head, _DOCUMENTED)
        head.body = head.body[1:] or [ast.Pass()]
        return head
    # a copy by way of text: the tree itself is shared with whoever compiles it
    whole = ast.parse(ast.unparse(statement)).body[0]
    return ast.fix_missing_locations(_DocstringRemover().visit(whole))  # type: ignore[no-any-return]


_DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def require_named(name: str, owner: str) -> None:
    """Refuse code that cannot be digested by name: what is not at the top level of a file. Raises PluginError TG408."""
    if "<" in name or "." in name:
        raise PluginError(
            f"{owner}: {name} has no source of its own that can be digested",
            code="TG408",
            hint="Define it with `def` at the top level of its file.",
        )
