"""How a kernel is called: arrays of one symbol, its warm-up, and what it must not do."""

import polars as pl
import pytest

KERNELS = '''
class Twice(NamedTuple):
    sums: Number
    counts: Number


@indicator(style="kernel", warmup=lambda p: p.period - 1)
def trailing(x: Number, *, period: Annotated[int, Param("Rows", ge=1)] = 2) -> Twice:
    """Sum of the last rows, and how many rows of the symbol were seen."""
    sums = np.full(len(x), np.nan)
    counts = np.empty(len(x))
    for i in range(len(x)):
        counts[i] = i + 1
        if i >= period - 1:
            total = 0.0
            for j in range(period):
                total += x[i - j]
            sums[i] = total
    return sums, counts


@strategy(style="kernel")
def codes(bars: Bars, extra: Number = None, *, level: Annotated[float, Param("Given out")] = 1.0) -> Event:
    """Give `level` where the close is known, else nothing; `extra` counts when it is wired."""
    opened, high, low, close, volume = bars
    out = np.full(len(close), np.nan)
    for i in range(len(close)):
        if not np.isnan(close[i]):
            out[i] = level
            if extra is not None:
                out[i] = level - extra[i]
    return out


@indicator(style="kernel")
def holds(x: Number, *, level: Annotated[float, Param("Given out")] = 1.0) -> Condition:
    """Says `level` for true."""
    return np.full(len(x), level)


@indicator(style="kernel")
def echoes(x: SameKind) -> SameKind:
    """Twice its input, whatever that means."""
    return x * 2.0


@indicator(style="kernel")
def shorter(x: Number) -> Number:
    """One value too few."""
    return x[1:] * 1.0


@indicator(style="kernel")
def writes(x: Number) -> Number:
    """Writes into its input."""
    x[0] = 0.0
    return x
'''


@pytest.fixture
def kernel_world(uneven):
    uneven.node("kernels", KERNELS)
    return uneven


def test_a_kernel_sees_one_symbol_at_a_time_and_its_warm_up_is_null(kernel_world) -> None:
    nodes = "a: {use: trailing, in: daily.close, with: {period: 3}}"
    run = kernel_world.run(nodes)
    sums, counts = (kernel_world.frame(run, "a", part) for part in ("sums", "counts"))
    assert counts["value"].to_list() == [
        *[1.0],
        *[1.0, 2.0],
        *[1.0, 2.0, 3.0, 4.0, 5.0],
        *[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
    ]
    frame = sums.with_columns(row=pl.int_range(pl.len()).over("symbol"))
    assert frame.filter(pl.col("row") < 2)["value"].null_count() == 1 + 2 + 2 + 2
    close = kernel_world.market.read(run.plan.bars[run.plan.steps[0].axis], ["close"]).columns["close"].series
    expected = pl.DataFrame({"symbol": frame["symbol"], "x": close}).select(
        pl.col("x").rolling_sum(3, min_samples=3).over("symbol")
    )["x"]
    assert frame["value"].to_list() == pytest.approx(expected.to_list())
    assert frame["value"].is_nan().sum() == 0


def test_a_kernel_gets_a_bundle_as_arrays_and_none_for_an_open_port(kernel_world) -> None:
    nodes = """
        a: {use: codes, in: {bars: daily}}
        b: {use: codes, in: {bars: daily, extra: c}}
        c: {use: plus, in: d}
        d: {use: zero, in: daily.close}
    """
    kernel_world.node(
        "zero", '@indicator\ndef zero(x: Number) -> Number:\n    """One, if known."""\n    return x * 0 + 1\n'
    )
    run = kernel_world.run(nodes)
    assert run.exit_status == 0, [record.failure for record in run.records]
    closes = kernel_world.values(run, "d")
    assert None in closes
    assert kernel_world.values(run, "a") == [None if x is None else 1 for x in closes]
    assert kernel_world.values(run, "b") == [None if x is None else 0 for x in closes]
    assert kernel_world.column(run, "a").series.dtype == pl.Int8


@pytest.mark.parametrize("level", [2.0, 0.5, -1.5, 1e300])
def test_a_kernel_that_gives_other_events_is_refused(kernel_world, level) -> None:
    run = kernel_world.run(f"a: {{use: codes, in: {{bars: daily}}, with: {{level: {level}}}}}")
    assert run.records[0].failure.code == "TG502"
    assert f"{level:g}" in run.records[0].failure.message


@pytest.mark.parametrize("level", [3.0, -1.0, 1e300])
def test_a_condition_other_than_0_and_1_is_refused(kernel_world, level) -> None:
    run = kernel_world.run(f"a: {{use: holds, in: daily.close, with: {{level: {level}}}}}")
    assert [record.failure.code for record in run.records] == ["TG502"]
    assert f"{level:g}" in run.records[0].failure.message


def test_twice_an_event_is_a_number(kernel_world) -> None:
    run = kernel_world.run("a: {use: codes, in: {bars: daily}}\nb: {use: echoes, in: a}")
    assert set(kernel_world.values(run, "b")) == {2.0, None}


def test_neighbours_are_called_in_a_row_and_one_that_fails_fails_alone(kernel_world, monkeypatch) -> None:
    text = """
        a: {use: trailing, in: daily.close, with: {period: 3}}
        b: {use: trailing, in: a.sums, with: {period: 2}}
        c: {use: codes, in: {bars: daily}}
        d: {use: codes, in: {bars: daily}, with: {level: 7}}
        e: {use: codes, in: {bars: daily}, with: {level: -1}}
    """
    parts = (("a", "sums"), ("b", "sums"), ("b", "counts"), ("c", "value"), ("e", "value"))
    found = []
    for small in (2**20, 0):
        monkeypatch.setattr("pipeline.execution.together._SMALL", small)
        run = kernel_world.run(text, cache=False)
        assert [record.step.node.name for record in run.records if record.failure or record.symbols] == ["d"]
        found.append([kernel_world.values(run, *part) for part in parts])
    assert found[0] == found[1]


def test_a_kernel_of_the_wrong_length_or_that_writes_into_its_input_fails(kernel_world) -> None:
    run = kernel_world.run("a: {use: shorter, in: daily.close}\nb: {use: writes, in: daily.close}")
    assert [record.status for record in run.records] == ["failed", "failed"]
    assert "another length" in run.record("g", "a").failure.message
    message = run.record("g", "b").failure.message
    assert "cannot be compiled: it writes into an input, which is read-only (File " in message
    assert ", line " in message
    assert "readonly" in run.record("g", "b").failure.traceback.replace(" ", "")
