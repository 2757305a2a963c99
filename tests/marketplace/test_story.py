"""The whole story over HTTP: two authors, a project that finds, installs, uses, updates, and loses a plugin."""

from __future__ import annotations

import datetime as dt

import pytest

from pipeline.engine import Engine
from pipeline.market import import_frame, synthesise
from pipeline.marketplace import Marketplace

GRAPH = """
tradegraph: 1
name: gap
bars:
  daily: {timeframe: 1d, symbols: all}
nodes:
  far: {use: mean_gap, in: daily, with: {period: 5}}
outputs: {far: far}
"""


@pytest.fixture
def engine(tmp_path, bazaar, sharing_kernels) -> Engine:
    root = tmp_path / "project"
    for folder in ("graphs", "nodes/custom"):
        (root / folder).mkdir(parents=True)
    (root / "plugin_config.json").write_text("{}")
    (root / "graphs/gap.yaml").write_text(GRAPH)
    sharing_kernels(root)
    engine = Engine.open(root)
    import_frame(engine.market, synthesise(1, "1d", dt.datetime(2024, 1, 1, tzinfo=dt.UTC), 40, 3), "1d", source="x")
    return engine


def test_a_plugin_is_found_installed_used_updated_rolled_back_yanked_and_revoked(bazaar, engine, serve, nouns):
    server = serve(bazaar.folder)
    market = Marketplace(engine.plugins, clock=bazaar.clock)
    began = market.trust("community", server.url, bazaar.digest)
    assert (began.market, began.plugins, began.problems) == ("community", 2, ())

    # found: what an author, a reviewer and the operator agree on
    (found,) = market.search("average share")["community"]
    assert (found.id, found.author, found.shown.version, found.shown.approved_by) == (
        "mean_gap",
        "alice",
        "1.0.0",
        "Erin",
    )
    assert [listing.id for listing in market.search(kind="strategy")["community"]] == ["fast_trend"]
    details = market.info("mean_gap")
    assert details.manifest["parameters"]["period"]["range"] == "1 … 500"
    assert details.page.startswith("# Mean Gap")
    assert [step["number"] for step in details.review["steps"]] == [1, 2, 3, 4, 5, 6]
    assert details.installed is None

    # installed: shown first, then all of it, under the digest that is locked
    plan = market.plan(["mean_gap"])
    assert not (engine.project.root / "nodes/indicators/mean_gap.py").exists()
    (done,) = market.install(plan)
    entry = market.lock.plugins["mean_gap"]
    assert (entry.version, entry.sha256, entry.author) == ("1.0.0", done.sha256, "alice")

    # used, in a graph, in a worker
    result = engine.run("gap")
    assert result.run.status == "ok"
    first = result.output("far")
    assert first["value"].drop_nulls().len() == 36

    # nothing is updated by itself; then it is, and the graph computes with the new one
    bazaar.clock.forward(days=1)
    bazaar.release("alice", "mean_gap", "1.1.0", edit=lambda text: text.replace("/ mean - 1.0", "/ mean - 2.0"))
    (news,) = market.refresh()
    assert [(update.id, update.installed, update.latest) for update in news.updates] == [("mean_gap", "1.0.0", "1.1.0")]
    assert market.lock.plugins["mean_gap"].version == "1.0.0"
    (plan,) = market.plan_update()
    assert market.install(plan)[0].before == "1.0.0"
    second = engine.run("gap").output("far")
    assert second["value"].to_list()[10] == pytest.approx(first["value"].to_list()[10] - 1.0)

    # back to what was there, bit for bit
    assert market.rollback("mean_gap").version == "1.0.0"
    assert engine.plan("gap").step("gap", "far").key == result.run.plan.step("gap", "far").key
    market.install(market.plan(["mean_gap"]))

    # yanked: told, not taken away; the latest is the one before
    bazaar.repository.yank("alice/mean_gap-1.1.0", "off by one", key=bazaar.key("alice"), keys=[bazaar.keys])
    (news,) = market.refresh()
    assert news.yanked == {"mean_gap": "off by one"}
    assert market.catalogue().find("mean_gap").latest.version == "1.0.0"
    assert "mean_gap" in engine.registry

    # revoked: gone at the next refresh, for graphs too
    bazaar.repository.revoke("mean_gap", "sends bars away", keys=[bazaar.keys])
    assert "mean_gap" in engine.registry
    (news,) = market.refresh()
    assert news.disabled == {"mean_gap": "sends bars away"}
    assert "mean_gap" not in engine.registry
    with pytest.raises(Exception, match="TG201"):
        engine.run("gap")
    engine.publish_events()
    told = engine.sql("select event from plugin_events where plugin = 'mean_gap' order by happened_at")[
        "event"
    ].to_list()
    assert [event for event in told if event != "loaded"] == [
        "installed", "updated", "updated", "updated", "yanked", "revoked", "refused"
    ]  # fmt: skip
    audited = [record.event for record in engine.plugins.audit.read()]
    assert audited[:3] == ["discovered", "loaded", "installed"]
    assert audited.count("reloaded") == 3
    assert engine.plugins.audit.verify().sound


@pytest.mark.heavy  # a worker that is waited for
@pytest.mark.parametrize(
    ("line", "code", "event"),
    [
        ("while True: pass", "TG505", "killed"),
        ("import os; os._exit(3)", "TG506", "killed"),
        ("open('/etc/passwd').read()", "TG418", "held"),
        ("import socket; socket.socket()", "TG418", "held"),
    ],
)
def test_a_plugin_that_misbehaves_is_a_failed_node_and_is_audited(bazaar, engine, line, code, event):
    """Should a review ever let it through: its worker holds it, and the log says what became of it."""
    (engine.project.root / "plugin_config.json").write_text('{"plugin_timeout": 2, "validate_plugins": false}')
    engine.plugins.reload()
    named = ("'type': 'indicator',", "'type': 'indicator',\n            'outputs': ['value'],")  # told without a call
    bad = ("        mean = data", f"        {line}\n        mean = data", 1)
    waiting = bazaar.submit("alice", "mean_gap", "6.6.6", edit=lambda text: text.replace(*named).replace(*bad))
    bazaar.repository.review(waiting.ref)
    folder = bazaar.repository.waiting / "alice" / "mean_gap-6.6.6"
    said = folder / "review.json"
    text = said.read_text().replace('"verdict": "wrong"', '"verdict": "note"')  # a reviewer who looks away
    said.write_text(text)
    bazaar.repository.approve(waiting.ref, waiting.digest, keys=[bazaar.keys])
    market = Marketplace(engine.plugins, clock=bazaar.clock)
    market.trust("community", str(bazaar.folder), bazaar.digest)
    market.install(market.plan(["mean_gap"]))
    (record,) = [record for record in engine.run("gap").run.records if record.step.node.type.id == "mean_gap"]
    failure = record.failure or next(iter(record.symbols.values()))
    assert failure.code == code
    audited = [(r.event, r.about.get("code", "")) for r in engine.plugins.audit.read()]
    assert audited[-1] == (event, code)


def test_every_answer_is_plain_data(bazaar, shop, nouns, tmp_path):
    site = shop()
    as_json = nouns["as_json"]
    plan = site.market.plan(["mean_gap"])
    assert as_json(plan)["items"][0]["release"]["id"] == "mean_gap"
    assert as_json(site.market.info("mean_gap"))["listing"]["releases"][0]["version"] == "1.0.0"
    assert [as_json(each)["file"] for each in site.market.install(plan)] == ["nodes/indicators/mean_gap.py"]
    assert as_json(site.market.refresh()[0])["plugins"] == 2
    assert as_json(site.market.verify()[0])["state"] == "installed"
    assert as_json(site.market.mirror(tmp_path / "copy"))["files"] == 10
    assert as_json(bazaar.repository.verify())["releases"] == 2
    assert bazaar.repository.read_review("alice/mean_gap-1.0.0").as_dict()["passed"] is True
