"""The node types that `functions.json` declares."""

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import fill
from typing import Any, Literal

from nodes.talib._run import AVERAGES, compute, lookback
from pipeline.model.digest import digest
from pipeline.model.kind import BY_NAME, Kind, Same
from pipeline.model.node import NodeType, Output, Port
from pipeline.model.param import DeclaredParam, Param, ParamSet

TYPES = {"int": int, "float": float, "average": Literal[tuple(AVERAGES)]}


class Function:
    """One function of TA-Lib, called with the arrays of a symbol."""

    def __init__(self, name: str, recursive: bool, averages: tuple[str, ...]) -> None:
        # what the code digest looks for is the class
        self.__name__ = self.__qualname__ = "Function"
        self.name = name
        self.recursive = recursive
        self.averages = averages

    def __call__(self, *ports: Any, **params: Any) -> Any:
        return compute(self.name, self.recursive, self.averages, ports, params)

    def warmup(self, values: Any) -> int:
        return lookback(self.name, self.averages, vars(values))


def declare(entry: dict[str, Any]) -> NodeType:
    """The node type of one entry of the data."""
    averages = tuple(param["name"] for param in entry["params"] if param["type"] == "average")
    function = Function(entry["name"], entry["recursive"], averages)
    warmup: int | Callable[[Any], int] = function.warmup if entry["params"] else entry["warmup"]
    return NodeType(
        id=f"talib.{entry['name'].lower()}",
        category="indicator",
        style="array",
        scope="symbol",
        ports=tuple(Port(name, BY_NAME[kind]) for name, kind in entry["ports"]),
        outputs=tuple(Output(name, kind_of(kind)) for name, kind in entry["outputs"]),
        params=ParamSet(tuple(map(param_of, entry["params"]))),
        fn=function,
        warmup=warmup,
        recursive=entry["recursive"] or bool(averages),
        doc=document(entry),
        code=digest("talib", json.dumps(entry, sort_keys=True)),
    )


def kind_of(name: str) -> Kind | Same:
    return Same() if name == "same" else BY_NAME[name]


def param_of(entry: dict[str, Any]) -> DeclaredParam:
    bounds = {"ge": entry["ge"], "le": entry["le"]} if "ge" in entry else {}
    return DeclaredParam(entry["name"], TYPES[entry["type"]], entry["default"], Param(entry["says"], **bounds))


def document(entry: dict[str, Any]) -> str:
    name = entry["name"]
    averages = any(param["type"] == "average" for param in entry["params"])
    if entry["recursive"]:
        missing = "a missing bar is missing and skipped; the rest is as if it did not exist"
    elif averages:
        missing = "a window with a missing bar is missing; with an average that remembers, missing bars are skipped"
    else:
        missing = "a window that contains a missing bar is missing"
    rows = f"{entry['warmup']} rows" + (" with the defaults, TA-Lib's lookback" if entry["params"] else "")
    edges = f" Edges: {entry['note']}" if entry["note"] else ""
    said = f"Warm-up: {rows}. Missing: {missing}.{edges} Source: TA-Lib {name} ({entry['group']})."
    return f"{entry['title']}.\n\n{fill(said, 110)}"


def load() -> dict[str, NodeType]:
    data = json.loads(Path(__file__).with_name("functions.json").read_text(encoding="utf-8"))
    return {entry["name"]: declare(entry) for entry in data}


globals().update(load())
