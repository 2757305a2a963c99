"""``pd.col("close")``: what is to be done with a column of a frame that is given later, as pandas 3 has it.

An expression is kept as a function of the frame. Operators, methods, attributes and numpy's functions make longer
ones; `assign`, `loc` and square brackets work them out on their own frame.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

__all__ = ["Expression", "col", "worked_out"]


class Expression:
    """Something to work out on a frame. It has no truth value: write ``&``, ``|`` and ``~``."""

    __slots__ = ("_function", "_text")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, function: Callable[[Any], Any], text: str) -> None:
        self._function = function
        self._text = text

    def __repr__(self) -> str:
        return self._text

    def __getattr__(self, name: str) -> Expression:
        if name.startswith("__"):
            raise AttributeError(name)
        return Expression(lambda frame: getattr(self._function(frame), name), f"{self._text}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Expression:
        words = [*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())]
        return Expression(
            lambda frame: self._function(frame)(
                *(worked_out(one, frame) for one in args),
                **{key: worked_out(one, frame) for key, one in kwargs.items()},
            ),
            f"{self._text}({', '.join(words)})",
        )

    def __getitem__(self, key: Any) -> Expression:
        return Expression(lambda frame: self._function(frame)[worked_out(key, frame)], f"{self._text}[{key!r}]")

    def __array_ufunc__(self, function: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        words = ", ".join(map(repr, inputs))
        return Expression(
            lambda frame: function(*(worked_out(one, frame) for one in inputs), **options),
            f"{function.__name__}({words})",
        )

    def __bool__(self) -> bool:
        raise TypeError("boolean value of an expression is ambiguous")

    def __iter__(self) -> Any:
        raise TypeError("Expression objects are not iterable")


def col(col_name: Hashable) -> Expression:
    """The column of that name of whatever frame the expression is used on."""

    def found(frame: Any) -> Any:
        if col_name not in frame.columns:
            known = ", ".join(repr(label) for label in list(frame.columns)[:10])
            raise ValueError(f"Column {col_name!r} not found in given DataFrame.\n\nHint: it has {known}.")
        return frame[col_name]

    return Expression(found, f"col({col_name!r})")


def worked_out(given: Any, frame: Any) -> Any:
    """An expression as what it gives for a frame; anything else as it is."""
    if isinstance(given, Expression):
        return given._function(frame)
    return given


def _operator(sign: str, function: Callable[[Any, Any], Any], *, mirrored: bool = False) -> Callable[..., Expression]:
    def made(self: Expression, other: Any) -> Expression:
        left, right = (other, self) if mirrored else (self, other)
        return Expression(
            lambda frame: function(worked_out(left, frame), worked_out(right, frame)), f"({left!r} {sign} {right!r})"
        )

    return made


def _prefix(sign: str, function: Callable[[Any], Any]) -> Callable[[Expression], Expression]:
    return lambda self: Expression(lambda frame: function(self._function(frame)), f"({sign}{self._text})")


_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "and_": "&",
    "or_": "|", "xor": "^",
}  # fmt: skip
for _name, _sign in _SIGNS.items():
    _stem = _name.rstrip("_")
    setattr(Expression, f"__{_stem}__", _operator(_sign, getattr(operator, _name)))
    setattr(Expression, f"__r{_stem}__", _operator(_sign, getattr(operator, _name), mirrored=True))
for _name, _sign in {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    setattr(Expression, f"__{_name}__", _operator(_sign, getattr(operator, _name)))
for _name, _sign in {"neg": "-", "pos": "+", "invert": "~", "abs": "abs "}.items():
    setattr(Expression, f"__{_name}__", _prefix(_sign, getattr(operator, _name)))
