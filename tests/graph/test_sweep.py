"""`sweep:`: which cells a file means, and every way in which it can mean none."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.graph.sweep import MAX_CELLS, Axis, Sweep, cells_of, sampled
from pipeline.graph.sweep_read import range_texts, typed_axis
from pipeline.model.param import DeclaredParam, Param

PARAMS = """\
params:
  fast: {type: int, default: 12, min: 2, max: 200}
  slow: {type: int, default: 48, min: 3, max: 400}
  share: {type: float, default: 0.5}
  since: {type: date, default: 2020-01-01}
"""
NODES = """\
nodes:
  a: {use: sma, in: daily.close, with: {period: $fast}}
  b: {use: sma, in: daily.close, with: {period: $slow}}
  c: {use: cross, in: {fast: a, slow: b}}
  d: {use: scale, in: a, with: {factor: $share}}
  e: {use: named, in: a, with: {names: [$since]}}
"""


@pytest.fixture
def swept(graph, head):
    """`swept("{grid: …}")`: the values of each cell of a graph with that sweep."""

    def found(text, **params):
        checked = graph(f"{head}{PARAMS}{NODES.replace('  e: {use: named, in: a, with: {names: [$since]}}', '')}"
                        f"sweep: {text}\n", params=params)  # fmt: skip
        cells, faults = cells_of(checked.sweep, checked.params)
        assert not faults
        return [cell.values for cell in cells]

    return found


def test_a_grid_is_every_value_with_every_other_the_last_param_fastest(swept):
    assert swept("{grid: {fast: [5, 10], slow: [20, 40]}}") == [
        {"fast": fast, "slow": slow} for fast in (5, 10) for slow in (20, 40)
    ]


def test_a_range_has_both_its_ends_and_a_step_of_one_unless_it_says(swept):
    assert [cell["fast"] for cell in swept("{grid: {fast: {range: [8, 24, 4]}}}")] == [8, 12, 16, 20, 24]
    assert [cell["fast"] for cell in swept("{grid: {fast: {range: [3, 5]}}}")] == [3, 4, 5]
    assert [cell["fast"] for cell in swept("{grid: {fast: {range: [9, 4, -3]}}}")] == [9, 6]


def test_a_range_of_fractions_is_exact(swept):
    assert [cell["share"] for cell in swept("{grid: {share: {range: [0.1, 0.7, 0.1]}}}")] == [
        0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7,
    ]  # fmt: skip


def test_zipped_values_go_together_and_with_every_cell_of_the_grid(swept):
    found = swept("{grid: {share: [0.5, 1]}, zip: {fast: [5, 10], slow: [20, 40]}}")
    assert [(c["share"], c["fast"], c["slow"]) for c in found] == [
        (0.5, 5, 20), (0.5, 10, 40), (1.0, 5, 20), (1.0, 10, 40),
    ]  # fmt: skip


def test_a_condition_keeps_cells_and_may_speak_of_params_that_are_not_swept(swept):
    assert len(swept("{grid: {fast: {range: [8, 24, 4]}, slow: [48, 96, 192]}, where: slow >= 3 * fast}")) == 13
    assert [c["fast"] for c in swept("{grid: {fast: [10, 20]}, where: slow >= 3 * fast}")] == [10]
    assert [c["fast"] for c in swept("{grid: {fast: [10, 20]}, where: slow >= 3 * fast}", slow=60)] == [10, 20]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("‸{}", "TG132", "names no param"),
        ("{grid: {fast: ‸[]}}", "TG132", "'fast' has no value"),
        ("{grid: {fast: ‸3}}", "TG107", "a list or a range"),
        ("{grid: {fast: ‸{from: 3}}}", "TG107", "a list or a range"),
        ("{grid: {fast: ‸[3, [4]]}}", "TG107", "single value"),
        ("{grid: {‸fats: [3]}}", "TG206", "no param 'fats'"),
        ("{grid: {fast: [3, ‸x]}}", "TG222", "expected int"),
        ("{grid: {fast: [3, ‸500]}}", "TG223", "2 … 200"),
        ("{grid: {fast: {range: ‸[3]}}}", "TG107", "from, to and step"),
        ("{grid: {fast: {range: ‸[3, 9, 0]}}}", "TG107", "step of 0"),
        ("{grid: {fast: {range: ‸[3, 9, -1]}}}", "TG107", "never gets from 3 to 9"),
        ("{grid: {fast: {range: ‸[3, z]}}}", "TG107", "takes numbers"),
        ("{grid: {fast: {range: ‸[0, 1e9, 1e-9]}}}", "TG107", "at most 1,000,000"),
        ("{zip: ‸{fast: [3, 4], slow: [5]}}", "TG131", "fast has 2, slow has 1"),
        ("‸{grid: {fast: [3]}, zip: {fast: [4]}}", "TG205", "under both"),
        ("{grid: {fast: [3]}, ‸wher: fast > 2}", "TG105", "no key 'wher'"),
        ("{grid: {fast: [30]}, where: ‸slow >= 3 * fast}", "TG132", "keeps none of 1 cells"),
        ("{grid: {fast: [30]}, where: ‸slow >=}", "TG134", "is no SQL expression"),
        ("{grid: {fast: [30]}, where: ‸slwo >= fast}", "TG134", "'slwo', which is no param"),
        ("{grid: {fast: [30]}, where: ‸slow + fast}", "TG134", "expected true or false"),
        ("{grid: {fast: [30]}, where: ‸upper(fast) = 'X'}", "TG134", "cannot be evaluated"),
        ("‸{grid: {fast: {range: [2, 200]}, slow: {range: [3, 400]}, share: {range: [0, 1, 0.01]}}}", "TG133", "199"),
    ],
)  # fmt: skip
def test_a_sweep_that_means_nothing_is_a_fault_at_its_place(faults, head, text, code, words):
    (fault,) = faults(f"{head}{PARAMS}{NODES.replace('names: [$since]', 'names: [x]')}sweep: {text}\n", code)
    assert words in fault.message


def test_a_sweep_is_inherited_and_may_be_changed(graph, head, tmp_path, registry):
    from pipeline.graph.check import check_file

    body = NODES.replace("  e: {use: named, in: a, with: {names: [$since]}}\n", "")
    (tmp_path / "base.yaml").write_text(f"{head}{PARAMS}{body}sweep: {{grid: {{fast: [5, 6], slow: [50]}}}}\n")
    (tmp_path / "child.yaml").write_text(
        "tradegraph: 1\nextends: ./base.yaml\nsweep: {grid: {slow: [60, 70]}, where: fast > 5}\n"
    )
    checked = check_file(tmp_path / "child.yaml", registry)
    assert [cell.values for cell in cells_of(checked.sweep, checked.params)[0]] == [
        {"fast": 6, "slow": 60}, {"fast": 6, "slow": 70},
    ]  # fmt: skip


def test_an_axis_of_the_command_line_takes_the_place_of_that_in_the_file():
    sweep = Sweep((Axis("fast", (1, 2)), Axis("slow", (3,))), where="slow > fast")
    changed = sweep.over([Axis("fast", (7, 8, 9)), Axis("smooth.period", (4,))], where="fast <> 8")
    assert [(axis.name, axis.values) for axis in changed.grid] == [
        ("slow", (3,)), ("fast", (7, 8, 9)), ("smooth.period", (4,)),
    ]  # fmt: skip
    assert changed.where == "(slow > fast) and (fast <> 8)"


def test_a_cell_parts_params_of_the_graph_from_those_of_nodes():
    (cell,), _ = cells_of(Sweep((Axis("fast", (1,)), Axis("trend.smooth.period", (4,)))), {})
    assert cell.params == {"fast": 1}
    assert cell.settings == {"trend.smooth": {"period": 4}}
    assert cell.values == {"fast": 1, "trend.smooth.period": 4}


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        (int, "8:24:8", (8, 16, 24)),
        (int, "8:10", (8, 9, 10)),
        (int, "8,12", (8, 12)),
        (int, "8", (8,)),
        (float, "0.1:0.3:0.1", (0.1, 0.2, 0.3)),
        (str, "long, both", ("long", "both")),
        (dt.time, "9:30", (dt.time(9, 30),)),
        (dt.time, "9:30,16:00", (dt.time(9, 30), dt.time(16))),
    ],
)
def test_what_is_typed_means_what_the_param_takes(kind, text, values):
    axis, wrong = typed_axis("x", text, DeclaredParam("x", kind, values[0], Param("It")))
    assert (axis.values, wrong) == (values, [])


@given(
    first=st.integers(-50, 50), last=st.integers(-50, 50), step=st.integers(-9, 9).filter(bool), scale=st.integers(0, 4)
)
@settings(derandomize=True, deadline=None, database=None)
def test_a_range_is_that_of_python_with_its_end(first, last, step, scale):
    def text(number):
        return f"{number}e-{scale}"

    expected = list(range(first, last + (1 if step > 0 else -1), step))
    if not expected:
        with pytest.raises(ValueError, match="never gets"):
            range_texts([text(first), text(last), text(step)])
    else:
        found = range_texts([text(first), text(last), text(step)])
        assert [float(one) for one in found] == [float(text(number)) for number in expected]


@given(count=st.integers(1, 60), most=st.integers(1, 70), seed=st.integers(0, 5))
@settings(derandomize=True, deadline=None, database=None)
def test_a_sample_is_some_cells_in_order_and_the_same_again(count, most, seed):
    cells, _ = cells_of(Sweep((Axis("x", tuple(range(count))),)), {})
    for sampler in ("grid", "random"):
        found = sampled(cells, most, sampler=sampler, seed=seed)
        numbers = [cell.number for cell in found]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == min(most, count)
        assert found == sampled(cells, most, sampler=sampler, seed=seed)
    assert sampled(cells, most)[0].number == 0


def test_the_limit_of_cells_is_before_the_condition():
    sweep = Sweep((Axis("x", tuple(range(MAX_CELLS + 1))),), where="x = 1")
    _, (fault,) = cells_of(sweep, {})
    assert fault.code == "TG133"


@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4), zipped=st.integers(0, 3))
@settings(derandomize=True, deadline=None, database=None)
def test_a_cell_is_found_by_its_place(lengths, zipped):
    grid = tuple(Axis(f"g{at}", tuple(range(length))) for at, length in enumerate(lengths))
    together = tuple(Axis(name, tuple(f"{name}{n}" for n in range(zipped))) for name in "zy" if zipped)
    sweep = Sweep(grid, together)
    assert sweep.rows(range(sweep.size)) == sweep.rows()
