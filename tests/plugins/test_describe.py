"""Node types whose code is in workers alone: described as they would have been loaded, and called as they were read."""

import runpy
from dataclasses import fields
from pathlib import Path

import pytest

from pipeline.errors import PluginError
from pipeline.execution.kernel import KernelCache
from pipeline.laws.certify import certify
from pipeline.laws.trial import Compiled
from pipeline.model.node import NodeType
from pipeline.plugins.admit import Policy
from pipeline.plugins.apart import Apart
from pipeline.plugins.confine import Bounds
from pipeline.plugins.describe import Absent
from pipeline.plugins.discover import build_registry
from pipeline.plugins.here import plugin_here, type_here
from pipeline.plugins.workers import host as hosts
from pipeline.plugins.workers.host import WorkerHost

pytestmark = pytest.mark.xdist_group("worker")

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "execution" / "world.py"))
ALIKE = [f.name for f in fields(NodeType) if f.name not in ("fn", "warmup", "caution", "params", "captured")]

TYPES = '''
import datetime as dt
from typing import Literal, Optional

from pipeline import Axis, Bars, Anything
from . import _length


class Two(NamedTuple):
    """Two outputs."""

    up: Condition
    away: Number


@indicator(warmup=lambda p: p.days + _length.MORE, caution=lambda p: "many" if p.days > 9 else "")
def lagged(
    x: Number,
    y: Price = None,
    *,
    days: Annotated[int, Param("Days", ge=1, le=50)] = 3,
    mode: Annotated[Literal["a", "b"], Param("Mode")] = "b",
    many: Annotated[tuple[float, ...], Param("Many")] = (1.0, 2.5),
    until: Annotated[Optional[dt.date], Param("Until")] = None,
    wait: Annotated[dt.timedelta, Param("Wait")] = dt.timedelta(minutes=5),
) -> Two:
    """A difference."""
    return x > x.shift(days), x - x.shift(days + _length.MORE)


@strategy(style="frame", recursive=True)
def decides(bars: Bars) -> Signal:
    """Never decides."""
    return bars["close"] * 0, bars["close"] * 0


@indicator(style="panel", rows="to")
def onto(rows: Axis, x: Number, to: Anything) -> SameKind:
    """The last value at or before a row."""
    return rows.join_asof(x.drop("end"), on="ts", by="symbol", check_sortedness=False)["value"]
'''


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A folder of plugins, and `found(here)`: what is there, loaded here or described by workers."""
    root = tmp_path_factory.mktemp("described")
    files = NOUNS["Files"](root / "files")
    (files.nodes / "arithmetic.py").unlink()
    files.write("_length", "MORE = 1\n")
    files.node("types", TYPES)
    with WorkerHost([files.nodes], root / "kernels", bounds=Bounds.usual()) as host:
        files.host, files.memory = host, root / "memory.json"

        def found(*, here: bool, trusted: frozenset[str] = frozenset()):
            policy = Policy(
                examine=False, elsewhere=None if here else host, memory=None if here else files.memory, trusted=trusted
            )
            return build_registry([files.nodes], shipped=files.shipped, policy=policy)

        files.found = found
        yield files


def test_a_described_type_is_the_loaded_one_but_for_its_functions(house) -> None:
    here, there = house.found(here=True).registry, house.found(here=False).registry
    assert set(here.ids) == set(there.ids) == {"lagged", "decides", "onto"}
    for name in here.ids:
        one, other = here[name], there[name]
        assert {field: getattr(one, field) for field in ALIKE} == {field: getattr(other, field) for field in ALIKE}
        assert one.captured.digest == other.captured.digest
        assert isinstance(other.fn, Absent)
        for mine, its in zip(one.params, other.params, strict=True):
            assert (mine.name, mine.type, mine.default) == (its.name, its.type, its.default)
            assert (mine.param.description, mine.param.bounds) == (its.param.description, its.param.bounds)
        with pytest.raises(PluginError, match="was not loaded into this process"):
            other.fn(1)
        assert not isinstance(type_here(other).fn, Absent)


def test_what_planning_asks_of_a_plugin_is_answered_by_a_worker_once(house, monkeypatch) -> None:
    lagged = house.found(here=False).registry["lagged"]
    params, faults = lagged.params.check({"days": 12}, owner="it")
    assert not faults
    assert lagged.warmup_of(params) == 13
    assert lagged.caution_of(params) == "many"
    house.host.close()

    def refuse(*_):
        raise OSError("no worker is wanted")

    monkeypatch.setattr(hosts, "forkserver", refuse)
    again = house.found(here=False).registry["lagged"]
    assert (again.warmup_of(params), again.caution_of(params)) == (13, "many")


def test_the_laws_say_the_same_of_a_type_that_workers_call(house) -> None:
    evaluate = Apart(Compiled(KernelCache(None)), house.host, 30.0)
    there = certify(house.found(here=False).registry["lagged"], evaluate)
    here = certify(house.found(here=True).registry["lagged"], Compiled(KernelCache(None)))
    assert there.breaches == here.breaches
    assert (there.warmup, there.leading, there.laws) == (here.warmup, here.leading, here.laws)


def test_what_makes_rows_while_a_plan_is_made_is_refused_unless_it_is_trusted(house) -> None:
    house.node(
        "maker",
        'from pipeline import Axis\n\n\ndef every(axis):\n    return axis\n\n\n@indicator(style="panel", rows=every)\n'
        'def maker(rows: Axis, x: Number) -> Number:\n    """The value."""\n    return x["value"]\n',
    )
    try:
        (fault,) = house.found(here=False).registry.refused
        assert fault.code == "TG419"
        assert "trusted_plugins" in fault.hint
        trusted = house.found(here=False, trusted=frozenset({"maker"})).registry
        assert not isinstance(trusted["maker"].fn, Absent)
        assert isinstance(trusted["lagged"].fn, Absent)
    finally:
        (house.nodes / "maker.py").unlink()


def test_a_name_that_two_files_claim_makes_neither_trusted(house) -> None:
    text = '@indicator\ndef mine(x: Number) -> Number:\n    """It."""\n    return x\n'
    house.node("first", text)
    house.node("second", "CLAIM = {'id': 'mine'}\n" + text.replace("mine", "other"))
    try:
        found = house.found(here=False, trusted=frozenset({"mine"})).registry
        assert isinstance(found["mine"].fn, Absent)
        assert isinstance(found["other"].fn, Absent)
    finally:
        (house.nodes / "first.py").unlink()
        (house.nodes / "second.py").unlink()


def test_a_last_good_version_is_called_though_its_file_was_broken(tmp_path, guide) -> None:
    from pipeline.engine import Engine

    (tmp_path / "plugin_config.json").write_text('{"validate_plugins": false}')
    (tmp_path / "nodes/custom").mkdir(parents=True)
    (tmp_path / "graphs").mkdir()
    file = tmp_path / "nodes/custom/my_custom_indicator.py"
    file.write_text(guide("indicator"))
    engine = Engine.open(tmp_path)
    NOUNS["import_frame"](engine.market, NOUNS["bars"](), "1d", source="test")
    nodes = "i: {use: my_custom_indicator, in: daily, with: {period: PERIOD}}"
    path = tmp_path / "graphs/g.yaml"
    for period, broken in ((3, False), (4, True)):
        if broken:
            file.write_text("def (\n")
        path.write_text(NOUNS["graph_text"](nodes.replace("PERIOD", str(period))))
        assert engine.run(path).run.record("g", "i").failure is None
        assert {r.status for r in engine.discovery.records if r.origin != "shipped"} == {"kept" if broken else "loaded"}
    kept = engine.discovery.plugins["my_custom_indicator"]
    assert plugin_here(kept).make({"period": 7}).period == 7
