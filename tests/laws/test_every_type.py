"""The laws over every registered node type, the functions of TA-Lib included."""

from functools import cache

import pytest

from pipeline.execution.kernel import KernelCache
from pipeline.laws.certify import ROWS, WHOLE, certify
from pipeline.laws.trial import Compiled, Interpreted
from pipeline.plugins.discover import build_registry

SHARE = 24
"""Node types of one test: so many that pytest costs little, so few that workers share the load."""


@cache
def types():
    return tuple(build_registry([]).registry)


@pytest.fixture(scope="module")
def kernels(compiled_kernels):
    """Compiled kernels. Those that several tables call belong to the first of them, here as in other rooms."""
    cache = KernelCache(compiled_kernels)
    for node in types():
        if node.style == "table":
            cache.attach(node)
    return cache


def said(certificates):
    return {c.node.id: {law: breach.message for law, breach in c.breaches.items()} for c in certificates if c.breaches}


@pytest.mark.parametrize("part", range(SHARE))
def test_every_node_type_keeps_the_laws(part, kernels):
    # kernels run as Python: compiling sixty of them takes longer than everything else, and they are compared elsewhere
    # but those that tables call: as Python they would take longer still
    evaluate = Interpreted(kernels)
    certificates = [certify(node, evaluate, rows=160) for node in types()[part::SHARE]]
    assert certificates
    assert said(certificates) == {}


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(SHARE))
def test_every_node_type_keeps_the_laws_over_the_whole_range_of_its_params(part, kernels):
    evaluate = Compiled(kernels)
    certificates = [certify(node, evaluate, rows=ROWS, draws=WHOLE) for node in types()[part::SHARE]]
    assert said(certificates) == {}
