"""Array nodes: plain Python over the arrays of one symbol, and what becomes of what it gives."""

import numpy as np
import pytest

ARRAYS = '''
class Two(NamedTuple):
    """Two outputs."""

    level: Number
    high: Condition


@indicator(style="array")
def sorted_up(x: Number) -> Number:
    """What numpy does with the column of one symbol; it may neither write into it nor see another symbol."""
    assert x.dtype == np.float64 and not x.flags.writeable
    return np.sort(x)


@indicator(style="array")
def parts(bars: Bars, extra: Number = None, *, by: Annotated[int, Param("Factor", ge=1)] = 2) -> Two:
    """A bundle is a tuple of arrays, a port that is not wired is None."""
    assert extra is None
    return bars[0] * by, bars[3] > 100.0


@indicator(style="array")
def wrong(x: Number, *, how: Annotated[Literal["short", "text", "two"], Param("How")] = "short") -> Number:
    """What is refused."""
    return {"short": x[1:], "text": x.astype(str), "two": (x, x)}[how]
'''


@pytest.fixture
def arrays(world):
    world.node("arrays", ARRAYS)
    return world


def test_an_array_node_is_called_once_per_symbol(arrays) -> None:
    run = arrays.run("a: {use: sorted_up, in: daily.close}")
    assert run.exit_status == 0, run.records[0].failure
    frame = arrays.frame(run, "a")
    for _, mine in frame.group_by("symbol", maintain_order=True):
        known = mine["value"].drop_nulls()
        assert known.to_list() == sorted(known)


def test_outputs_take_the_dtypes_of_their_kinds(arrays) -> None:
    run = arrays.run("a: {use: parts, in: {bars: daily}, with: {by: 3}}")
    assert run.exit_status == 0, run.records[0].failure
    assert set(arrays.values(run, "a", "high")) <= {True, False}


@pytest.mark.parametrize(
    ("how", "said"), [("short", "values of 'value' for the"), ("text", "expected numbers"), ("two", "2 arrays for 1")]
)
def test_a_wrong_result_is_refused(arrays, how, said) -> None:
    run = arrays.run(f"a: {{use: wrong, in: daily.close, with: {{how: {how}}}}}")
    assert run.records[0].failure.code == "TG502"
    assert said in run.records[0].failure.message


def test_the_clock_is_a_column_of_every_expression(world) -> None:
    world.node(
        "clock",
        """
        @indicator
        def month(x: Number) -> Number:
            \"\"\"The month of each bar.\"\"\"
            return pl.col("ts").dt.month().cast(pl.Float64)
        """,
    )
    run = world.run("a: {use: month, in: daily.close}")
    frame = world.frame(run, "a")
    assert frame["value"].to_list() == [float(ts.month) for ts in frame["ts"]]
    assert np.isfinite(frame["value"].to_numpy()).all()
