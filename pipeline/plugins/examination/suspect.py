"""Where in a plugin's text a look ahead is likely to be: a hint for its author, never a verdict."""

from __future__ import annotations

import ast

__all__ = ["suspicious_line"]

_WHOLE = frozenset({"mean", "std", "max", "min", "median", "quantile", "sum", "var", "idxmax", "idxmin", "rank"})
_BACK = frozenset({"bfill", "backfill", "sort_values", "sort_index", "resample", "interpolate"})


def suspicious_line(tree: ast.Module) -> tuple[int, str] | None:
    """The first line that often looks ahead, and what stands there; None when nothing does."""
    found = [item for node in ast.walk(tree) if (item := _suspect(node)) is not None]
    return min(found)[1:] if found else None


def _suspect(node: ast.AST) -> tuple[int, int, str] | None:
    """(how doubtful it is, line, what): 0 is nearly certain."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = node.func.attr
        keywords = {item.arg: item.value for item in node.keywords}
        first = node.args[0] if node.args else keywords.get("periods")
        if name in ("shift", "diff", "pct_change", "roll") and any(map(_negative, [first, *node.args[1:]])):
            return 0, node.lineno, f"{name}({ast.unparse(first) if first else ''})"
        if _says(keywords.get("center"), True):
            return 0, node.lineno, f"{name}(center=True)"
        if name in ("bfill", "backfill") or _says(keywords.get("method"), "bfill", "backfill"):
            return 0, node.lineno, f"{name}, which fills from later rows"
        if name in _BACK:
            return 1, node.lineno, name
        if name in _WHOLE and not _windowed(node.func.value):
            return 2, node.lineno, f"{ast.unparse(node)[:60]}, over all rows"
    if isinstance(node, ast.Slice) and node.step is not None and _negative(node.step):
        return 0, node.lineno, "[::-1], the rows in reverse"
    if isinstance(node, ast.Subscript) and _negative(node.slice) and "loc" in ast.unparse(node.value):
        return 2, node.lineno, f"{ast.unparse(node)[:60]}, the last row"
    return None


def _negative(node: ast.expr | None) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _says(node: ast.expr | None, *words: object) -> bool:
    return isinstance(node, ast.Constant) and node.value in words


def _windowed(node: ast.expr) -> bool:
    return any(f".{word}(" in ast.unparse(node) for word in ("rolling", "ewm", "expanding", "groupby", "resample"))
