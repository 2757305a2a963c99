"""A node that fails fails alone: what is skipped, stored, recorded, retried, and how a run ends."""

import pytest

from pipeline.execution.protocols import Silent

NODES = """
root: {use: plus, in: daily.close, with: {by: 1}}
bad: {use: fragile, in: root, with: {by: 2}}
child: {use: plus, in: bad, with: {by: 3}}
grandchild: {use: plus, in: {x: child, y: root}, with: {by: 4}}
sibling: {use: plus, in: root, with: {by: 5}}
apart: {use: plus, in: daily.open, with: {by: 6}}
"""


class Heard(Silent):
    def __init__(self):
        self.said = []

    def finished(self, *, node, status, ms, rows, message):
        self.said.append((node, status, message))


@pytest.fixture
def broken(world):
    """A run in which `bad` failed."""
    world.break_("no luck")
    world.failed = world.run(NODES)
    world.called = world.calls()
    return world


def test_a_failing_node_fails_alone_and_its_descendants_are_skipped(broken) -> None:
    run = broken.failed
    assert sorted(broken.called) == ["fragile 2", "plus 1", "plus 5", "plus 6"]
    assert {record.step.node.name: record.status for record in run.records} == {
        "root": "computed",
        "bad": "failed",
        "child": "skipped",
        "grandchild": "skipped",
        "sibling": "computed",
        "apart": "computed",
    }
    assert (run.status, run.exit_status) == ("failed", 1)


def test_a_failure_carries_code_message_and_traceback(broken) -> None:
    record = broken.failed.record("g", "bad")
    assert record.failure.code == "TG501"
    assert record.failure.message == "ValueError: no luck"
    assert record.failure.cause == ""
    assert "in breaking" in record.failure.traceback
    assert str(broken.nodes / "arithmetic.py") in record.failure.traceback
    assert record.ms is not None
    assert record.started_at is not None
    assert record.rows is None


@pytest.mark.parametrize("node", ["child", "grandchild"])
def test_a_skipped_node_names_the_node_that_is_the_cause(broken, node) -> None:
    record = broken.failed.record("g", node)
    assert record.failure.code == "TG503"
    assert record.failure.cause == "bad"
    assert "'bad'" in record.failure.message
    assert record.ms is None


def test_progress_tells_of_every_node_in_order(world) -> None:
    world.break_("no luck")
    heard = Heard()
    world.run(NODES, progress=heard)
    assert [(node, status) for node, status, _ in heard.said] == [
        ("root", "computed"),
        ("bad", "failed"),
        ("child", "skipped"),
        ("grandchild", "skipped"),
        ("sibling", "computed"),
        ("apart", "computed"),
    ]
    assert "no luck" in heard.said[1][2]


def test_a_failure_is_never_cached(broken) -> None:
    broken.run(NODES)
    assert broken.calls() == ["fragile 2"]
    broken.mend()
    run = broken.run(NODES)
    assert broken.calls() == ["fragile 2", "plus 3", "plus 4"]
    assert run.exit_status == 0
    assert broken.values(run, "grandchild")[0] == (100 + 1 + 2 + 3) + (100 + 1) + 4


def test_fail_fast_stops_at_the_first_failure(world) -> None:
    world.break_()
    run = world.run(NODES, fail_fast=True)
    assert world.calls() == ["plus 1", "fragile 2"]
    assert run.counts == {"computed": 1, "cached": 0, "failed": 1, "skipped": 4}
    assert run.exit_status == 1
    left = run.record("g", "apart").failure
    assert left.code == "TG503"
    assert "'bad'" in left.message


def test_what_was_computed_before_a_fail_fast_stop_is_stored(world) -> None:
    world.break_()
    world.run(NODES, fail_fast=True)
    world.mend()
    world.calls()
    world.run(NODES)
    assert "plus 1" not in world.calls()


def test_two_failures_are_two_causes(world) -> None:
    world.break_()
    run = world.run("""
        one: {use: fragile, in: daily.close, with: {by: 1}}
        two: {use: fragile, in: daily.close, with: {by: 2}}
        after: {use: plus, in: two}
    """)
    assert run.counts == {"computed": 0, "cached": 0, "failed": 2, "skipped": 1}
    assert run.record("g", "after").failure.cause == "two"


def test_a_stored_value_is_used_though_the_node_above_it_fails_now(broken) -> None:
    broken.mend()
    broken.run(NODES)
    broken.break_()
    broken.calls()
    run = broken.run(NODES, refresh=["bad"])
    assert broken.calls() == ["fragile 2"]
    assert run.counts == {"computed": 0, "cached": 5, "failed": 1, "skipped": 0}


def interrupting(world) -> None:
    world.node(
        "interrupt",
        """
        @indicator
        def interrupt(x: Number) -> Number:
            \"\"\"Somebody presses Ctrl-C.\"\"\"
            raise KeyboardInterrupt
        """,
    )


def test_ctrl_c_ends_the_run_and_keeps_what_was_done(world) -> None:
    interrupting(world)
    nodes = """
        a: {use: plus, in: daily.close, with: {by: 1}}
        b: {use: interrupt, in: a}
        c: {use: plus, in: a, with: {by: 2}}
    """
    run = world.run(nodes)
    assert (run.status, run.exit_status) == ("interrupted", 130)
    assert world.calls() == ["plus 1"]
    assert [record.status for record in run.records] == ["computed", "skipped", "skipped"]
    assert {record.failure.code for record in run.records[1:]} == {"TG504"}
    world.run(nodes.replace("interrupt", "plus"))
    assert world.calls() == ["plus 0", "plus 2"]


def test_an_interrupted_run_is_interrupted_even_after_a_failure(world) -> None:
    interrupting(world)
    world.break_()
    run = world.run("a: {use: fragile, in: daily.close}\nb: {use: interrupt, in: daily.close}")
    assert (run.status, run.exit_status) == ("interrupted", 130)


def test_a_node_that_exits_is_a_failed_node(world) -> None:
    world.node(
        "leave",
        """
        import sys

        @indicator
        def leave(x: Number) -> Number:
            \"\"\"Wants to end the program.\"\"\"
            sys.exit("bye")
        """,
    )
    run = world.run("a: {use: leave, in: daily.close}\nb: {use: plus, in: daily.close, with: {by: 1}}")
    assert run.record("g", "a").failure.message == "SystemExit: bye"
    assert world.calls() == ["plus 1"]
    assert run.exit_status == 1


def test_bars_that_cannot_be_read_fail_the_nodes_over_them(world) -> None:
    world.on_disk()
    for part in (world.root / "market").rglob("*.parquet"):
        if "AAA" in str(part):
            part.write_bytes(b"rubbish")
    run = world.run(NODES)
    failed = [record for record in run.records if record.status == "failed"]
    assert {record.failure.code for record in failed} == {"TG305"}
    assert {record.step.node.name for record in failed} == {"root", "apart"}
    assert world.calls() == []


def test_a_lost_value_that_cannot_be_computed_again_fails_its_consumer_and_is_recorded(world) -> None:
    nodes = "a: {use: fragile, in: daily.close}\nb: {use: plus, in: a, with: {by: 1}}"
    world.run(nodes)
    plan = world.plan(nodes, overrides={"settings": {"b": {"by": 2.0}}})
    world.store.values.clear()
    world.break_("no luck")
    run = world.run(plan)
    assert run.exit_status == 1
    assert run.record("g", "a").status == "failed"
    assert run.record("g", "a").failure.message == "ValueError: no luck"
    assert "no luck" in run.record("g", "b").failure.message


@pytest.mark.parametrize(
    ("body", "returns", "says"),
    [
        ("return x.mean()", "Number", "3 values of 'value' for 36 rows"),
        ("return pl.lit(1.0)", "Number", "one value, not one per row"),
        ("return x.head(2)", "Number", "6 values of 'value' for 36 rows"),
        ("return x > 100", "Number", "true/false"),
        ("return x", "Condition", "expected true/false"),
        ("return x, x", "Number", "2 expressions for 1 outputs"),
        ("return x * 0 + 2", "Event", "allowed: -1, 0, 1"),
        ("return x * 0 + 0.5", "Event", "allowed: -1, 0, 1"),
        ("return x > 100", "Event", "true/false"),
        ("return x.cast(pl.String)", "Number", "String"),
        ("return x.cast(pl.String)", "Event", "String"),
        ("return x.cast(pl.Int64).cast(pl.Datetime)", "Number", "Datetime"),
    ],
    ids=[
        *("mean", "literal", "short", "bool for number", "number for bool", "two", "event 2", "event 0.5"),
        *("bool for event", "text for number", "text for event", "time for number"),
    ],
)
def test_a_wrong_output_is_refused(world, body, returns, says) -> None:
    world.node("wrong", f'@indicator\ndef wrong(x: Number) -> {returns}:\n    """Wrong."""\n    {body}\n')
    run = world.run("a: {use: wrong, in: daily.close}\nb: {use: plus, in: daily.close}")
    failure = run.record("g", "a").failure
    assert failure.code == "TG502"
    assert says in failure.message
    assert run.record("g", "b").status == "computed"
    assert run.plan.step("g", "a").key not in world.store.values


@pytest.mark.parametrize("body", ["return None", "return {}", "return [x]"], ids=["none", "dict", "list"])
def test_an_output_that_is_no_expression_fails_the_node(world, body) -> None:
    world.node("wrong", f'@indicator\ndef wrong(x: Number) -> Number:\n    """Wrong."""\n    {body}\n')
    run = world.run("a: {use: wrong, in: daily.close}")
    assert run.record("g", "a").status == "failed"
    assert world.store.values == {}


def test_nan_becomes_null_and_infinity_stays(world) -> None:
    world.node(
        "odd",
        """
        @indicator
        def odd(x: Number) -> Number:
            \"\"\"NaN, infinities, null and a number.\"\"\"
            zero = x - x
            row = pl.int_range(pl.len())
            return (
                pl.when(row == 0).then(zero / zero)
                .when(row == 1).then(1.0 / zero)
                .when(row == 2).then(-1.0 / zero)
                .when(row == 3).then(None)
                .otherwise(x)
            )

        @indicator
        def fires(x: Number) -> Condition:
            \"\"\"A comparison that NaN would pass.\"\"\"
            return x > 5
        """,
    )
    run = world.run("a: {use: odd, in: daily.close}\nb: {use: fires, in: a}")
    assert world.values(run, "a")[:5] == [None, float("inf"), float("-inf"), None, 104.0]
    assert world.values(run, "b")[:5] == [None, True, False, None, True]


def test_whole_numbers_and_small_floats_are_taken_as_numbers(world) -> None:
    world.node(
        "casts",
        """
        @indicator
        def whole(x: Number) -> Number:
            \"\"\"Whole numbers.\"\"\"
            return x.cast(pl.Int32)

        @strategy
        def events(x: Number) -> Event:
            \"\"\"Events as floats.\"\"\"
            return pl.when(x > 105).then(1.0).when(x > 102).then(-1.0).when(x > 101).then(0.0)
        """,
    )
    run = world.run("a: {use: whole, in: daily.close}\nb: {use: events, in: daily.close}")
    assert world.values(run, "a")[:2] == [100.0, 101.0]
    assert world.column(run, "a").series.dtype.is_float()
    assert world.values(run, "b")[:7] == [None, None, 0, -1, -1, -1, 1]
    assert world.column(run, "b").series.dtype.is_integer()
