"""Runs over HTTP: begun, followed, stopped, looked at, compared, by several clients at once."""

from __future__ import annotations

import threading

import pytest

from pipeline.settings import Project
from pipeline.store.live import live_runs

pytestmark = pytest.mark.xdist_group("api")


def begun(site, graph, **more):
    return site.post("/api/runs", {"graph": graph, **more}, status=202)["id"]


def test_a_run_is_followed_from_its_beginning_to_its_end(site):
    accepted = site.post("/api/runs", {"graph": "slope", "params": {"lag": 5}}, status=202)
    assert accepted["events"] == f"/api/runs/{accepted['id']}/events"
    events = list(site.events(accepted["id"]))
    assert [event["event"] for event in events] == ["queued", "started", "step", "step", "finished"]
    assert [event["number"] for event in events] == [1, 2, 3, 4, 5]
    assert events[1]["steps"] == 2
    assert [(step["node"], step["status"], step["done"]) for step in events[2:4]] == [
        ("move", "computed", 1),
        ("twice", "computed", 2),
    ]
    last = events[-1]
    assert (last["run_id"], last["status"], last["steps"]) == (accepted["id"], "ok", 2)
    assert last["counts"] == {"computed": 2, "cached": 0, "failed": 0, "skipped": 0}
    # who comes back hears the rest, who comes late hears all of it
    assert [event["event"] for event in site.events(accepted["id"], last="3")] == ["step", "finished"]
    assert len(list(site.events(accepted["id"], last="nonsense"))) == 5


def test_a_run_has_under_its_id_what_the_command_shows(site, past):
    shown = site.get(f"/api/runs/{past}")
    assert (shown["id"], shown["status"], shown["error"]) == (past, "ok", None)
    (graph,) = shown["graphs"]
    assert (graph["graph"], graph["params"], graph["computed"] + graph["cached"]) == ("tested", {"lag": 2}, 4)
    assert [node["node"] for node in shown["nodes"]] == ["move", "twice", "deals", "marks"]
    assert site.get(f"/api/runs/{past[:-1]}")["id"] == past
    listed = site.get("/api/runs", graph="tested", limit=5)
    assert past in [run["id"] for run in listed]
    assert {run["graph"] for run in listed} == {"tested"}
    assert site.server.served.engine.database.find_run(past) == past


def test_two_runs_are_compared(site, past):
    other = begun(site, "tested", params={"lag": 3})
    assert site.finished(other)["status"] == "ok"
    found = site.get("/api/runs/compare", a=past, b=other)
    assert (found["a"], found["b"]) == (past, other)
    move = next(node for node in found["nodes"] if node["node"] == "move")
    assert move["changed"][0]["change"] == "PARAM"
    assert move["a"]["node_type"] == "diff"
    assert any(metric["a"] != metric["b"] for metric in found["metrics"])
    assert site.client.get("/api/runs/compare", params={"a": "nope"}).json()["code"] == "TG605"


def test_a_failed_node_is_a_failed_run_that_says_why(site):
    run = begun(site, "broken")
    events = list(site.events(run))
    failed = next(event for event in events if event.get("status") == "failed")
    assert (failed["node"], failed["message"]) == ("twice", "ZeroDivisionError: no luck")
    assert events[-1]["status"] == "failed"
    shown = site.get(f"/api/runs/{run}")
    assert shown["status"] == "failed"
    assert shown["failures"][0]["message"] == "ZeroDivisionError: no luck"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"graph": "nope"}, 404, "TG110"),
        ({"graph": "slope", "params": {"lag": 99}}, 422, "TG223"),
        ({"graph": "slope", "params": {"legs": 1}}, 422, "TG206"),
        ({"graph": "slope", "symbols": ["ZZZ"]}, 422, "TG301"),
        ({"graph": "slope", "from": "yesterday"}, 422, "TG801"),
        ({"graph": "slope", "refresh": ["nope"]}, 422, "TG001"),
        ({"graph": "slope", "select": ["nope"]}, 422, "TG001"),
        ({"graph": "slope", "grpah": 1}, 422, "TG801"),
        ({}, 422, "TG801"),
        ([], 422, "TG801"),
        ({"graph": "../slope"}, 422, "TG812"),
    ],
)
def test_what_cannot_run_is_said_at_once_and_no_task_is_made(site, body, status, code):
    before = len(site.get("/api/tasks"))
    answer = site.client.post("/api/runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert len(site.get("/api/tasks")) == before


def test_a_run_is_stopped_for_good_and_the_next_one_runs(site):
    run = begun(site, "endless")
    events = []
    for event in site.events(run):
        events.append(event)
        if event["event"] == "step" and event["status"] != "skipped":  # what is skipped is told when it is over
            assert site.get(f"/api/runs/{run}")["status"] == "running"
            assert site.get("/api/system")["tasks"]["running"] >= 1
            site.post(f"/api/runs/{run}/cancel", status=202)
    assert events[-1]["status"] == "interrupted"
    shown = site.get(f"/api/runs/{run}")
    assert shown["status"] == "interrupted"
    # what was computed before is kept
    assert {node["node"]: node["status"] for node in shown["nodes"]} == {
        "move": events[2]["status"],
        "twice": "skipped",
    }
    assert run not in live_runs(Project.open(site.root).private)
    late = site.client.post(f"/api/runs/{run}/cancel")
    assert (late.status_code, late.json()["code"]) == (409, "TG810")
    assert site.finished(begun(site, "slope"))["status"] == "ok"


def test_a_run_that_waits_never_begins_when_it_is_cancelled(site):
    busy = [begun(site, "endless") for _ in range(2)]
    waiting = begun(site, "slope")
    assert site.get(f"/api/runs/{waiting}")["status"] == "queued"
    assert waiting in [run["id"] for run in site.get("/api/runs")]
    site.post(f"/api/runs/{waiting}/cancel", status=202)
    assert [event["event"] for event in site.events(waiting)] == ["queued", "finished"]
    assert site.get(f"/api/runs/{waiting}")["status"] == "cancelled"
    for run in busy:
        site.post(f"/api/tasks/{run}/cancel", status=202)
    # one may be told before it has begun
    assert {site.finished(run)["status"] for run in busy} <= {"interrupted", "cancelled"}


def test_a_node_that_ends_its_process_is_a_failed_node(site):
    run = begun(site, "deadly")
    last = site.finished(run)
    assert (last["event"], last["status"]) == ("finished", "failed")
    assert site.get(f"/api/runs/{run}")["failures"][0]["code"] == "TG506"


def test_a_process_that_ends_is_a_failed_task_and_harms_no_other(site):
    run = begun(site, "endless")
    tasks = site.server.served.tasks
    for event in site.events(run):
        if event["event"] == "step":
            tasks.kill(tasks.get(run))
    assert (event["event"], event["status"]) == ("error", "killed")
    assert event["faults"][0]["code"] == "TG814"
    assert "SIGKILL" in event["faults"][0]["message"]
    assert site.get(f"/api/tasks/{run}")["error"]["code"] == "TG814"
    assert site.finished(begun(site, "slope"))["status"] == "ok"


def test_two_clients_are_served_while_a_run_goes_on(site):
    run = begun(site, "endless")
    heard: dict[str, list[str]] = {"one": [], "other": []}

    def follow(name):
        with site.visitor() as client:
            for event in site.events(run, client):
                heard[name].append(event["event"])

    threads = [threading.Thread(target=follow, args=(name,)) for name in heard]
    for thread in threads:
        thread.start()
    with site.visitor() as client:
        for path in ("/api/system", "/api/nodes", "/api/graphs", "/api/graphs/slope", "/api/data/coverage"):
            assert client.get(path).status_code == 200
    other = begun(site, "slope", params={"lag": 4})
    assert site.finished(other)["status"] == "ok"
    site.post(f"/api/runs/{run}/cancel", status=202)
    for thread in threads:
        thread.join(60)
    assert heard["one"] == heard["other"]
    assert heard["one"][-1] == "finished"


def test_a_sweep_is_a_run_with_cells(site):
    body = {"graph": "tested", "values": {"lag": "1:4:1"}, "where": "lag <> 3"}
    run = site.post("/api/sweeps", body, status=202)["id"]
    last = site.finished(run)
    assert (last["status"], last["cells"], last["kept"]) == ("ok", 4, 3)
    metrics = site.get(f"/api/runs/{run}/metrics", symbol="AAA")
    assert {metric["cell"] for metric in metrics} == {1, 2, 4} or len({metric["cell"] for metric in metrics}) == 3
    rows = site.post("/api/sql", {"query": "select lag, best from tested.sweep where symbol = 'AAA' order by lag"})[
        "rows"
    ]
    assert [row[0] for row in rows] == [1, 2, 4]
    assert site.client.post("/api/sweeps", json={"graph": "tested", "values": {"leg": "1:2:1"}}).status_code == 422


def test_a_batch_is_one_run_of_many_graphs_and_says_what_was_left_out(site):
    site.client.put("/api/graphs/faulty", json={"text": "tradegraph: 1\n"})
    accepted = site.post("/api/batches", {"graphs": ["slope", "tested", "faulty"]}, status=202)
    assert {fault["code"] for fault in accepted["faults"]} == {"TG108"}
    assert site.finished(accepted["id"])["status"] == "ok"
    shown = site.get(f"/api/runs/{accepted['id']}")
    assert [graph["graph"] for graph in shown["graphs"]] == ["slope", "tested"]
    two = site.client.get(f"/api/runs/{accepted['id']}/nodes/move/series", params={"symbol": "AAA"})
    assert (two.status_code, two.json()["code"]) == (422, "TG801")
    strict = site.client.post("/api/batches", json={"graphs": ["slope", "faulty"], "fail_fast": True})
    assert (strict.status_code, strict.json()["code"]) == (422, "TG108")
    site.client.delete("/api/graphs/faulty")


def test_runs_that_nobody_knows_are_problems(site):
    for call in (
        site.client.get("/api/runs/nope"),
        site.client.get("/api/runs/nope/events"),
        site.client.post("/api/runs/nope/cancel"),
        site.client.get("/api/tasks/nope"),
        site.client.get("/api/runs/nope/metrics"),
    ):
        assert call.status_code == 404
        assert call.json()["code"] in ("TG605", "TG802")


def test_a_sweep_is_shown_in_sums_and_its_steps_in_pages(site, swept, past):
    shown = site.get(f"/api/runs/{swept}", limit=5)
    assert len(shown["nodes"]) == 5
    assert shown["steps"] == sum(node["steps"] for node in shown["sums"]["nodes"])
    assert [(one["graph"], one["status"], one["cells"]) for one in shown["sums"]["cells"]] == [
        ("tested.sweep", "ok", 3)
    ]
    best = next(one for one in shown["sums"]["metrics"] if one["metric"] == "best")
    values = [one["value"] for one in site.get(f"/api/runs/{swept}/metrics") if one["metric"] == "best"]
    assert (best["count"], best["least"], best["most"]) == (len(values), min(values), max(values))
    pages = [site.get(f"/api/runs/{swept}", limit=4, offset=at)["nodes"] for at in range(0, shown["steps"], 4)]
    assert [node for page in pages for node in page] == site.get(f"/api/runs/{swept}")["nodes"]
    assert site.get(f"/api/runs/{past}")["sums"] is None
    assert len(site.get(f"/api/runs/{swept}/metrics", limit=2)) == 2
