"""Memory and keeping: values make room for each other, what is not kept is computed only when it is needed."""

import numpy as np
import polars as pl
import pytest

from pipeline.execution.execute import Options, execute
from pipeline.execution.memory import Shelf, peak_bytes
from pipeline.model.column import Column

WIDE = "\n".join(
    [f"a{i}: {{use: plus, in: daily.close, with: {{by: {i}}}}}" for i in range(8)]
    + [f"b{i}: {{use: plus, in: {{x: a{i}, y: a{7 - i}}}, with: {{by: {i}}}}}" for i in range(8)]
    + ["end: {use: plus, in: {x: b0, y: b7}}"]
)


def value(rows: int) -> dict[str, Column]:
    return {"value": Column(array=np.zeros(rows))}


def test_the_value_that_is_used_last_makes_room() -> None:
    gone: list[int] = []
    shelf = Shelf(24, {1: 10, 2: 30, 3: 20}.__getitem__, lambda index, _: gone.append(index))
    for index in (1, 2, 3):
        shelf.put(index, value(1))
    assert gone == []
    shelf.put(1, value(2))
    assert gone == [2]
    assert [index in shelf for index in (1, 2, 3)] == [True, False, True]


def test_what_is_used_next_stays_however_large() -> None:
    shelf = Shelf(8, {1: 10, 2: 10}.__getitem__, lambda *_: pytest.fail("it is needed"))
    shelf.put(1, value(5))
    shelf.put(2, value(5))
    assert 1 in shelf
    assert 2 in shelf


@pytest.mark.parametrize("policy", ["all", "outputs"])
def test_a_run_within_little_memory_gives_the_same(site, policy) -> None:
    site.graph(WIDE, outputs="result: end")
    expected = site.engine().run("g", cache=False).output("end")
    site.calls()
    (site.root / "plugin_config.json").write_text(f'{{"project": {{"memory": 600, "store": "{policy}"}}}}')
    result = site.engine().run(site.root / "graphs" / "g.yaml", cache=False)
    assert result.output("end").equals(expected)
    assert len(site.calls()) == 17
    assert result.run.peak_bytes == site.engine().sql("select peak_bytes from runs order by started_at desc")[0, 0]
    kept = {path.parent.name for path in site.segments if path.parent.name == result.run.id}
    stored = site.engine().sql(f"select count(*) from objects where segment like '{result.run.id}%'").item()
    assert stored == (17 if policy == "all" else 1)
    assert kept == {result.run.id}


def test_the_store_keeps_nothing_of_what_only_made_room(site) -> None:
    (site.root / "plugin_config.json").write_text('{"project": {"memory": 600, "store": "outputs"}}')
    site.run(WIDE, outputs="result: end")
    assert len(site.segments) == 1
    assert pl.read_parquet(site.segments[0]).width == 3


def test_a_peak_is_told() -> None:
    found = peak_bytes()
    assert found is None or found > 10_000_000


@pytest.mark.parametrize(("policy", "kept"), [("all", 3), ("outputs", 1), ("metrics", 0)])
def test_the_policy_says_whose_values_are_stored(site, policy, kept) -> None:
    (site.root / "plugin_config.json").write_text(f'{{"project": {{"store": "{policy}"}}}}')
    site.run(site.CHAIN, outputs="result: b")
    assert site.engine().sql("select count(*) from objects").item() == kept
    site.calls()
    again = site.run(site.CHAIN, outputs="result: b")
    # c ends the graph and is not kept: it is what a run is for, so it is computed each time, and b is read for it
    assert site.calls() == {"all": [], "outputs": ["plus 3"], "metrics": ["plus 1", "plus 2", "plus 3"]}[policy]
    assert again.run.exit_status == 0


def test_a_node_that_is_not_to_be_stored_is_computed_when_somebody_needs_it(site) -> None:
    nodes = site.CHAIN.replace("by: 1}}", "by: 1}, store: false}")
    site.run(nodes)
    assert site.engine().sql("select count(*) from objects").item() == 2
    site.calls()
    engine = site.engine()
    planned = engine.plan(site.graph(nodes))
    assert [reason.change for reason in engine.why(planned, "a")] == ["SPARED"]
    site.run(nodes)
    assert site.calls() == []
    site.run(nodes.replace("by: 2", "by: 7"))
    assert site.calls() == ["plus 1", "plus 7", "plus 3"]


def test_a_damaged_file_is_reported_and_its_values_computed_again(site) -> None:
    site.run(site.CHAIN)
    (path,) = site.segments
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    site.calls()
    result = site.run(site.CHAIN.replace("by: 3", "by: 4"))
    assert site.calls() == ["plus 1", "plus 2", "plus 4"]
    (warning,) = result.run.warnings
    assert warning.code == "TG603"
    assert f"{path.parent.name}/{path.name} is damaged and was set aside" in warning.message
    told = site.engine().sql("select code, message from warnings where code = 'TG603'")
    assert told.height == 1
    path.with_suffix(".damaged").unlink()


@pytest.mark.parametrize(("harm", "said"), [(lambda p: p.unlink(), "is gone"), (lambda p: p.write_bytes(b"x"), "size")])
def test_a_file_that_is_gone_or_cut_is_reported(site, harm, said) -> None:
    site.run(site.CHAIN)
    harm(site.segments[0])
    (warning,) = site.run(site.CHAIN).run.warnings
    assert said in warning.message


def test_memory_is_for_values_that_wait(world) -> None:
    plan = world.plan(WIDE)
    run = execute(plan, "run", world.market, world.store, world.kernels, options=Options(memory=1))
    assert run.exit_status == 0
    assert len(world.calls()) == 17
