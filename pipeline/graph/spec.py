"""What an author wrote in a graph file: shapes and places, nothing looked up yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.errors import Place
from pipeline.graph.markup import Item, Scalar
from pipeline.graph.policy import NO_POLICY, Policy
from pipeline.model.param import ParamSet

__all__ = ["BarsSpec", "GraphSpec", "NodeSpec"]


@dataclass(slots=True)
class BarsSpec:
    """One entry of `bars:`. `fields` holds timeframe, symbols, from, to, adjust, history as written."""

    name: Scalar
    fields: dict[str, Item]


@dataclass(slots=True)
class NodeSpec:
    """One entry of `nodes:`. `wires` is the `in` map, or one reference under the key "".

    `unread` names the inputs and params that could not be read, `in` or `with` when none of them could:
    their fault is said, that they are missing is not.
    """

    name: Scalar
    use: Scalar
    wires: dict[str, tuple[Scalar, Scalar]] = field(default_factory=dict)
    params: dict[str, tuple[Scalar, Item]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    policy: Policy = NO_POLICY


@dataclass(slots=True)
class GraphSpec:
    """A graph file as read: every part with its place; `params` are already typed.

    `unread` names nodes and bars sources, `unread_params` graph params, that stand in the file but could
    not be read; both are empty in a file without faults.
    """

    file: str
    place: Place
    name: str
    description: str = ""
    params: ParamSet = field(default_factory=ParamSet)
    param_places: dict[str, Place] = field(default_factory=dict)
    bars: dict[str, BarsSpec] = field(default_factory=dict)
    nodes: dict[str, NodeSpec] = field(default_factory=dict)
    outputs: dict[str, tuple[Scalar, Scalar]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    unread_params: set[str] = field(default_factory=set)
