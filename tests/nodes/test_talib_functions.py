"""Every TA-Lib function as a node: TA-Lib's own numbers, and none of its traps."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, get_args, get_origin

import numpy as np
import pytest
import talib
from talib import _ta_lib as library
from talib import abstract

from nodes.talib import _probe as probe
from nodes.talib import functions
from nodes.talib._run import AVERAGES, INDEXES, UNSTABLE, WINDOWED
from pipeline.model.kind import PERCENT

TYPES = functions.load()
ROWS = 700
GAPS = [0, 1, 200, 333, 334, 335, 450]


def inputs(name, rows=ROWS, seed=5):
    """Columns for the ports of a function, read-only as the engine gives them."""
    bars = probe.sample(rows, seed)
    columns = [bars[field] for _, _, field in probe.ports_of(abstract.Function(name).info)]
    if name in probe.UNIT_INTERVAL:
        columns = [np.sin(column) for column in columns]
    for column in columns:
        column.flags.writeable = False
    return columns


def outputs(name, columns, **params):
    found = TYPES[name](*columns, **params)
    return list(found) if isinstance(found, tuple) else [found]


def reference(name, columns, **params):
    """TA-Lib's own arrays, with what the node promises about them: missing is NaN, positions are bars ago."""
    given = {key: AVERAGES[value] if isinstance(value, str) else value for key, value in params.items()}
    found = getattr(library, name)(*(column.copy() for column in columns), **given)
    raw = found if isinstance(found, tuple) else (found,)
    arrays = [array.astype(np.float64) for array in raw]
    function = abstract.Function(name)
    if given:
        function.parameters = given
    for array, original in zip(arrays, raw, strict=True):
        if original.dtype != np.float64:
            if name in INDEXES:
                array[:] = np.arange(len(array)) - array
            array[: function.lookback] = np.nan
    return [np.where(np.isinf(array), np.nan, array) for array in arrays]


def variants(name):
    """Params that differ from the defaults: short and long windows, every average, numbers between their bounds."""
    found = [{}]
    for param in TYPES[name].params:
        if get_origin(param.type) is Literal:
            found += [{param.name: average} for average in get_args(param.type)]
        elif param.type is int:
            found += [{param.name: value} for value in (param.param.bounds.ge, param.default + 7)]
        else:
            low, high = param.param.bounds.ge, param.param.bounds.le
            found += [{param.name: max(low, min(high, value))} for value in (0.1, 0.5, 1.5)]
    return [params for params in found if params != {"maxperiod": 1}]  # MAVP: below the shortest period


@pytest.fixture(params=sorted(talib.get_function_groups()))
def names(request):
    """The functions of one group."""
    return talib.get_function_groups()[request.param]


def test_every_function_is_there_and_no_other():
    assert set(TYPES) == set(talib.get_functions())


def test_the_declarations_are_those_of_the_installed_version():
    assert json.loads(probe.probe()) == json.loads(probe.DATA.read_text(encoding="utf-8"))


def test_values_are_those_of_talib_for_all_kinds_of_params(names):
    for name in names:
        columns = inputs(name)
        for params in variants(name):
            for found, expected in zip(
                outputs(name, columns, **params), reference(name, columns, **params), strict=True
            ):
                np.testing.assert_array_equal(found, expected, err_msg=f"{name} {params}")


def test_exactly_the_warmup_is_missing(names):
    for name in names:
        columns = inputs(name)
        for params in variants(name):
            checked, faults = TYPES[name].params.check(params, owner=name)
            assert not faults
            warmup = TYPES[name].warmup_of(checked)
            for found in outputs(name, columns, **params):
                assert np.isnan(found[:warmup]).all(), (name, params)
                assert not np.isnan(found[warmup:]).any(), (name, params)


def test_a_gap_does_what_the_page_says(names):
    for name in names:
        columns = inputs(name)
        known = np.ones(ROWS, dtype=bool)
        known[GAPS] = False
        for params in variants(name):
            node = TYPES[name]
            checked, _ = node.params.check(params, owner=name)
            chosen = [value for value in checked.values() if isinstance(value, str)]
            remembers = node.fn.recursive or any(value not in WINDOWED for value in chosen)
            found = outputs(name, [np.where(known, column, np.nan) for column in columns], **params)
            if remembers:
                expected = reference(name, [column[known] for column in columns], **params)
                for ours, theirs in zip(found, expected, strict=True):
                    np.testing.assert_array_equal(ours[known], theirs, err_msg=f"{name} {params}")
                    assert np.isnan(ours[~known]).all(), (name, params)
            else:
                warmup = node.warmup_of(checked)
                clear = np.array([row >= warmup and known[row - warmup : row + 1].all() for row in range(ROWS)])
                for ours, theirs in zip(found, reference(name, columns, **params), strict=True):
                    size = np.nanmax(np.abs(theirs))
                    np.testing.assert_allclose(
                        ours[clear], theirs[clear], rtol=1e-9, atol=1e-9 * size, err_msg=f"{name} {params}"
                    )
                    assert np.isnan(ours[~clear]).all(), (name, params)


def test_one_missing_field_makes_the_whole_bar_missing(names):
    for name in names:
        columns = inputs(name)
        all_gone = [np.where(np.arange(ROWS) == 300, np.nan, column) for column in columns]
        expected = outputs(name, all_gone)
        for which in range(len(columns)):
            one_gone = [all_gone[i] if i == which else column for i, column in enumerate(columns)]
            for found, same in zip(outputs(name, one_gone), expected, strict=True):
                np.testing.assert_array_equal(found, same, err_msg=name)


def test_nothing_in_gives_nothing_out_and_no_error(names):
    for name in names:
        columns = inputs(name)
        for rows in (0, 1, 2):
            for found in outputs(name, [column[:rows] for column in columns]):
                assert len(found) == rows
        for found in outputs(name, [np.full(50, np.nan) for _ in columns]):
            assert len(found) == 50
            assert np.isnan(found).all()


def test_percentages_are_percentages(names):
    for name in names:
        for seed in (1, 2):
            for kind, found in zip(TYPES[name].outputs, outputs(name, inputs(name, seed=seed)), strict=True):
                if kind.kind is PERCENT:
                    assert np.nanmin(found) >= -1e-9, name
                    assert np.nanmax(found) <= 100.0 + 1e-9, name


def test_unknown_params_and_values_out_of_bounds_are_refused():
    node = TYPES["RSI"]
    codes = {fault.code for fault in node.params.check({"timeperiod": 1, "period": 3}, owner="talib.rsi")[1]}
    assert codes == {"TG221", "TG223"}


def test_params_that_talib_refuses_together_are_named():
    with pytest.raises(ValueError, match="MAVP refuses minperiod=50, maxperiod=30"):
        outputs("MAVP", inputs("MAVP"), minperiod=50)


def test_a_setting_of_the_process_is_refused_not_obeyed():
    columns = inputs("MACD")
    talib.set_unstable_period("EMA", 40)
    try:
        with pytest.raises(RuntimeError, match="unstable period of TA-Lib's EMA"):
            outputs("MACD", columns)
    finally:
        talib.set_unstable_period("EMA", 0)


def test_the_functions_with_process_wide_settings_are_known():
    flagged = [
        name
        for name in talib.get_functions()
        if "Function has an unstable period" in (abstract.Function(name).info["function_flags"] or ())
    ]
    assert sorted(UNSTABLE) == sorted(flagged)


def test_threads_do_not_disturb_each_other():
    jobs = [(name, params) for name in ("MACD", "BBANDS", "STOCH", "MAXINDEX") for params in variants(name)] * 4
    columns = {name: inputs(name) for name, _ in jobs}

    def work(job):
        name, params = job
        return outputs(name, columns[name], **params), TYPES[name].warmup_of(
            TYPES[name].params.check(params, owner=name)[0]
        )

    alone = [work(job) for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        for (mine, rows), (together, same) in zip(alone, pool.map(work, jobs), strict=True):
            assert rows == same
            for ours, theirs in zip(mine, together, strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_listing_node_types_does_not_import_talib():
    code = (
        "import sys\nfrom pipeline.plugins.discover import build_registry\n"
        "assert 'talib.rsi' in build_registry([]).registry\nassert 'talib' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
