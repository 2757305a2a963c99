"""TA-Lib for plugins: ``import talib.abstract as ta`` takes and gives the adapter's Series and frames.

TA-Lib knows the classes of pandas and polars by name and refuses others. Here its functions get float64 arrays, a
frame as a dict of them, and give back what they give for pandas: a Series, or for several outputs a frame
(``talib.abstract``) or a tuple (``talib``), on the labels of what came in.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from pipeline.frame.dataframe.frame import DataFrame
from pipeline.frame.series.series import Series
from pipeline.frame.values.values import Values

__all__ = ["talib_module"]


def talib_module() -> ModuleType:
    """The package `talib` for a plugin. Raises ImportError where TA-Lib is not installed."""
    package = _Served("talib", importlib.import_module("talib"), frames=False)
    package.abstract = _Served("talib.abstract", importlib.import_module("talib.abstract"), frames=True)  # type: ignore[attr-defined]
    return package


class _Served(ModuleType):
    """A module of TA-Lib whose functions know the adapter's classes."""

    def __init__(self, name: str, module: Any, *, frames: bool) -> None:
        super().__init__(name)
        self._module = module
        self._frames = frames

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if not callable(found) or not name.isupper():
            return found
        outputs = list(found.info["output_names"]) if self._frames else []
        return _taking_ours(found, outputs)


def _taking_ours(function: Callable[..., Any], outputs: list[str]) -> Callable[..., Any]:
    def called(*args: Any, **params: Any) -> Any:
        labelled = next((arg for arg in (*args, *params.values()) if isinstance(arg, DataFrame | Series)), None)
        found = function(*map(_plain, args), **{name: _plain(arg) for name, arg in params.items()})
        if labelled is None:
            return found
        if isinstance(found, np.ndarray):
            return Series._of(Values.of(found), labelled.index)
        parts = [Values.of(part) for part in found]
        if outputs and isinstance(labelled, DataFrame):
            return DataFrame._of(dict(zip(outputs, parts, strict=True)), labelled.index)
        return tuple(Series._of(part, labelled.index) for part in parts)

    return called


def _plain(arg: Any) -> Any:
    if isinstance(arg, DataFrame):
        return {str(label): values.floats for label, values in arg._data.items() if values.kind in "biuf"}
    return arg._values.floats if isinstance(arg, Series) else arg
