"""Graph files over HTTP: read, saved, checked, planned, completed, and never outside the project."""

from __future__ import annotations

import threading

import pytest

pytestmark = pytest.mark.xdist_group("api")

GOOD = (
    "tradegraph: 1\nbars:\n  daily: {timeframe: 1d}\nnodes:\n  a: {use: diff, in: daily.close}\noutputs:\n  line: a\n"
)


def test_the_files_of_the_project_are_listed_with_those_in_folders(site):
    found = {entry["name"]: entry for entry in site.get("/api/graphs")}
    assert {"slope", "tested", "base/deep"} <= found.keys()
    assert found["slope"]["file"] == "graphs/slope.yaml"
    assert found["slope"]["role"] == "graph"
    assert found["slope"]["size"] == (site.root / "graphs/slope.yaml").stat().st_size


def test_a_graph_comes_with_its_text_its_check_and_what_a_page_draws(site):
    answer = site.client.get("/api/graphs/slope")
    found = answer.json()
    assert answer.headers["etag"] == found["etag"]
    assert found["text"] == (site.root / "graphs/slope.yaml").read_text()
    check = found["check"]
    assert (check["ok"], check["role"], check["stored"], check["faults"]) == (True, "graph", True, [])
    graph = check["graph"]
    assert graph["form"]["properties"]["lag"] == {
        "title": "lag",
        "description": "Bars back",
        "type": "integer",
        "minimum": 1,
        "maximum": 5,
        "default": 1,
        "x-range": "1 … 5",
    }
    assert [node["name"] for node in graph["nodes"]] == ["move", "twice"]
    move = graph["nodes"][0]
    assert move["wires"] == [{"port": "x", "source": "daily", "columns": ["close"], "kind": "price"}]
    assert (move["params"], move["warmup"], move["line"]) == ({"periods": 1}, 1, 9)
    assert graph["outputs"] == {"line": "twice"}
    assert graph["bars"] == [
        {"name": "daily", "timeframe": "1d", "symbols": None, "start": None, "end": None, "adjust": "splits"}
    ]
    assert site.get("/api/graphs/base/deep")["check"]["ok"]


def test_an_unknown_graph_is_a_problem_with_the_nearest_name(site):
    answer = site.client.get("/api/graphs/slop")
    assert answer.status_code == 404
    problem = answer.json()
    assert (problem["code"], problem["hint"]) == ("TG110", "Did you mean 'slope'?")
    assert problem["type"] == "urn:tradegraph:error:TG110"
    assert problem["instance"] == "/api/graphs/slop"


def test_a_saved_graph_is_on_the_disk_whole_and_nothing_else_is(site):
    made = site.client.put("/api/graphs/new/one", json={"text": GOOD})
    assert made.status_code == 201
    assert made.json()["check"]["ok"]
    folder = site.root / "graphs/new"
    assert [path.name for path in folder.iterdir()] == ["one.yaml"]
    assert (folder / "one.yaml").read_text() == GOOD
    again = site.client.put("/api/graphs/new/one", json={"text": GOOD.replace("diff", "nope")})
    assert again.status_code == 200
    fault = again.json()["check"]["faults"][0]
    assert (fault["code"], fault["line"], fault["column"]) == ("TG201", 5, 12)
    assert fault["file"] == str(folder / "one.yaml")
    assert site.client.delete("/api/graphs/new/one").status_code == 204
    assert not (folder / "one.yaml").exists()
    assert site.client.delete("/api/graphs/new/one").status_code == 404


def test_what_others_changed_is_not_overwritten(site):
    first = site.client.put("/api/graphs/shared", json={"text": GOOD}).json()["etag"]
    second = site.client.put("/api/graphs/shared", json={"text": GOOD + "# b\n"}, headers={"If-Match": first})
    assert second.status_code == 200
    for call in (
        lambda: site.client.put("/api/graphs/shared", json={"text": GOOD}, headers={"If-Match": first}),
        lambda: site.client.put("/api/graphs/shared", json={"text": GOOD}, headers={"If-None-Match": "*"}),
        lambda: site.client.delete("/api/graphs/shared", headers={"If-Match": first}),
    ):
        late = call()
        assert (late.status_code, late.json()["code"]) == (412, "TG811")
    assert (site.root / "graphs/shared.yaml").read_text() == GOOD + "# b\n"
    assert site.client.delete("/api/graphs/shared", headers={"If-Match": second.headers["etag"]}).status_code == 204


def test_of_two_who_save_at_once_one_is_told(site):
    etag = site.client.put("/api/graphs/race", json={"text": GOOD}).json()["etag"]
    answers: list[int] = []

    def save(mark):
        with site.visitor() as client:
            text = GOOD + f"# {mark}\n"
            answers.append(client.put("/api/graphs/race", json={"text": text}, headers={"If-Match": etag}).status_code)

    threads = [threading.Thread(target=save, args=(mark,)) for mark in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 412, 412, 412]
    site.client.delete("/api/graphs/race")


@pytest.mark.parametrize(
    "name",
    [
        *("../plugin_config", "a/../../x", "%2e%2e/x", "..%2fx", "/etc/passwd", "%2fetc%2fpasswd", "a//b", "a/"),
        *(".hidden", "a/.b", "a%00b", "a\\b", "a%5cb", "CON:", "x.yaml", "ä", "a b", "a%0ab", "-x", "..", "x.", "x..y"),
        *("x" * 201, "a/" * 90 + "b"),
    ],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(site, name):
    before = {path for path in site.root.rglob("*") if ".tradegraph" not in path.parts}
    answer = site.client.put(f"/api/graphs/{name}", json={"text": GOOD})
    assert answer.status_code in (404, 405, 422), answer.text
    assert answer.json()["code"] in ("TG812", "TG802", "TG803")
    assert {path for path in site.root.rglob("*") if ".tradegraph" not in path.parts} == before


def test_links_that_lead_out_are_neither_read_nor_written(site, tmp_path):
    secret = tmp_path / "secret.yaml"
    secret.write_text("secret: 1\n")
    (site.root / "graphs/out.yaml").symlink_to(secret)
    (site.root / "graphs/elsewhere").symlink_to(tmp_path)
    (site.root / "graphs/round.yaml").symlink_to(site.root / "graphs/round.yaml")
    try:
        for name in ("out", "elsewhere/secret"):
            for answer in (
                site.client.get(f"/api/graphs/{name}"),
                site.client.put(f"/api/graphs/{name}", json={"text": GOOD}),
                site.client.delete(f"/api/graphs/{name}"),
                site.client.post("/api/runs", json={"graph": name}),
            ):
                assert (answer.status_code, answer.json()["code"]) == (422, "TG812")
        assert site.client.get("/api/graphs/round").status_code in (404, 422)
        assert secret.read_text() == "secret: 1\n"
        assert not {"out", "elsewhere/secret", "round"} & {entry["name"] for entry in site.get("/api/graphs")}
    finally:
        for name in ("out.yaml", "elsewhere", "round.yaml"):
            (site.root / "graphs" / name).unlink()


def test_a_text_cannot_read_files_outside_through_extends(site, tmp_path):
    (tmp_path / "secret.yaml").write_text("tradegraph: 1\nname: secret_value\n")
    text = f"tradegraph: 1\nextends: ../../{tmp_path.name}/secret.yaml\n"
    found = site.post("/api/graphs/validate", {"text": text, "name": "x"})
    assert [fault["code"] for fault in found["faults"]] == ["TG121"]
    assert "secret_value" not in str(found)


def test_a_text_is_checked_with_all_its_faults_and_nothing_is_saved(site):
    text = GOOD.replace("diff", "dif").replace("line: a", "line: b")
    found = site.post("/api/graphs/validate", {"text": text, "name": "draft"})
    assert [fault["code"] for fault in found["faults"]] == ["TG201", "TG202"]
    assert (found["ok"], found["graph"]) == (False, None)
    assert found["faults"][0]["hint"].startswith("Did you mean 'diff'")
    assert not (site.root / "graphs/draft.yaml").exists()
    unknown = GOOD.replace("timeframe: 1d", "timeframe: 1d, symbols: [AAAA]")
    assert site.post("/api/graphs/validate", {"text": unknown})["faults"][0]["code"] == "TG301"
    changed = site.post("/api/graphs/validate", {"text": GOOD, "set": {"a": {"periods": 0}}})
    assert changed["faults"][0]["code"] == "TG223"


@pytest.mark.parametrize("text", ["", "[", "a: &a [*a, *a]", "\t", "x" * 100_000, "- " * 5_000, "a: b: c", "\0"])
def test_whatever_the_text_is_it_is_answered(site, text):
    assert site.post("/api/graphs/validate", {"text": text})["ok"] is False


def test_files_of_sub_graphs_are_no_faulty_graphs(site):
    library = "tradegraph: 1\ngraphs:\n  t:\n    in: {x: number}\n    out: s\n    nodes:\n      s: {use: ema, in: $x}\n"
    found = site.post("/api/graphs/validate", {"text": library})
    assert (found["role"], found["ok"], found["faults"]) == ("library", True, [])
    alone = "tradegraph: 1\nin: {x: number}\nout: s\nnodes:\n  s: {use: ema, in: $x}\n"
    found = site.post("/api/graphs/validate", {"text": alone})
    assert (found["role"], found["ok"], found["faults"]) == ("sub-graph", True, [])


def test_a_plan_says_what_would_be_computed_and_why(site, past):
    planned = site.post("/api/graphs/plan", {"graph": "tested"})
    assert (planned["compute"], planned["reuse"]) == (0, 4)
    planned = site.post("/api/graphs/plan", {"graph": "tested", "set": {"move": {"periods": 77}}})
    steps = {step["node"]: step for step in planned["steps"]}
    assert steps["move"]["action"] == "compute"
    assert steps["move"]["because"][0]["change"] == "PARAM"
    assert steps["twice"]["because"][0]["change"] == "UPSTREAM"


def test_a_cursor_is_completed(site):
    text = "tradegraph: 1\nbars:\n  daily: {timeframe: 1d, symbols: [A]}\nnodes:\n  a: {use: dif, in: daily.close}\n"
    found = site.post("/api/graphs/complete", {"text": text, "line": 5, "column": 15})
    assert found["column"] == 12
    assert found["candidates"][0] == {"label": "diff", "kind": "type", "detail": found["candidates"][0]["detail"]}
    found = site.post("/api/graphs/complete", {"text": text, "line": 3, "column": 37})
    assert [one["label"] for one in found["candidates"]] == ["all", "AAA"]
