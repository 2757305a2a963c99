"""Functions of pandas that are methods of frames as well, and `NamedAgg`."""

from __future__ import annotations

from typing import Any, NamedTuple

from pipeline.frame.library.gaps import unsupported

__all__ = ["NamedAgg", "eval", "melt", "pivot", "pivot_table", "to_pickle"]


class NamedAgg(NamedTuple):
    """``agg(high=pd.NamedAgg("close", "max"))``: a column and what to make of it."""

    column: Any
    aggfunc: Any


def eval(expr: str, target: Any = None, **options: Any) -> Any:  # noqa: A001 - pandas' name
    """A formula on the columns of `target`."""
    if target is None:
        raise unsupported("eval", "a formula without target=", hint="Use frame.eval(…).")
    return target.eval(expr, **options)


def melt(frame: Any, **options: Any) -> Any:
    """``frame.melt(…)``."""
    return frame.melt(**options)


def pivot(data: Any, **options: Any) -> Any:
    """``data.pivot(…)``."""
    return data.pivot(**options)


def pivot_table(data: Any, *args: Any, **options: Any) -> Any:
    """``data.pivot_table(…)``."""
    return data.pivot_table(*args, **options)


def to_pickle(obj: Any, filepath_or_buffer: Any) -> None:
    """``obj.to_pickle(…)``."""
    obj.to_pickle(filepath_or_buffer)
