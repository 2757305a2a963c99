"""What holds for every node type that ships beside the laws of tests/laws, which are about every registered type."""

import numpy as np
import pytest

ROWS = 80


def cut(port, rows):
    return {name: x[:rows] for name, x in port.items()} if isinstance(port, dict) else port[:rows]


@pytest.fixture
def run(compute, table, tabulate):
    """The outputs of a node as a list of arrays, or the table that it gives."""

    def outputs(node, ports, params):
        if node.style == "table":
            by_name = dict(zip((port.name for port in node.ports), ports, strict=True))
            found = tabulate(node, table(node, by_name), **params)
            return found.metrics if isinstance(found, tuple) else found
        found = compute(node.id, *ports, **params)
        return [found] if isinstance(found, np.ndarray) else list(vars(found).values())

    return outputs


def test_a_compiled_kernel_agrees_with_its_python(node, run, example):
    if node.style != "kernel":
        pytest.skip("not a kernel")
    ports, params = example(node, ROWS)
    ports[0][30] = np.nan
    interpreted = node(*ports, **params)
    interpreted = interpreted if isinstance(interpreted, tuple) else (interpreted,)
    # the last digit of a logarithm is not the same in both
    np.testing.assert_allclose(run(node, ports, params), interpreted, rtol=1e-14, atol=0.0)


def test_values_of_an_event_or_condition_are_those_of_its_kind(node, run, example):
    if node.style == "table":
        pytest.skip("a table has columns of its own")
    ports, params = example(node, ROWS)
    allowed = {"event": {-1.0, 0.0, 1.0}, "condition": {0.0, 1.0}}.get(str(node.outputs[0].kind))
    if allowed is None or node.scope == "cross-section":
        pytest.skip("neither an event nor a condition, or one symbol is not enough")
    (found,) = run(node, ports, params)
    assert set(found[~np.isnan(found)]) == allowed
