"""One entry of `nodes:` as written."""

from __future__ import annotations

from pipeline.graph.markup import Item, Map, Scalar, Seq
from pipeline.graph.policy import POLICY, read_policy
from pipeline.graph.shape import Shapes
from pipeline.graph.spec import BlockSpec, NodeSpec

__all__ = ["NODE", "read_nodes"]

NODE = ("use", "in", "with", *POLICY)
_WIRE_HINT = "Write `in: daily.close`, or `in: {fast: a, slow: b}`."


def read_nodes(shapes: Shapes, top: Map, spec: BlockSpec) -> None:
    """Put the nodes that stand under `nodes:` of `top` into `spec`."""
    for key, item in shapes.entries(top, "nodes"):
        node = _read_node(shapes, key, item)
        if node is None:
            spec.unread.add(key.text)
        else:
            spec.nodes[key.text] = node


def _read_node(shapes: Shapes, key: Scalar, item: Item) -> NodeSpec | None:
    what = f"node {key.text!r}"
    entry = shapes.map(item, what)
    if entry is None:
        return None
    closed = shapes.keys(entry, NODE, what)
    use = entry.items.get("use")
    if not isinstance(use, Scalar) or use.is_null:
        if use is not None or closed:
            hint = "Add `use: ema` or another node type."
            shapes.fault("TG108", f"{what} does not say what it uses", use.place if use else key.place, hint)
        return None
    node = NodeSpec(key, use, unread=set() if closed else {"in", "with"})
    if entry.items.keys() & set(POLICY):
        node.policy, faults = read_policy(entry.items, what)
        shapes.faults += faults
    _read_wires(shapes, node, entry, what)
    values = shapes.map(entry.items["with"], f"`with` of {what}") if "with" in entry.items else None
    if values is not None:
        node.params = {name: (values.keys[name], value) for name, value in values.items.items()}
    elif "with" in entry.items:
        node.unread.add("with")
    return node


def _read_wires(shapes: Shapes, node: NodeSpec, entry: Map, what: str) -> None:
    """Put the wires that stand under `in:` of an entry into `node`."""
    wires = entry.items.get("in")
    if isinstance(wires, Seq):
        shapes.fault("TG107", f"`in` of {what} is a map or one reference, got a list", wires.place, _WIRE_HINT)
        node.unread.add("in")
    elif isinstance(wires, Map):
        for name, value in wires.items.items():
            if isinstance(value, Scalar) and not value.is_null:
                node.wires[name] = (wires.keys[name], value)
            else:
                shapes.fault("TG107", f"input {name!r} of {what} is one reference", value.place, _WIRE_HINT)
                node.unread.add(name)
    elif wires is not None and not wires.is_null:
        node.wires[""] = (entry.keys["in"], wires)
