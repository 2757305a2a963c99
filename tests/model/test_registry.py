"""The registry: an immutable snapshot, by id."""

from pathlib import Path

import pytest

import nodes
from pipeline import Number, indicator
from pipeline.errors import Fault, PluginError
from pipeline.model.registry import Registry
from pipeline.plugins.discover import build_registry


@indicator
def slow(x: Number) -> Number:
    """Slow."""


@indicator
def fast(x: Number) -> Number:
    """Fast."""


def test_node_types_are_found_by_id_and_listed_in_order():
    registry = Registry([slow, fast])
    assert registry.ids == ("fast", "slow")
    assert list(registry) == [fast, slow]
    assert len(registry) == 2
    assert registry["fast"] is fast
    assert registry.get("slow") is slow
    assert "fast" in registry
    assert registry.get("medium") is None
    assert "medium" not in registry
    with pytest.raises(KeyError):
        registry["medium"]


def test_an_id_that_is_declared_twice_is_refused_with_both_places():
    with pytest.raises(PluginError) as error:
        Registry([fast.loaded(code="1", origin="a.py"), fast.loaded(code="2", origin="b.py")])
    assert error.value.faults[0].code == "TG404"
    assert str(error.value).endswith("the id 'fast' is declared twice: in a.py and in b.py")


def test_a_registry_keeps_what_was_refused():
    refused = [Fault("TG402", "broken: it cannot be parsed")]
    registry = Registry([fast], refused=refused)
    refused.clear()
    assert [fault.code for fault in registry.refused] == ["TG402"]


def test_a_registry_never_changes():
    types = [fast]
    registry = Registry(types)
    types.append(slow)
    assert registry.ids == ("fast",)
    with pytest.raises(TypeError):
        registry["slow"] = slow
    with pytest.raises(AttributeError):
        registry.refused = ()
    with pytest.raises(AttributeError):
        registry.more = 1
    with pytest.raises(AttributeError):
        registry.ids = ()


def test_the_nodes_that_ship_make_one_registry():
    discovery = build_registry([])
    registry = discovery.registry
    assert registry.refused == ()
    assert {"sma", "ema", "rsi", "cross"} <= set(registry.ids)
    files = [path for path in Path(nodes.__file__).parent.rglob("*.py") if not path.name.startswith("_")]
    single = [path for path in files if not {"kernels", "talib"} & set(path.parts)]
    assert len([node for node in registry if not node.id.startswith("talib.")]) == len(single)
    for node in registry:
        assert node.code, node.id
        assert Path(node.origin).is_file()
        assert all(param.problem() == "" for param in node.params), node.id
