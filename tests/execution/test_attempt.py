"""Tries and limits: who is called how often, what the record keeps, what is kept of failed calls."""

import pytest

from pipeline.errors import StoreError
from pipeline.execution.attempt import InProcess, Outcome, Raised
from pipeline.execution.execute import Options, execute
from pipeline.execution.plan import plan

LUCK = Raised("TG501", "ValueError: no luck", "")


class Moody:
    """A caller that fails as often as it is told to, then calls in process."""

    def __init__(self, kernels, failures: int = 0) -> None:
        self.inline = InProcess(kernels)
        self.failures = failures
        self.limits = []

    def call(self, call, limit):
        self.limits.append((call.node.id, limit))
        if self.failures:
            self.failures -= 1
            return Outcome(raised=Raised("TG505", f"{self.failures} to go", ""), ms=float(self.failures))
        return self.inline.call(call)


class Keeper:
    """A keeper in memory, or one whose disk is full."""

    def __init__(self, *, full: bool = False) -> None:
        self.kept = []
        self.full = full

    def keep(self, run_id, users, call, raised) -> None:
        if self.full:
            raise StoreError("no space left", hint="Free some.")
        self.kept.append((run_id, list(users), call.node.id, raised.message))


def run(world, nodes, **options):
    planned = plan([world.check(nodes)], world.market, world.store)
    return execute(planned, "run", world.market, world.store, world.kernels, options=Options(**options))


def test_only_nodes_with_a_timeout_are_called_by_the_caller_that_can_stop_them(world) -> None:
    moody = Moody(world.kernels)
    found = run(world, "a: {use: plus, in: daily.close, timeout: 2m}\nb: {use: plus, in: a}", limited=moody)
    assert moody.limits == [("plus", 120.0)]
    assert found.status == "ok"


def test_without_such_a_caller_a_timeout_is_not_watched(world) -> None:
    assert run(world, "a: {use: plus, in: daily.close, timeout: 1s}").status == "ok"


@pytest.mark.parametrize(("failures", "status", "tries"), [(0, "computed", 1), (2, "computed", 3), (3, "failed", 3)])
def test_a_node_is_tried_until_it_succeeds_or_has_no_try_left(world, failures, status, tries) -> None:
    moody = Moody(world.kernels, failures)
    record = run(world, "a: {use: plus, in: daily.close, retry: 2, timeout: 1s}", limited=moody).record("g", "a")
    assert (record.status, record.tries, len(moody.limits)) == (status, tries, tries)
    assert [outcome.raised.message for outcome in record.retried] == [
        f"{failures - n} to go" for n in range(1, min(failures, 2) + 1)
    ]
    if status == "failed":
        assert record.failure.message == "0 to go"


def test_a_retry_in_process_calls_the_node_again_and_nothing_else(world) -> None:
    world.break_()
    found = run(world, "a: {use: plus, in: daily.close}\nb: {use: fragile, in: a, retry: 2}\nc: {use: plus, in: b}")
    assert world.calls() == ["plus 0", "fragile 0", "fragile 0", "fragile 0"]
    assert [record.tries for record in found.records] == [1, 3, None]
    assert found.record("g", "b").failure.message == "ValueError: broken on purpose"


def test_tries_and_limits_are_in_no_key(world) -> None:
    one = world.plan("a: {use: plus, in: daily.close}").steps[0]
    other = world.plan("a: {use: plus, in: daily.close, retry: 3, timeout: 1s}").steps[0]
    assert one.key == other.key


def test_a_shared_step_gets_the_most_tries_and_the_longest_limit(world) -> None:
    step = world.plan(
        """
        a: {use: plus, in: daily.close, retry: 1, timeout: 3s}
        b: {use: plus, in: daily.close, retry: 4}
        c: {use: plus, in: daily.close, timeout: 2s}
        """
    ).steps[0]
    assert (step.retry, step.timeout) == (4, 3.0)


def test_the_inputs_of_a_failed_call_are_kept_once_and_of_no_other(world) -> None:
    world.break_()
    keeper = Keeper()
    run(
        world,
        "a: {use: plus, in: daily.close}\nb: {use: fragile, in: a, retry: 2}\nc: {use: plus, in: b}",
        failures=keeper,
    )
    assert keeper.kept == [("run", [("g", "b")], "fragile", "ValueError: broken on purpose")]


def test_a_keeper_that_cannot_write_is_a_warning_of_the_run(world) -> None:
    world.break_()
    found = run(world, "b: {use: fragile, in: daily.close}", failures=Keeper(full=True))
    assert found.record("g", "b").failure.code == "TG501"
    (warning,) = found.warnings
    assert (warning.code, warning.message, warning.severity) == ("TG601", "no space left", "warning")


def test_a_call_alone_has_the_rows_of_one_symbol(world) -> None:
    taken = []

    class Taker(Moody):
        def call(self, call, limit):
            taken.append(call)
            return super().call(call, limit)

    run(world, "a: {use: plus, in: {x: daily.close}, timeout: 1s}", limited=Taker(world.kernels))
    alone = taken[0].alone("BBB")
    assert alone.panel.symbols == ("BBB",)
    assert alone.panel.offsets.tolist() == [0, 12]
    assert alone.ports[0].series.to_list() == [200.0 + n for n in range(12)]
    assert alone.ports[1] is None
    assert alone.panel.ts.equals(taken[0].panel.ts.slice(12, 12))
