"""Reports over HTTP: the page that the command writes, with a policy that lets its own code run and nothing else."""

from __future__ import annotations

import re
import threading

import pytest

from pipeline.engine import Engine
from pipeline.report.page import policy_of_page

pytestmark = pytest.mark.xdist_group("api")


def test_it_is_byte_for_byte_what_the_command_writes(site, past, tmp_path) -> None:
    answer = site.client.get(f"/api/runs/{past}/report")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.content == Engine.open(site.root).report(past, tmp_path / "it.html").read_bytes()
    assert not (site.root / "reports").exists()


def test_its_policy_is_the_pages_own_and_forbids_frames(site, past) -> None:
    answer = site.client.get(f"/api/runs/{past}/report")
    assert answer.headers["content-security-policy"] == f"{policy_of_page()}; frame-ancestors 'none'"
    (inside,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', answer.text)
    assert inside.replace("&#39;", "'").replace("&#x27;", "'") == policy_of_page()
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_it_is_shown_or_saved_under_its_name(site, past) -> None:
    for download, begin in ((False, "inline"), (True, "attachment")):
        answer = site.client.get(f"/api/runs/{past}/report", params={"download": int(download)})
        assert answer.headers["content-disposition"] == f"{begin}; filename*=UTF-8''tested-{past}.html"


def test_sweeps_have_one_too_and_symbols_are_chosen(site, past, swept) -> None:
    sweep = site.client.get(f"/api/runs/{swept}/report")
    assert 'id="heat-map"' in sweep.text
    assert f"tested.sweep-{swept}.html" in sweep.headers["content-disposition"]
    whole = site.client.get(f"/api/runs/{past}/report")
    chosen = site.client.get(f"/api/runs/{past}/report", params={"symbol": ["AAA"]})
    assert chosen.status_code == 200
    assert len(chosen.content) < len(whole.content)


def test_what_there_is_not_is_a_problem(site, past) -> None:
    for path, params, status, code in (
        ("nope", {}, 404, "TG605"),
        (past, {"graph": "other"}, 422, "TG001"),
        (past, {"symbol": "ZZZ"}, 422, "TG001"),
    ):
        answer = site.client.get(f"/api/runs/{path}/report", params=params)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_others_are_answered_while_it_is_drawn(site, past, monkeypatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_):
        begun.set()
        assert go_on.wait(60)
        return "slow.html", "<!doctype html>"

    monkeypatch.setattr("pipeline.report.write.draw_report", slow)
    answers = []

    def ask():
        with site.visitor() as client:
            answers.append(client.get(f"/api/runs/{past}/report").status_code)

    threads = [threading.Thread(target=ask) for _ in range(5)]  # more than have a turn
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    assert site.get("/api/tasks")
    assert site.get("/api/system")["runs"] >= 1
    assert answers == []
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert answers == [200] * 5
