"""Accessors of libraries: ``@pd.api.extensions.register_dataframe_accessor("ta")`` makes ``df.ta``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pipeline.frame.dataframe.frame import DataFrame
from pipeline.frame.index.index import Index
from pipeline.frame.index.lookup import PandasObject
from pipeline.frame.series.series import Series

__all__ = [
    "PandasObject", "register_dataframe_accessor", "register_index_accessor", "register_series_accessor",
]  # fmt: skip

Accessor = TypeVar("Accessor", bound=type[Any])


class _Registered:
    """An accessor, made when it is asked for."""

    def __init__(self, accessor: type[Any]) -> None:
        self._accessor = accessor

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self._accessor if owner is None else self._accessor(owner)


def _registrar(kind: type[Any], name: str) -> Callable[[Accessor], Accessor]:
    def register(accessor: Accessor) -> Accessor:
        setattr(kind, name, _Registered(accessor))
        return accessor

    return register


def register_dataframe_accessor(name: str) -> Callable[[Accessor], Accessor]:
    """A decorator: the class becomes ``df.name``."""
    return _registrar(DataFrame, name)


def register_series_accessor(name: str) -> Callable[[Accessor], Accessor]:
    """A decorator: the class becomes ``series.name``."""
    return _registrar(Series, name)


def register_index_accessor(name: str) -> Callable[[Accessor], Accessor]:
    """A decorator: the class becomes ``index.name``."""
    return _registrar(Index, name)
