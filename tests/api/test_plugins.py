"""Plugins over HTTP: forms made from metadata, installation that leaves nothing of a refused file, switching."""

from __future__ import annotations

import json
import runpy
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("api")

INDICATOR = runpy.run_path(str(Path(__file__).with_name("conftest.py")))["INDICATOR"]


@pytest.fixture
def reach(site):
    """The indicator of the guide's kind, installed; it goes with the test."""
    made = site.post("/api/plugins", {"name": "reach.py", "source": INDICATOR}, status=201)
    yield made
    if site.client.get("/api/plugins/reach").status_code == 200:
        site.client.delete("/api/plugins/reach")


def python_files(site):
    return {path.name for path in site.root.rglob("*.py")}


def test_an_installed_plugin_has_a_form_made_from_its_metadata(site, reach):
    assert reach == {"ids": ["reach"], "file": str(site.root / "nodes/indicators/reach.py")}
    found = site.get("/api/plugins/reach")
    assert (found["type"], found["version"], found["status"], found["outputs"]) == (
        "indicator",
        "1.2.0",
        "loaded",
        ["value"],
    )
    assert found["form"]["title"] == "Reach"
    assert found["form"]["properties"]["factor"] == {
        "title": "factor",
        "description": "What it is multiplied by",
        "type": "number",
        "minimum": 0.5,
        "maximum": 4.0,
        "default": 1.0,
        "x-range": "0.5 … 4.0",
        "x-step": 0.5,
    }
    assert found["metadata"]["id"] == "reach"
    assert site.get("/api/nodes/reach")["form"]["properties"] == found["form"]["properties"]
    assert "reach" in [plugin["id"] for plugin in site.get("/api/plugins")["plugins"]]
    names = [event["event"] for event in site.get("/api/plugins/events", plugin="reach")]
    assert {"installed", "loaded"} <= set(names)


def test_an_installed_plugin_runs_in_a_graph_and_its_calls_are_timed(site, reach):
    text = (
        "tradegraph: 1\nname: with_plugin\nbars:\n  daily: {timeframe: 1d, symbols: [AAA]}\n"
        "nodes:\n  s: {use: reach, in: daily, with: {factor: 2}}\n"
    )
    assert site.client.put("/api/graphs/with_plugin", json={"text": text}).json()["check"]["ok"], reach
    run = site.post("/api/runs", {"graph": "with_plugin"}, status=202)["id"]
    assert site.finished(run)["status"] == "ok"
    values = site.get(f"/api/runs/{run}/nodes/s/series")["columns"][0]["last"]
    assert set(values) == {4.0}
    timing = next(one for one in site.get("/api/plugins/timings") if one["plugin"] == "reach")
    assert timing["calls"] >= 1
    assert site.get("/api/plugins/reach")["timings"] == timing
    # switched off, its graphs say so
    switched = site.post("/api/plugins/reach/disable")
    assert switched == {"id": "reach", "on": False, "changed": True}
    refused = site.client.post("/api/runs", json={"graph": "with_plugin"})
    assert refused.status_code == 422
    assert "switched off" in refused.text
    assert json.loads((site.root / "plugin_config.json").read_text()) == {
        "plugin_timeout": 60,
        "disabled_plugins": ["reach"],
    }
    record = next(one for one in site.get("/api/plugins")["files"] if one["ids"] == ["reach"])
    assert (record["status"], record["fault"]["code"]) == ("disabled", "TG820")
    assert site.post("/api/plugins/reach/enable")["changed"] is True
    assert site.post("/api/plugins/reach/enable")["changed"] is False
    again = site.post("/api/runs", {"graph": "with_plugin"}, status=202)["id"]
    assert site.finished(again)["counts"] == {"computed": 0, "cached": 1, "failed": 0, "skipped": 0}
    assert json.loads((site.root / "plugin_config.json").read_text()) == {"plugin_timeout": 60}


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("def (", "TG402"),
        ("x = 1\n", "TG403"),
        ("raise RuntimeError('no')\n", "TG406"),
        (INDICATOR.replace('"high"] - data["low"]', '"high"].shift(-1) - data["low"]'), "TG414"),
        (INDICATOR.replace('"id": "reach"', '"id": "ema"'), "TG404"),
        ("import os\nos._exit(7)\n", "TG506"),
    ],
)  # fmt: skip
def test_a_refused_file_leaves_nothing_behind(site, source, code):
    before = python_files(site)
    answer = site.client.post("/api/plugins", json={"name": "bad.py", "source": source})
    assert (answer.status_code, answer.json()["code"]) == (409 if code == "TG404" else 422, code), answer.text
    assert python_files(site) == before
    assert site.get("/api/nodes/ema")["shipped"] is True


def test_an_installation_that_is_killed_leaves_nothing_behind(site):
    before = python_files(site)
    answers = []

    def install():
        with site.visitor() as client:
            body = {"name": "stuck.py", "source": "while True:\n    pass\n"}
            answers.append(client.post("/api/plugins", json=body))

    thread = threading.Thread(target=install)
    thread.start()
    tasks = site.server.served.tasks
    while not (task := next((t for t in tasks.all() if t.about == "stuck.py" and t.state == "running"), None)):
        # what is registered is answered while a file that nobody has admitted lies in its folder
        assert "stuck" not in [plugin["id"] for plugin in site.get("/api/plugins")["plugins"]]
    tasks.kill(task)
    thread.join(60)
    assert (answers[0].status_code, answers[0].json()["code"]) == (500, "TG814")
    assert python_files(site) == before


@pytest.mark.parametrize(
    "name",
    [
        "../x.py",
        "/tmp/x.py",
        "a/b.py",
        "x.txt",
        "x",
        ".x.py",
        "x.py\n",
        "x\0.py",
        "",
        "x..py",
        "-x.py",
        "nodes/custom/x.py",
    ],
)
def test_no_name_leads_out_of_the_plugin_folder(site, name):
    before = python_files(site)
    answer = site.client.post("/api/plugins", json={"name": name, "source": INDICATOR})
    assert (answer.status_code, answer.json()["code"]) == (422, "TG812")
    assert python_files(site) == before


def test_a_file_is_replaced_only_when_that_is_asked_for(site, reach):
    other = INDICATOR.replace("1.2.0", "1.3.0")
    refused = site.client.post("/api/plugins", json={"name": "reach.py", "source": other})
    assert (refused.status_code, refused.json()["code"]) == (409, "TG416"), reach
    site.post("/api/plugins", {"name": "reach.py", "source": other, "replace": True}, status=201)
    assert site.get("/api/plugins/reach")["version"] == "1.3.0"


def test_what_ships_and_what_is_not_there_cannot_be_changed(site):
    for call, status in (
        (site.client.delete("/api/plugins/ema"), 409),
        (site.client.post("/api/plugins/ema/disable"), 409),
        (site.client.post("/api/plugins/nope/disable"), 404),
        (site.client.get("/api/plugins/nope"), 404),
        (site.client.get("/api/nodes/nope"), 404),
    ):
        assert call.status_code == status, call.text
    assert site.client.get("/api/nodes/emaa").json()["hint"] == "Did you mean 'ema'?"


def test_node_types_are_listed_by_category_and_word(site):
    found = site.get("/api/nodes", category="portfolio", search="account")["nodes"]
    assert "backtest" in [node["id"] for node in found]
    assert {node["category"] for node in found} == {"portfolio"}
    ema = site.get("/api/nodes/ema")
    assert ema["inputs"] == [{"name": "x", "kind": "number", "means": "any real number", "optional": False}]
    assert ema["outputs"] == [{"name": "value", "kind": None, "same_as": "x", "columns": ["value"]}]
    assert ema["form"]["properties"]["period"]["type"] == "integer"
    assert isinstance(ema["warmup"], int)


def test_certificates_say_whether_they_are_of_the_code_as_it_is(site):
    engine = site.server.served.engine
    assert list(engine.certify([(engine.registry["scale"], {"factor": 2.0})]))
    found = site.get("/api/plugins/certificates", node_type="scale")
    assert {(one["verdict"], one["current"]) for one in found} == {("lawful", True)}


def test_plugins_are_looked_at_anew(site):
    (site.root / "nodes/custom/late.py").write_text(INDICATOR.replace('"reach"', '"late"'))
    try:
        found = site.post("/api/plugins/reload")
        assert "late" in [plugin["id"] for plugin in found["plugins"]]
    finally:
        site.client.delete("/api/plugins/late")
    assert site.client.get("/api/plugins/late").status_code == 404


def test_requests_are_answered_while_plugins_are_loaded_again(site):
    """A registry is a snapshot: whoever asks gets the one before or the one after, whole."""
    file = site.root / "nodes/custom/busy.py"
    declared = "from pipeline import Number, SameKind, indicator\n\n\n@indicator\ndef busy{}(x: Number) -> SameKind:\n"
    declared += '    """The same."""\n    return x\n'
    seen, wrong, over = set(), [], threading.Event()

    def ask():
        with site.visitor() as client:
            while not over.is_set():
                found = {node["id"] for node in client.get("/api/nodes").json()["nodes"]}
                mine = {name for name in found if name.startswith("busy")}
                seen.update(mine)
                if len(mine) > 1 or "ema" not in found:
                    wrong.append(mine)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2):
        file.write_text(declared.format(number))
        site.post("/api/plugins/reload")
    over.set()
    for thread in threads:
        thread.join(60)
    file.unlink()
    assert wrong == []
    assert "busy1" in {node["id"] for node in site.get("/api/nodes")["nodes"]} | seen


def test_settings_that_change_are_in_effect_at_once(site):
    config = site.root / "plugin_config.json"
    text = "tradegraph: 1\nbars:\n  daily: {timeframe: 1d, symbols: few}\nnodes:\n  a: {use: diff, in: daily.close}\n"
    assert site.post("/api/graphs/validate", {"text": text})["ok"] is False
    before = config.read_text()
    try:
        config.write_text('{"plugin_timeout": 60, "project": {"universes": {"few": ["AAA"]}}}')
        found = site.post("/api/graphs/validate", {"text": text})
        assert found["graph"]["bars"][0]["symbols"] == ["AAA"]
        config.write_text('{"plugin_timeot": 60}')  # a faulty file changes nothing
        assert site.post("/api/graphs/validate", {"text": text})["ok"] is True
    finally:
        config.write_text(before)
    assert site.post("/api/graphs/validate", {"text": text})["ok"] is False
