"""``frame.query("close > sma and volume > @least")`` and ``frame.eval("mid = (high + low) / 2")``."""

from __future__ import annotations

import ast
import re
import sys
from typing import Any

import numpy as np

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.library.gaps import refuse, unsupported

__all__ = ["Formulas"]

_LOCAL = "__local_"
_FUNCTIONS = (
    "sin", "cos", "exp", "log", "expm1", "log1p", "sqrt", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan",
    "arccosh", "arcsinh", "arctanh", "abs", "log10", "floor", "ceil", "arctan2",
)  # fmt: skip


class Formulas(Columnar):
    """Columns computed and rows chosen by text."""

    _data: Any

    def query(self, expr: str, *, inplace: bool = False, **options: Any) -> Any:
        """The rows for which a condition on the columns is true; @name is a variable of the caller's."""
        names = _caller_names(options)
        refuse("query", {k: v for k, v in options.items() if k not in {"engine", "parser"}})
        found = self._formula(expr, names)
        return self._settled(self.loc[found], inplace, "query")  # type: ignore[attr-defined]

    def eval(self, expr: str, *, inplace: bool = False, **options: Any) -> Any:
        """The value of a formula on the columns; ``name = formula`` gives the frame with one more column."""
        names = _caller_names(options)
        refuse("eval", {k: v for k, v in options.items() if k not in {"engine", "parser"}})
        result: Any = self
        for line in filter(None, (part.strip() for part in re.split(r"[\n;]", expr))):
            target, equals, formula = _assignment(line)
            if not equals:
                return result._formula(line, names)
            result = result.assign(**{target: result._formula(formula, names)})
        return self._settled(result, inplace, "eval")

    def _formula(self, text: str, names: dict[str, Any]) -> Any:
        known = {_plain(str(label)): self[label] for label in self._data}  # type: ignore[index]
        known |= {
            _plain(str(name)): self._index.get_level_values(name).to_series(self._index)
            for name in self._index.names
            if isinstance(name, str) and name not in self._data
        }
        text = re.sub(r"`([^`]+)`", lambda found: _plain(found[1]), text)
        text = re.sub(r"@(\w+)", rf"{_LOCAL}\1", text)
        # & and | bind as loosely as `and` and `or` in a formula
        text = text.replace("&", " and ").replace("|", " or ")
        try:
            tree = _ByElement().visit(ast.parse(text.strip(), mode="eval"))
        except SyntaxError as error:
            raise SyntaxError(f"Python syntax error in the formula {text!r}: {error}") from None
        scope: dict[str, Any] = {name: getattr(np, name) for name in _FUNCTIONS}
        scope |= {f"{_LOCAL}{name}": value for name, value in names.items()}
        scope |= {"index": self._series_type._of(self._index._values, self._index), **known, "__isin": _isin}
        scope["__builtins__"] = {"len": len, "min": min, "max": max, "round": round, "float": float, "int": int}
        # the text is the plugin's own code, as trusted as the file it stands in
        return eval(compile(ast.fix_missing_locations(tree), "<formula>", "eval"), scope)  # noqa: S307


class _ByElement(ast.NodeTransformer):
    """Python's `and`, `or`, `not`, `in` and chains of comparisons, element by element."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        operation = ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr()
        return _folded(node.values, operation)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        return ast.UnaryOp(ast.Invert(), node.operand) if isinstance(node.op, ast.Not) else node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        parts: list[ast.expr] = []
        left = node.left
        for operation, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(operation, ast.In | ast.NotIn):
                made: ast.expr = ast.Call(ast.Name("__isin", ast.Load()), [left, right], [])
                parts.append(ast.UnaryOp(ast.Invert(), made) if isinstance(operation, ast.NotIn) else made)
            elif isinstance(right, ast.List) and isinstance(operation, ast.Eq | ast.NotEq):
                made = ast.Call(ast.Name("__isin", ast.Load()), [left, right], [])
                parts.append(made if isinstance(operation, ast.Eq) else ast.UnaryOp(ast.Invert(), made))
            else:
                parts.append(ast.Compare(left, [operation], [right]))
            left = right
        return _folded(parts, ast.BitAnd())


def _folded(parts: list[ast.expr], operation: ast.operator) -> ast.expr:
    whole = parts[0]
    for part in parts[1:]:
        whole = ast.BinOp(whole, operation, part)
    return whole


def _isin(left: Any, right: Any) -> Any:
    if not hasattr(left, "isin"):
        raise unsupported("query", "`in` with a scalar on its left")
    return left.isin(list(right))


def _assignment(line: str) -> tuple[str, bool, str]:
    found = re.match(r"\s*([A-Za-z_]\w*)\s*=(?!=)(.*)", line, re.DOTALL)
    return (found[1], True, found[2]) if found else ("", False, line)


def _plain(label: str) -> str:
    return label if label.isidentifier() else "__column_" + re.sub(r"\W", "_", label)


def _caller_names(options: dict[str, Any]) -> dict[str, Any]:
    """The variables that a formula may mean by @name: of the caller, or as given."""
    caller = sys._getframe(2)
    names = {**caller.f_globals, **caller.f_locals}
    names |= options.pop("global_dict", None) or {}
    names |= options.pop("local_dict", None) or {}
    options.pop("level", None)
    return names
