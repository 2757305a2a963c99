"""Why a node is due: each answer in the situation that it is for."""

import polars as pl
import pytest

from pipeline.engine import Overrides


def reasons(site, path, node, overrides=None, **options):
    """What changed, as (change, detail) pairs."""
    engine = site.engine()
    return [(reason.change, reason.detail) for reason in engine.why(engine.plan(path, overrides, **options), node)]


def changes(site, path, node, overrides=None, **options):
    return [change for change, _ in reasons(site, path, node, overrides, **options)]


@pytest.fixture(scope="module")
def chain(nouns, tmp_path_factory, kernel_folder):
    """A site whose chain a → b → c has run."""
    site = nouns["Site"](tmp_path_factory.mktemp("chain") / "site", kernel_folder)
    site.path = site.graph(site.CHAIN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(nouns["CALLS"], str(site.root.with_name("calls")))
        site.run(site.path)
    site.snapshot()
    return site


@pytest.fixture
def ran(chain, nouns, monkeypatch):
    """The same, as it was after that run."""
    monkeypatch.setenv(nouns["CALLS"], str(chain.root.with_name("calls")))
    return chain.restored()


def test_a_node_of_a_graph_that_never_ran_is_new(site) -> None:
    assert changes(site, site.graph(site.CHAIN), "a") == ["NEW"]


def test_a_node_that_was_added_is_new(ran) -> None:
    path = ran.graph(ran.CHAIN + "d: {use: plus, in: c, with: {by: 4}}")
    assert changes(ran, path, "d") == ["NEW"]
    assert changes(ran, path, "c") == ["STORED"]


def test_a_stored_node_says_where(ran) -> None:
    ((change, detail),) = reasons(ran, ran.path, "a")
    assert change == "STORED"
    assert ran.engine().plan(ran.path).step("g", "a").key in detail


def test_an_edited_helper_is_code(ran) -> None:
    ran.edit("arithmetic", "total = x + by * times", "total = x + times * by")
    ((change, detail),) = reasons(ran, ran.path, "a")
    assert change == "CODE"
    assert "plus" in detail


def test_another_node_type_is_code_and_names_both(ran) -> None:
    path = ran.graph(ran.CHAIN.replace("c: {use: plus", "c: {use: fragile"))
    assert reasons(ran, path, "c")[0] == ("CODE", "it uses fragile, it used plus")


def test_another_library_version_is_code_and_names_it(ran, upgrade) -> None:
    upgrade("polars")
    found = reasons(ran, ran.path, "a")
    assert found[0][0] == "CODE"
    assert "polars is 0.0.1" in found[0][1]


def test_an_edited_param_is_param_and_tells_both_values(ran) -> None:
    changed = Overrides(settings={"b": {"by": 2.5}})
    assert reasons(ran, ran.path, "b", changed) == [("PARAM", "by is 2.5, it was 2.0")]


def test_what_follows_an_edit_is_upstream_and_names_the_input(ran) -> None:
    changed = Overrides(settings={"a": {"by": 2.5}})
    assert reasons(ran, ran.path, "b", changed) == [("UPSTREAM", "input 'x': 'a' changed")]
    assert reasons(ran, ran.path, "c", changed) == [("UPSTREAM", "input 'x': 'b' changed")]


def test_another_wire_is_upstream_and_tells_both_ends(ran) -> None:
    path = ran.graph(ran.CHAIN.replace("in: b", "in: a"))
    ((change, detail),) = reasons(ran, path, "c")
    assert change == "UPSTREAM"
    assert "'a'" in detail
    path = ran.graph(ran.CHAIN.replace("daily.close", "daily.open"))
    ((change, detail),) = reasons(ran, path, "a")
    assert change == "UPSTREAM"
    assert "daily.open" in detail
    assert "daily.close" in detail


def test_a_newly_wired_port_is_upstream(ran) -> None:
    path = ran.graph(ran.CHAIN.replace("in: a,", "in: {x: a, y: daily.open},"))
    assert reasons(ran, path, "b") == [("UPSTREAM", "input 'y' is wired")]


def test_corrected_bars_are_data(ran) -> None:
    ran.put(ran.bars().head(1).with_columns(close=pl.lit(99.5)))
    ((change, detail),) = reasons(ran, ran.path, "a")
    assert change == "DATA"
    assert "1d" in detail
    assert changes(ran, ran.path, "c") == ["DATA"]


def test_other_symbols_are_data_and_are_counted(ran) -> None:
    ran.put(ran.bars(("DDD",)))
    ((change, detail),) = reasons(ran, ran.path, "a")
    assert change == "DATA"
    assert detail == "the 1d splits bars are of 4 symbols now, they were of 3 symbols"


def test_fewer_symbols_are_stored(ran) -> None:
    ((change, _),) = reasons(ran, ran.path, "a", Overrides(bars={"symbols": "AAA"}))
    assert change == "STORED"


def test_another_adjustment_is_data_and_tells_both(ran) -> None:
    path = ran.graph(ran.CHAIN, bars="daily: {timeframe: 1d, adjust: none}")
    ((change, detail),) = reasons(ran, path, "a")
    assert change == "DATA"
    assert "1d none" in detail
    assert "1d splits" in detail


def test_several_changes_are_all_told(ran) -> None:
    ran.edit("arithmetic", "total = x + by * times", "total = x + times * by")
    ran.put(ran.bars().head(1).with_columns(close=pl.lit(99.5)))
    changed = Overrides(settings={"a": {"by": 7.0}, "b": {"by": 2.5}})
    assert changes(ran, ran.path, "b", changed) == ["CODE", "PARAM", "UPSTREAM", "DATA"]


def test_the_asked_range_of_an_account_is_range(site) -> None:
    nodes = "a: {use: account, in: daily.close}\nb: {use: plus, in: a}"
    site.run(site.graph(nodes, bars="daily: {timeframe: 1d, from: 2020-01-03}"))
    path = site.graph(nodes, bars="daily: {timeframe: 1d, from: 2020-01-05}")
    assert changes(site, path, "a") == ["RANGE"]
    assert changes(site, path, "b") == ["UPSTREAM"]


def test_a_value_whose_file_is_gone_is_gone(ran) -> None:
    for segment in ran.segments:
        segment.unlink()
    assert changes(ran, ran.path, "a") == ["GONE"]


def test_a_value_whose_file_was_cut_short_is_gone(ran) -> None:
    for segment in ran.segments:
        segment.write_bytes(segment.read_bytes()[:-1])
    assert changes(ran, ran.path, "a") == ["GONE"]


def test_a_refreshed_node_says_so(ran) -> None:
    assert changes(ran, ran.path, "b", refresh=["b"]) == ["REFRESH"]
    assert changes(ran, ran.path, "c", refresh=["b"]) == ["STORED"]
    assert changes(ran, ran.path, "b", cache=False) == ["REFRESH"]


def test_a_node_that_failed_in_the_latest_run_may_be_told_from_a_lost_value(site) -> None:
    path = site.graph("a: {use: fragile, in: daily.close}")
    site.break_()
    site.run(path)
    site.mend()
    ((change, detail),) = reasons(site, path, "a")
    assert change == "GONE"
    assert "failed" in detail


def test_the_comparison_is_with_the_latest_run(ran) -> None:
    ran.run(ran.path, Overrides(settings={"a": {"by": 7.0}}))
    changed = Overrides(settings={"a": {"by": 8.0}})
    assert reasons(ran, ran.path, "a", changed) == [("PARAM", "by is 8.0, it was 7.0")]


def test_a_library_that_the_node_does_not_use_is_not_blamed(ran, upgrade) -> None:
    nodes = ran.CHAIN + "k: {use: twice, in: daily.close}"
    ran.node(
        "framed",
        """
        @indicator(style="frame")
        def twice(x: Number) -> Number:
            \"\"\"Twice.\"\"\"
            return x * 2
        """,
    )
    path = ran.graph(nodes)
    ran.run(path)
    upgrade("numpy")
    changed = Overrides(settings={"a": {"by": 7.0}})
    assert changes(ran, path, "a", changed) == ["PARAM"]
    assert changes(ran, path, "k", changed) == ["CODE"]
