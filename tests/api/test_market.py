"""Marketplaces over HTTP: permissions are shown and confirmed before anything is installed, and nothing signs."""

from __future__ import annotations

import datetime as dt
import json
import re
import runpy
from pathlib import Path

import pytest

pytest.importorskip("tuf")

pytestmark = pytest.mark.xdist_group("api")

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "marketplace" / "bazaar.py"))


@pytest.fixture(scope="module")
def bazaar(tmp_path_factory):
    """A marketplace of today with `alice/mean_gap-1.0.0`, and `bob/news_gap-1.0.0`, which asks for the network."""
    made = NOUNS["Bazaar"](tmp_path_factory.mktemp("bazaar"))
    made.clock.at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    made.found()
    made.release("alice", "mean_gap", "1.0.0")
    asking = "'type': 'indicator', 'permissions': ['network'],"
    made.release("bob", "news_gap", "1.0.0", edit=lambda text: text.replace("'type': 'indicator',", asking))
    return made


@pytest.fixture(scope="module")
def quiet(site):
    """The project as long as this page lasts: its plugins are not examined, for speed."""
    config = site.root / "plugin_config.json"
    before = config.read_text()
    config.write_text(json.dumps({**json.loads(before), "validate_plugins": False}))
    yield site
    config.write_text(before)
    site.post("/api/plugins/reload")


@pytest.fixture
def shop(quiet):
    """The project, which trusts nobody yet; what a test trusts and installs goes when it ends."""
    files = set(quiet.root.rglob("*.py"))
    yield quiet
    (quiet.root / "market.lock").unlink(missing_ok=True)
    installed = {*quiet.root.rglob("*.py")} - files
    for path in installed:
        path.unlink()
    if installed:
        quiet.post("/api/plugins/reload")


@pytest.fixture(scope="module")
def url(bazaar):
    """The address at which the marketplace is served."""
    server = NOUNS["Server"](bazaar.folder)
    yield server.url
    server.close()


@pytest.fixture
def trusting(shop, bazaar, url):
    """The project, which trusts the marketplace over HTTP as `community`."""
    shop.post("/api/market/trust", {"name": "community", "url": url, "digest": bazaar.digest}, status=201)
    return shop


@pytest.fixture
def owning(shop, bazaar):
    """The project, which trusts the marketplace as a folder, as `ours`."""
    body = {"name": "ours", "url": str(bazaar.folder), "digest": bazaar.digest}
    shop.post("/api/market/trust", body, status=201)
    return shop


def done(site, accepted):
    """The task when it is over."""
    with site.client.stream("GET", f"/api/tasks/{accepted['id']}/events") as events:
        assert list(events.iter_lines())
    return site.get(f"/api/tasks/{accepted['id']}")


def install(site, plan, **word):
    """What comes of an installation that was planned."""
    body = {"market": "community", **word}
    return done(site, site.post("/api/market/install", {**body, "digest": plan["digest"]}, status=202))


def problem(answer):
    return answer.status_code, answer.json()["code"]


def test_trust_needs_the_right_digest_and_a_marketplace_that_answers(shop, bazaar) -> None:
    wrong = {"name": "other", "url": str(bazaar.folder), "digest": "0" * 64}
    assert problem(shop.client.post("/api/market/trust", json=wrong)) == (422, "TG706")
    away = {"name": "other", "url": "http://127.0.0.1:9/", "digest": bazaar.digest}
    assert problem(shop.client.post("/api/market/trust", json=away)) == (502, "TG701")
    assert problem(shop.client.get("/api/market/search", params={"market": "other"})) == (404, "TG708")
    assert "other" not in [one["name"] for one in shop.get("/api/market")["markets"]]


def test_a_plugin_is_found_planned_installed_updated_rolled_back_and_revoked(trusting, bazaar) -> None:
    (found,) = trusting.get("/api/market/search", words="gap mean", market="community")
    assert (found["market"], [one["id"] for one in found["plugins"]]) == ("community", ["mean_gap"])
    shown = trusting.get("/api/market/plugins/mean_gap", market="community")
    assert shown["release"]["sha256"] == shown["manifest"]["files"]["plugin"]
    assert (len(shown["review"]["steps"]), shown["installed"]) == (6, None)
    assert problem(trusting.client.get("/api/market/plugins/mean_gab?market=community")) == (404, "TG709")

    wanted = {"wanted": ["mean_gap"], "market": "community"}
    plan = trusting.post("/api/market/plan", wanted)
    (item,) = plan["plans"][0]["items"]
    assert (item["release"]["permissions"], item["before"], plan["unconfined"]) == ([], "", [])
    assert trusting.get("/api/market")["plugins"] == []
    unread = install(trusting, {"digest": "0" * 64}, **wanted)
    assert (unread["state"], unread["error"]["code"]) == ("error", "TG712")
    task = install(trusting, plan, **wanted)
    assert (task["state"], [each["id"] for each in task["result"]["installed"]]) == ("ok", ["mean_gap"])
    assert "mean_gap" in [plugin["id"] for plugin in trusting.get("/api/plugins")["plugins"]]
    assert [one["state"] for one in trusting.get("/api/market/verify")] == ["installed"]
    assert trusting.get("/api/audit", plugin="mean_gap", event="installed")["lines"][0]["about"]["version"] == "1.0.0"

    bazaar.release("alice", "mean_gap", "1.1.0")
    (news,) = trusting.post("/api/market/refresh", {"market": "community"})
    assert news["updates"] == [{"id": "mean_gap", "installed": "1.0.0", "latest": "1.1.0"}]
    newer = {"update": True, "wanted": ["mean_gap"]}
    task = install(trusting, trusting.post("/api/market/plan", newer), **newer)
    assert (task["result"]["installed"][0]["before"], task["result"]["installed"][0]["version"]) == ("1.0.0", "1.1.0")
    assert trusting.get("/api/plugins/mean_gap")["version"] == "1.1.0"
    back = done(trusting, trusting.post("/api/market/installed/mean_gap/rollback", {}, status=202))
    assert back["result"]["installed"][0]["version"] == "1.0.0"

    bazaar.repository.revoke("mean_gap", "it lies", keys=[bazaar.keys])
    (news,) = trusting.post("/api/market/refresh", {"market": "community"})
    assert news["disabled"] == {"mean_gap": "it lies"}
    assert "mean_gap" not in [plugin["id"] for plugin in trusting.get("/api/plugins")["plugins"]]
    assert [one["state"] for one in trusting.get("/api/market/verify")] == ["disabled"]
    assert problem(trusting.client.post("/api/market/plan", json=wanted)) == (409, "TG711")
    assert trusting.get("/api/audit/verify")["sound"]


def test_a_permission_is_shown_and_needs_a_word_for_the_id(trusting) -> None:
    wanted = {"wanted": ["news_gap"], "market": "community"}
    plan = trusting.post("/api/market/plan", wanted)
    assert (plan["plans"][0]["items"][0]["more"], plan["unconfined"]) == (["network"], ["news_gap"])
    refused = install(trusting, plan, **wanted)
    assert refused["error"]["code"] == "TG712"
    assert "opens connections (network)" in refused["error"]["detail"]
    assert "news_gap" not in [one["id"] for one in trusting.get("/api/market")["plugins"]]
    assert install(trusting, plan, **wanted, unconfined=["news_gap"])["state"] == "ok"
    (entry,) = [one for one in trusting.get("/api/market")["plugins"] if one["id"] == "news_gap"]
    assert (entry["permissions"], entry["unconfined"]) == (["network"], True)
    now = trusting.post("/api/market/installed/news_gap/allow", {"unconfined": False})
    assert [one["unconfined"] for one in now["plugins"] if one["id"] == "news_gap"] == [False]
    assert problem(trusting.client.delete("/api/market/trust/community")) == (409, "TG712")
    (trusting.root / entry["file"]).write_text("changed = True\n")
    assert "changed" in [one["state"] for one in trusting.get("/api/market/verify")]
    assert True in [one["repaired"] for one in trusting.post("/api/market/repair")]


def test_the_function_of_the_page_about_the_api_installs(trusting, capsys) -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    (block,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "def install(" in block]
    names = {"api": trusting.client}
    exec(compile(block, "docs/api.md", "exec"), names)
    task = names["install"](["news_gap"], unconfined=["news_gap"])
    assert done(trusting, {"id": task})["state"] == "ok"
    assert "news_gap 1.0.0 ['network'] []" in capsys.readouterr().out


def test_a_broken_log_is_told(shop) -> None:
    shop.post("/api/plugins/reload")  # what is discovered is logged
    log = shop.root / "logs/plugin_audit.jsonl"
    whole = log.read_text()
    log.write_text(whole.replace('"event": "discovered"', '"event": "dreamt"', 1))
    found = shop.get("/api/audit/verify")
    log.write_text(whole)
    assert (found["sound"], found["broken"], found["reason"]) == (False, 1, "it was changed after it was written")
    cut = shop.get("/api/audit/verify", head="f" * 64)
    assert (cut["sound"], cut["broken"]) == (False, None)


def test_who_reviews_sees_what_waits_and_turns_it_down(owning, bazaar) -> None:
    desk = "/api/market/desks/ours"
    waiting = bazaar.submit("bob", "fast_trend", "1.0.0", kind="strategy")
    bazaar.submit(
        "bob", "sly_gap", "1.0.0", edit=lambda text: text.replace("import pandas", "import os\nimport pandas", 1)
    )
    assert [(one["ref"], one["reviewed"]) for one in owning.get(f"{desk}/submissions")] == [
        ("bob/fast_trend-1.0.0", False),
        ("bob/sly_gap-1.0.0", False),
    ]
    assert problem(owning.client.get(f"{desk}/submissions/{waiting.ref}")) == (404, "TG802")
    bazaar.repository.review(waiting.ref)
    shown = owning.get(f"{desk}/submissions/{waiting.ref}")
    assert (shown["digest"], [step["number"] for step in shown["steps"]]) == (waiting.digest, [1, 2, 3, 4, 5])
    task = done(owning, owning.post(f"{desk}/review", {"ref": "bob/sly_gap-1.0.0"}, status=202))
    assert task["result"]["passed"] is False
    steps = owning.get(f"{desk}/submissions/bob/sly_gap-1.0.0")["steps"]
    assert [step["verdict"] for step in steps if step["number"] in (2, 3)] == ["wrong", "wrong"]
    left = owning.post(f"{desk}/reject", {"ref": "bob/sly_gap-1.0.0", "reason": "it reaches for the system"})
    assert [one["ref"] for one in left] == ["bob/fast_trend-1.0.0"]
    assert owning.get(f"{desk}/verify")["sound"]


def test_a_desk_is_a_trusted_folder_and_nothing_else(owning, trusting) -> None:
    asked = owning.client.get
    assert problem(asked("/api/market/desks/nowhere/submissions")) == (404, "TG708")
    assert problem(asked("/api/market/desks/community/submissions")) == (422, "TG721")
    assert problem(asked("/api/market/desks/ours/submissions/..%2F..%2Fetc%2Fpasswd")) == (422, "TG718")


def test_no_route_takes_a_key(site) -> None:
    """Whoever holds the token of a server cannot sign with it."""
    page = site.get("/openapi.json")
    bodies = [
        page["components"]["schemas"][
            one["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
        ]
        for path, found in page["paths"].items()
        for one in found.values()
        if path.startswith("/api/market") and "requestBody" in one
    ]
    assert len(bodies) >= 7
    assert not [name for body in bodies for name in body["properties"] if "key" in name]
    assert not [path for path in page["paths"] if path.endswith(("/approve", "/publish", "/yank", "/revoke", "/sign"))]


def test_a_server_that_changes_nothing_asks_no_marketplace(owning, door) -> None:
    ask = door(read_only=True)
    bearer = {"Authorization": "Bearer secret"}
    before = (owning.root / "market.lock").read_bytes()
    for path in ("trust", "refresh", "plan", "install", "repair", "installed/news_gap/rollback"):
        assert problem(ask("POST", f"/api/market/{path}", headers=bearer, json={})) == (403, "TG806"), path
    for path in ("search", "plugins/mean_gap"):
        assert problem(ask("GET", f"/api/market/{path}", headers=bearer)) == (403, "TG806"), path
    assert ask("GET", "/api/market", headers=bearer).json()["markets"]
    assert ask("GET", "/api/market/verify", headers=bearer).status_code == 200
    assert (owning.root / "market.lock").read_bytes() == before
    assert json.loads(before)
