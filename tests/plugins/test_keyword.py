"""Params that are declared nowhere: read off the constructor, get_parameters and what is taken out of **kwargs."""

from __future__ import annotations

import pytest

from pipeline.errors import GraphError
from pipeline.plugins.guide import ParameterError
from pipeline.plugins.load import Loader

TEXT = """
from ..strategy_plugin_system import IndicatorPlugin

class Taking(IndicatorPlugin):
    def __init__(self, period: int = 3, **kwargs):
        self.period = period
        self.factor = kwargs.get('factor', 1.5)
        self.label = kwargs.pop('label', 'plain')
        self.extra = kwargs['extra'] if 'extra' in kwargs else None
        MORE

    def calculate(self, data, **kwargs):
        return data['close'].rolling(self.period).mean() * self.factor + kwargs.get('shift', 0)

    def get_metadata(self):
        return {'id': 'taking', 'name': 'T', 'version': '1.0.0', 'author': 'a', 'description': 'd',
                'type': 'indicator'}
"""


@pytest.fixture
def plugin(tmp_path):
    """`plugin(more)`: the plugin, with another line in its constructor."""

    def load(more: str = ""):
        path = tmp_path / "taking.py"
        path.write_text(TEXT.replace("MORE", more))
        return Loader().load(path, tmp_path).plugins[0]

    return load


def test_literal_defaults_are_params_of_their_type(plugin) -> None:
    found = {param.name: (param.type, param.default) for param in plugin().params}
    assert found == {"period": (int, 3), "factor": (float, 1.5), "label": (str, "plain"), "shift": (int, 0)}


def test_keywords_reach_constructor_and_calculate(world) -> None:
    world.write("taking", TEXT.replace("MORE", ""))
    run = world.run("a: {use: taking, in: daily, with: {period: 2, factor: 2, shift: 1000}}")
    assert world.values(run, "a")[:3] == [None, 2 * 100.5 + 1000, 2 * 101.5 + 1000]


def test_a_misspelt_keyword_is_refused_where_python_would_swallow_it(plugin, world) -> None:
    with pytest.raises(ParameterError, match="no parameter 'fctor'"):
        plugin().checked({"fctor": 2.0})
    world.write("taking", TEXT.replace("MORE", ""))
    with pytest.raises(GraphError) as caught:
        world.plan("a: {use: taking, in: daily, with: {fctor: 2}}")
    assert "factor" in caught.value.hint


def test_a_keyword_without_default_is_taken_from_python(plugin) -> None:
    assert plugin().make(plugin().checked({"extra": 7})).extra == 7


def test_who_looks_through_all_keywords_may_mean_any(plugin) -> None:
    assert plugin("self.rest = dict(kwargs)").make({"anything": 1}).rest == {"anything": 1}
    assert plugin("self.rest = dict(kwargs)").checked({"anything": 1})["anything"] == 1


@pytest.mark.parametrize("value", ["3", 3.5, True, None])
def test_values_of_another_type_are_refused_or_read(plugin, value) -> None:
    if value == "3":
        assert plugin().checked({"period": value})["period"] == 3
    else:
        with pytest.raises(ParameterError):
            plugin().checked({"period": value})
