"""Keywords that a function takes out of its `**kwargs`, read off the source: `kwargs.get('period', 14)`.

So a misspelt keyword can be refused where Python itself would swallow it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Keywords", "keywords_of"]

_READS = frozenset({"get", "pop", "setdefault"})


@dataclass(frozen=True)
class Keywords:
    """What is read of `**kwargs`: names with their literal defaults (None where there is none).

    `open` says that the whole is handed on or looked through, so that any name may be meant.
    """

    names: Mapping[str, Any] = field(default_factory=dict)
    open: bool = False

    def __or__(self, other: Keywords) -> Keywords:
        return Keywords({**other.names, **self.names}, self.open or other.open)


def keywords_of(tree: ast.Module, made: type[Any], method: str) -> Keywords:
    """What `method` of the class `made`, written in the file `tree`, reads of its `**kwargs`."""
    owner = next((base for base in made.__mro__ if method in vars(base)), None)
    function = None if owner is None else _method(tree, owner, method)
    if function is None:  # of another file, which is not looked at: any keyword may be meant
        return Keywords(open=True)
    if function.args.kwarg is None:
        return Keywords()
    names: dict[str, Any] = {}
    told = False
    local = function.args.kwarg.arg
    known: set[int] = set()
    for node in ast.walk(function):
        read = _read(node, local)
        if read is not None:
            name, default, used = read
            known.add(id(used))
            names.setdefault(name, default)
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == local and id(node) not in known:
            told = True
    return Keywords(names, told)


def _method(tree: ast.Module, owner: type[Any], method: str) -> ast.FunctionDef | None:
    for item in tree.body:
        if isinstance(item, ast.ClassDef) and item.name == owner.__name__:
            found = [part for part in item.body if isinstance(part, ast.FunctionDef) and part.name == method]
            return found[-1] if found else None
    return None


def _read(node: ast.AST, local: str) -> tuple[str, Any, ast.expr] | None:
    """(name, default, the mention of kwargs) of `kwargs.get('a', 1)`, `kwargs['a']` and `'a' in kwargs`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _READS:
        if _is(node.func.value, local) and node.args and (name := _text(node.args[0])) is not None:
            default = _literal(node.args[1]) if len(node.args) > 1 else None
            return name, default, node.func.value
    elif isinstance(node, ast.Subscript) and _is(node.value, local) and (name := _text(node.slice)) is not None:
        return name, None, node.value
    elif (
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.In | ast.NotIn)
        and _is(node.comparators[0], local)
        and (name := _text(node.left)) is not None
    ):
        return name, None, node.comparators[0]
    return None


def _is(node: ast.expr, local: str) -> bool:
    return isinstance(node, ast.Name) and node.id == local


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
