"""Params to try: the ends of each, and for the whole range seeded draws of all of them together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

from pipeline.laws.sample import SYMBOLS
from pipeline.model.node import NodeType
from pipeline.model.param import DeclaredParam

__all__ = ["base", "ends", "range_of"]


def base(node: NodeType) -> dict[str, Any]:
    """Defaults, and for params without one the value closest to 1, the first option, a symbol or four hours."""
    return {param.name: _closest(param) if param.required else param.default for param in node.params}


def ends(node: NodeType, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """`params` with one of them at one end of its range, or at one of its options, at a time."""
    for param in node.params:
        for value in _ends(param):
            if value != params[param.name] or type(value) is not type(params[param.name]):
                yield {**params, param.name: value}


def range_of(node: NodeType, count: int) -> Iterator[dict[str, Any]]:
    """`count` draws over the whole range of all params: whole numbers and numbers above 0 by their logarithm."""
    rng = np.random.default_rng(17)
    start = base(node)
    for _ in range(count if len(node.params) else 0):
        yield {param.name: _drawn(param, start[param.name], rng) for param in node.params}


def _plain(param: DeclaredParam) -> Any:
    """The declared type without `| None`."""
    if get_origin(param.type) in (Union, UnionType):
        return next(inner for inner in get_args(param.type) if inner is not type(None))
    return param.type


def _limits(param: DeclaredParam) -> tuple[float, float]:
    """The smallest and the largest value; a bound that is not allowed itself is approached."""
    bounds = param.param.bounds
    whole = _plain(param) is int
    hair = 1 if whole else 1e-9
    low = bounds.ge if bounds.ge is not None else bounds.gt + hair if bounds.gt is not None else -1e6
    high = bounds.le if bounds.le is not None else bounds.lt - hair if bounds.lt is not None else 1e6
    return (math.ceil(low), math.floor(high)) if whole else (float(low), float(high))


def _closest(param: DeclaredParam) -> Any:
    kind = _plain(param)
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if kind in (int, float):
        low, high = _limits(param)
        return kind(min(max(1, low), high))
    if kind is str:
        return "4h" if param.name == "timeframe" else SYMBOLS[0]
    return False if kind is bool else None


def _ends(param: DeclaredParam) -> list[Any]:
    kind = _plain(param)
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if kind in (int, float):
        return [kind(value) for value in _limits(param)]
    return [False, True] if kind is bool else []


def _drawn(param: DeclaredParam, default: Any, rng: np.random.Generator) -> Any:
    kind = _plain(param)
    if get_origin(kind) is Literal or kind is bool:
        options = _ends(param)
        return options[int(rng.integers(len(options)))]
    if kind not in (int, float):
        return default
    low, high = _limits(param)
    if kind is int and low >= 0:
        # windows as long as the sample and shorter are where something can be seen
        value = math.exp(rng.uniform(math.log(low + 1), math.log(min(high, 1_000) + 1))) - 1
        return int(min(max(round(value), low), high))
    value = rng.uniform(max(low, -100.0), min(high, 100.0))
    return kind(value)
