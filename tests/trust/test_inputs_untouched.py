"""A node that writes into what it was given changes nothing for anybody else, in memory or on disk.

`base` feeds the vandal and a witness that is computed after it; both values and the stored one must stay.
"""

import textwrap

import pytest

FRAME = """
@indicator(style="frame")
def vandal(x: Number, bars: Bars) -> Number:
    \"\"\"Write into its inputs.\"\"\"
    try:
{body}
    except Exception as error:
        note("refused " + type(error).__name__)
    return x * 0.0
"""
TABLE = """
from pipeline import Axis, Table

@portfolio(style="table")
def vandal(axis: Axis, x: Number, bars: Bars) -> Table:
    \"\"\"Write into its inputs.\"\"\"
    before = axis.clone()
    try:
{body}
    except Exception as error:
        note("refused " + type(error).__name__)
    return pl.DataFrame({{"value": [1.0]}})
"""
WITNESS = """
@indicator
def witness(x: Number, close: Price) -> Number:
    \"\"\"Look at both.\"\"\"
    note("witness")
    return x + close

@indicator(style="kernel")
def numeric(x: Number) -> Number:
    \"\"\"Look at the numpy side.\"\"\"
    return x + 0.0
"""
GRAPH = """
base: {use: base, in: daily.close}
vandal: {use: vandal, in: {x: base, bars: daily}}
witness: {use: witness, in: {x: base, close: daily.close}}
again: {use: base, in: witness}
"""

PANDAS = {
    "values": "x.values[:] = -1.0",
    "to_numpy": "x.to_numpy()[:] = -1.0",
    "to_numpy without a copy": "x.to_numpy(copy=False)[:] = -1.0",
    "asarray": "np.asarray(x)[:] = -1.0",
    "array protocol": "x.__array__()[:] = -1.0",
    "sort of values": "x.values.sort()\nx.values[::-1].sort()",
    "unlocked values": "values = x.values\nvalues.setflags(write=True)\nvalues[:] = -1.0",
    "ufunc out": "np.multiply(x.values, -1.0, out=x.values)",
    "setitem": "x[0] = -1.0",
    "slice setitem": "x[:] = -1.0",
    "mask setitem": "x[x > 0] = -1.0",
    "iloc": "x.iloc[0] = -1.0\nx.iloc[1:] = -2.0",
    "loc": "x.loc[0] = -1.0\nx.loc[x > 0] = -1.0",
    "at and iat": "x.at[0] = -1.0\nx.iat[1] = -1.0",
    "inplace fill": "x.fillna(-1.0, inplace=True)\nx.replace(100.0, -1.0, inplace=True)",
    "inplace clip": "x.clip(0.0, 1.0, inplace=True)",
    "inplace sort": "x.sort_values(ascending=False, inplace=True)",
    "augmented": "x *= -1.0\nx += 5.0",
    "a view's values": "x.iloc[:3].values[:] = -1.0",
    "a shallow copy": "x.copy(deep=False).values[:] = -1.0",
    "column setitem": "bars['close'] = -1.0\nbars['close'] *= 2",
    "column values": "bars['close'].values[:] = -1.0",
    "chained setitem": "bars['close'][0] = -1.0\nbars['close'].iloc[0] = -1.0",
    "frame loc": "bars.loc[:, 'close'] = -1.0",
    "frame iloc": "bars.iloc[:, 4] = -1.0",
    "frame values": "bars[['open', 'close']].values[:] = -1.0",
    "dropped columns": "bars.drop(columns=['open', 'close'], inplace=True)",
    "inserted columns": "bars.insert(0, 'first', 1.0)\nbars.pop('close')",
    "renamed columns": "bars.columns = ['close', 'open', 'low', 'high', 'timestamp', 'volume']",
    "changed index": "x.index = x.index[::-1]\nbars.index = bars.index[::-1]",
    "index values": "bars.index.values[:] = 7\nbars.timestamp.values[:] = 0",
    "the polars series": "s = x.to_polars()\ns[0] = -1.0",
}
POLARS = {
    "setitem": "x[0] = -1.0",
    "slice setitem": "x[[0, 1, 2]] = -1.0",
    "scatter": "x.scatter([0, 1], -1.0)",
    "to_numpy": "x.to_numpy()[:] = -1.0",
    "to_numpy without a copy": "x.to_numpy(allow_copy=False)[:] = -1.0",
    "unlocked numpy": "values = x.to_numpy()\nvalues.setflags(write=True)\nvalues[:] = -1.0",
    "writable numpy": "x.to_numpy(writable=True)[:] = -1.0",
    "view": "np.asarray(x)[:] = -1.0",
    "append": "x.append(pl.Series([1.0]))\nx.extend(pl.Series([1.0]))",
    "sort": "x.sort(descending=True, in_place=True)",
    "shrink": "x.shrink_to_fit(in_place=True)",
    "clear": "x.clear()",
    "bars column": "bars['close'][0] = -1.0\nbars['close'] = None",
    "bars emptied": "bars.clear()",
    "axis columns": "axis.columns = ['a', 'b']",
    "axis drop": "axis.drop_in_place('symbol')",
    "axis replace": "axis.replace_column(0, pl.Series('symbol', ['ZZZ'] * axis.height))",
    "axis extend": "axis.extend(before)\naxis.insert_column(0, pl.Series('n', range(axis.height)))",
    "axis setitem": "axis[0, 'symbol'] = 'ZZZ'\naxis['ts'] = None",
    "axis series": "axis['ts'].to_numpy()[:] = 0",
}


def attempts(template, bodies):
    return [(template, text, how) for how, text in bodies.items()]


@pytest.fixture(scope="module")
def truth():
    """What the witness sees when nobody writes: the close twice, the first of each symbol."""
    return [200.0, 202.0, 204.0]


QUICK = {
    "values",
    "to_numpy without a copy",
    "unlocked values",
    "ufunc out",
    "setitem",
    "augmented",
    "column values",
    "chained setitem",
    "frame loc",
    "index values",
    "the polars series",
    "unlocked numpy",
    "append",
    "sort",
    "bars column",
    "axis columns",
    "axis extend",
    "axis series",
}
CASES = [*attempts(FRAME, PANDAS), *attempts(TABLE, POLARS)]
IDS = [f"{'frame' if template is FRAME else 'table'}: {how}" for template, _, how in CASES]


@pytest.mark.parametrize(
    ("template", "body", "how"),
    [
        pytest.param(*case, id=name, marks=() if case[2] in QUICK else pytest.mark.heavy)
        for case, name in zip(CASES, IDS, strict=True)
    ],
)
def test_nobody_else_sees_what_a_node_writes_into_its_inputs(world, truth, template, body, how) -> None:
    world.node("witness", WITNESS)
    world.node("vandal", template.format(body=textwrap.indent(body, " " * 8)))
    world.on_disk()
    run = world.run(GRAPH)
    assert run.record("g", "witness").status == "computed"
    for node in ("witness", "again"):
        assert world.values(run, node)[:3] == truth, node
    assert world.values(run, "base")[:3] == [100.0, 101.0, 102.0]
    assert world.values(run, "base") == world.bars()["close"].to_list()
    assert world.frame(run, "witness").select("symbol", "ts").equals(world.bars().select("symbol", "ts"))
    assert world.column(run, "base").array.tolist() == world.bars()["close"].to_list()
    # and the next run finds the values as they were stored
    world.calls()
    later = world.run(GRAPH + "late: {use: witness, in: {x: base, close: daily.close}}")
    assert world.values(later, "late")[:3] == truth


@pytest.mark.xdist_group("compiled")
@pytest.mark.parametrize("how", ["setitem", "whole", "helper"])
def test_a_kernel_that_writes_into_its_input_is_refused(world, how) -> None:
    bodies = {"setitem": "x[0] = -1.0", "whole": "x[:] = -1.0", "helper": "spoil(x)"}
    world.node(
        "vandal",
        f"""
        def spoil(values):
            values[0] = -1.0

        @indicator(style="kernel")
        def vandal(x: Number) -> Number:
            \"\"\"Write into its input.\"\"\"
            {bodies[how]}
            return x * 2.0
        """,
    )
    run = world.run("base: {use: base, in: daily.close}\nvandal: {use: vandal, in: base}\nlast: {use: base, in: base}")
    assert run.record("g", "vandal").status == "failed"
    assert "read-only" in run.record("g", "vandal").failure.message
    assert world.values(run, "last")[:2] == [100.0, 101.0]


@pytest.mark.xdist_group("compiled")
def test_a_kernel_that_gives_its_input_back_shares_it_with_nobody_who_writes(world) -> None:
    world.node(
        "same",
        """
        @indicator(style="kernel")
        def same(x: Number) -> Number:
            \"\"\"Give the input back.\"\"\"
            return x

        @indicator(style="frame")
        def vandal(x: Number) -> Number:
            \"\"\"Write into what a kernel gave.\"\"\"
            for values in (x.values, x.to_numpy(), np.asarray(x)):
                try:
                    values[:] = -1.0
                except ValueError:
                    note("refused")
            return x
        """,
    )
    run = world.run(
        "base: {use: base, in: daily.close}\nsame: {use: same, in: base}\nvandal: {use: vandal, in: same}\n"
        "last: {use: base, in: same}"
    )
    closes = world.bars()["close"].to_list()
    assert [world.values(run, node) for node in ("base", "same", "last")] == [closes] * 3


@pytest.mark.parametrize("style", ["frame", "table"])
def test_what_is_written_on_disk_is_what_was_computed_before_anybody_wrote(site, style) -> None:
    """On a project with segments: the file of `base` is written after the vandal had its turn."""
    template, body = (FRAME, PANDAS["unlocked values"]) if style == "frame" else (TABLE, POLARS["unlocked numpy"])
    site.node("witness", WITNESS)
    site.node("vandal", template.format(body=textwrap.indent(body, " " * 8)))
    result = site.run(GRAPH)
    for _ in range(2):
        assert result.output("base")["value"].to_list() == site.bars()["close"].to_list()
        assert result.output("witness")["value"][0] == 200.0
        result = site.run(GRAPH)
    assert result.run.counts["computed"] == 0
