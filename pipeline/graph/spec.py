"""What an author wrote in a graph file: shapes and places, nothing looked up yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.errors import Place
from pipeline.graph.markup import Item, Scalar
from pipeline.graph.policy import NO_POLICY, Policy
from pipeline.graph.sweep import Sweep
from pipeline.model.kind import Kind
from pipeline.model.param import ParamSet

if TYPE_CHECKING:
    from pipeline.graph.shelf import Shelf

__all__ = ["BarsSpec", "BlockSpec", "GraphSpec", "NodeSpec", "SubgraphSpec"]


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


@dataclass(slots=True, kw_only=True)
class BlockSpec:
    """What a graph and a sub-graph have in common: params, nodes, and the sub-graphs that may be used in it.

    `params` are already typed; `param_env` has the environment variables behind them. `unread` names nodes and
    bars sources, `unread_params` params, that stand in the file but could not be read; both are empty in a file
    without faults. `whole` is False when a file that it extends could not be read: what is not there may be in it.
    """

    file: str
    place: Place
    name: str
    params: ParamSet = field(default_factory=ParamSet)
    param_places: dict[str, Place] = field(default_factory=dict)
    param_env: dict[str, Scalar] = field(default_factory=dict)
    nodes: dict[str, NodeSpec] = field(default_factory=dict)
    shelf: Shelf | None = None
    unread: set[str] = field(default_factory=set)
    unread_params: set[str] = field(default_factory=set)
    whole: bool = True


@dataclass(slots=True, kw_only=True)
class SubgraphSpec(BlockSpec):
    """One sub-graph: `inputs` by name with the kinds that they take, `outs` as references to its nodes.

    A single `out` stands under the key "".
    """

    inputs: dict[str, tuple[Scalar, Kind]] = field(default_factory=dict)
    outs: dict[str, tuple[Scalar, Scalar]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class GraphSpec(BlockSpec):
    """A graph file as read, with what it extends: every part with its place. `text` is that of the file itself."""

    description: str = ""
    bars: dict[str, BarsSpec] = field(default_factory=dict)
    outputs: dict[str, tuple[Scalar, Scalar]] = field(default_factory=dict)
    universes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sweep: Sweep | None = None
    text: str = field(default="", repr=False)
