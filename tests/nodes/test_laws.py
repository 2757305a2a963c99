"""What holds for every node type that ships, whatever it computes."""

import numpy as np
import polars as pl
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


def test_a_prefix_of_the_input_gives_a_prefix_of_the_output(node, run, example):
    if node.style == "table":
        pytest.skip("a table has rows of its own")
    ports, params = example(node, ROWS)
    whole = run(node, ports, params)
    for rows in (1, 2, 5, 11, 37, ROWS - 1):
        part = run(node, [cut(port, rows) for port in ports], params)
        for ours, theirs in zip(part, whole, strict=True):
            np.testing.assert_array_equal(ours, theirs[:rows])


def test_every_output_has_a_row_per_bar_and_is_missing_in_the_warmup_only(node, run, example):
    if node.style == "table":
        pytest.skip("a table has rows of its own")
    ports, params = example(node, ROWS)
    checked, _ = node.params.check(params, owner=node.id)
    expected = np.arange(ROWS) < node.warmup_of(checked)
    for output in run(node, ports, params):
        assert len(output) == ROWS
        np.testing.assert_array_equal(np.isnan(output), expected)
        assert not np.isinf(output).any()


def test_the_same_input_gives_the_same_output(node, run, example):
    ports, params = example(node, ROWS)
    first, second = run(node, ports, params), run(node, ports, params)
    if isinstance(first, pl.DataFrame):
        assert first.equals(second)
    else:
        np.testing.assert_array_equal(first, second)


def test_a_compiled_kernel_agrees_with_its_python(node, run, example):
    if node.style != "kernel":
        pytest.skip("not a kernel")
    ports, params = example(node, ROWS)
    ports[0][30] = np.nan
    interpreted = node(*ports, **params)
    interpreted = interpreted if isinstance(interpreted, tuple) else (interpreted,)
    np.testing.assert_array_equal(run(node, ports, params), interpreted)


def test_inputs_may_be_of_any_length(node, run, example):
    for rows in (0, 1, 2, 3):
        ports, params = example(node, rows)
        if node.style == "table":
            assert run(node, ports, params).height == min(rows, 1)
        else:
            assert {len(output) for output in run(node, ports, params)} == {rows}


def test_values_of_an_event_or_condition_are_those_of_its_kind(node, run, example):
    if node.style == "table":
        pytest.skip("a table has columns of its own")
    ports, params = example(node, ROWS)
    allowed = {"event": {-1.0, 0.0, 1.0}, "condition": {0.0, 1.0}}.get(str(node.outputs[0].kind))
    if allowed is None:
        pytest.skip("neither an event nor a condition")
    (found,) = run(node, ports, params)
    assert set(found[~np.isnan(found)]) == allowed


def test_every_end_of_every_param_is_taken(node, run, example):
    ports, params = example(node, 30)
    for param in node.params:
        ends = {**param.param.bounds.given()}
        for name, end in ends.items():
            value = end if name in ("ge", "le") else end + 1e-9 if name == "gt" else end - 1e-9
            checked = {**params, param.name: value}
            found = run(node, ports, checked)
            if node.style != "table":
                assert {len(output) for output in found} == {30}
