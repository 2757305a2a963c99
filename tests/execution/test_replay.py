"""A failed call made again: alone, with the code as it is now, and with the lines of its author."""

import pytest

from pipeline.errors import UsageError
from pipeline.execution.replay import author_frames, author_traceback

BROKEN = '''
def helper(x):
    raise ValueError("no luck")


@indicator
def breaks(x: Number, *, by: Annotated[float, Param("What is added")] = 2.0) -> Number:
    """Fail, or add."""
    note("breaks")
    return helper(x)
'''
KERNEL = '''
def check(value):
    if value > 205.0:
        raise ValueError("too high")
    return value


@indicator(style="kernel")
def checks(x: Number) -> Number:
    """Fail on a high value."""
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = check(x[i])
    return out
'''
GRAPH = "before: {use: plus, in: daily.close}\nbad: {use: breaks, in: before, with: {by: 3}}"


@pytest.fixture
def failed(site):
    """A site in which `bad` has failed."""
    site.node("broken", BROKEN)
    site.run(GRAPH)
    site.calls()
    return site


def test_the_failing_call_is_made_alone_and_fails_at_the_same_line(failed) -> None:
    found = failed.engine().replay("latest", "bad")
    assert failed.calls() == ["breaks"]
    assert found.raised.message == found.kept.raised.message == "ValueError: no luck"
    assert found.changed == ()
    assert [(frame.function, frame.text) for frame in found.frames] == [
        ("breaks", "return helper(x)"),
        ("helper", 'raise ValueError("no luck")'),
    ]
    assert {frame.file for frame in found.frames} == {str(failed.nodes / "broken.py")}
    assert found.frame is None


def test_mended_code_is_said_to_have_changed_and_gives_a_value(failed) -> None:
    failed.edit("broken", "return helper(x)", "return x + by")
    found = failed.engine().replay("latest", "bad")
    assert found.changed == ("code",)
    assert found.raised is None
    assert found.frame.columns == ["symbol", "ts", "value"]
    assert found.frame["value"].to_list()[:2] == [103.0, 104.0]
    assert found.frame.height == 36


def test_a_symbol_leaves_the_others_out(failed) -> None:
    failed.edit("broken", "return helper(x)", "return x + by")
    found = failed.engine().replay("latest", "bad", "BBB")
    assert found.frame["symbol"].unique().to_list() == ["BBB"]
    with pytest.raises(UsageError):
        failed.engine().replay("latest", "bad", "NONE")


def test_runs_are_named_as_everywhere(failed) -> None:
    failed.run("other: {use: plus, in: daily.open}")
    engine = failed.engine()
    run_id = engine.replay("latest~1", "bad").kept.run_id
    assert engine.replay(run_id, "g.bad").kept.run_id == run_id
    assert engine.replay(run_id[:-2], "bad").kept.run_id == run_id
    with pytest.raises(UsageError, match="has kept no failed call"):
        engine.replay("latest", "bad")


def test_a_type_that_no_longer_takes_the_call_is_said(failed) -> None:
    failed.edit("broken", "x: Number, *, by", "x: Number, y: Number = None, *, by")
    with pytest.raises(UsageError, match="has the inputs x, y now"):
        failed.engine().replay("latest", "bad")
    failed.edit("broken", "x: Number, y: Number = None, *, by", "x: Number, *, plus")
    with pytest.raises(UsageError, match="no param 'by'"):
        failed.engine().replay("latest", "bad")
    failed.edit("broken", "def breaks", "def broke")
    with pytest.raises(UsageError, match="no node type 'breaks' any more"):
        failed.engine().replay("latest", "bad")


def test_another_library_version_is_named(failed, upgrade) -> None:
    upgrade("polars")
    (changed,) = failed.engine().replay("latest", "bad").changed
    assert changed.startswith("polars ")
    assert changed.endswith(" → 0.0.1")


def test_a_kernel_is_followed_to_its_line(site) -> None:
    site.node("kernel", KERNEL)
    site.run("bad: {use: checks, in: daily.close}")
    found = site.engine().replay("latest", "bad")
    assert found.raised.message == "ValueError: too high"
    assert found.call.panel.symbols == ("BBB",)
    assert [frame.function for frame in found.frames] == ["checks", "check"]
    assert site.engine().replay("latest", "bad", "CCC").raised is not None
    with pytest.raises(UsageError, match="with 'AAA'"):
        site.engine().replay("latest", "bad", "AAA")


def test_frames_of_engine_and_libraries_are_left_out(failed) -> None:
    found = failed.engine().replay("latest", "bad")
    entry, names = author_traceback(found.error), []
    while entry is not None:
        names.append(entry.tb_frame.f_code.co_name)
        entry = entry.tb_next
    assert names == ["breaks", "helper"]
    assert author_frames(ValueError("never raised")) == ()


def test_tries_and_retries_are_in_the_database(failed) -> None:
    done = failed.run("bad: {use: breaks, in: daily.close, retry: 2}")
    engine = failed.engine()
    last = f"run_id = '{done.run.id}'"  # ids of one second are in no order
    assert engine.sql(f"select tries from node_timings where {last}").item() == 3
    assert engine.sql(f"select attempt, code, message from retries where {last} order by attempt").rows() == [
        (1, "TG501", "ValueError: no luck"),
        (2, "TG501", "ValueError: no luck"),
    ]
    assert engine.sql(f"select count(*) from failures where {last}").item() == 1


PANEL = '''
from pipeline import Axis, Bars


def first_two(axis):
    return axis.filter(pl.int_range(pl.len()).over("symbol") < 2)


@indicator(style="panel", rows=first_two)
def early(rows: Axis, bars: Bars, x: Number, end: Number = None) -> Number:
    """Fail, or add where there is a row."""
    raise ValueError(f"{rows.height} of {bars.height}")
    by = ["symbol", "ts"]
    return rows.join(bars.drop("end").join(x.drop("end"), on=by), on=by, how="left", maintain_order="left")["value"] + 1
'''


@pytest.mark.parametrize("end", ["", ", end: daily.open"])
def test_a_node_whose_ports_have_rows_of_their_own_is_replayed_with_them(site, end) -> None:
    site.node("panel", PANEL)
    site.run("bad: {use: early, in: {bars: daily, x: daily.close" + end + "}}")
    found = site.engine().replay("latest", "bad")
    assert found.raised.message == found.kept.raised.message == "ValueError: 6 of 36"
    assert [frame.function for frame in found.frames] == ["early"]
    site.edit("panel", '    raise ValueError(f"{rows.height} of {bars.height}")\n', "")
    found = site.engine().replay("latest", "bad")
    assert found.raised is None
    assert found.frame["symbol"].to_list() == ["AAA", "AAA", "BBB", "BBB", "CCC", "CCC"]
    assert found.frame["value"].to_list() == [101.0, 102.0, 201.0, 202.0, 301.0, 302.0]
