"""`tradegraph market`: what users, authors, reviewers and operators are told."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import pytest

from pipeline.marketplace.extra import now
from pipeline.plugins.discover import build_registry

NOUNS = runpy.run_path(str(Path(__file__).parents[2] / "marketplace" / "bazaar.py"))


@pytest.fixture(scope="module")
def _bazaar(tmp_path_factory):
    bazaar = NOUNS["Bazaar"](tmp_path_factory.mktemp("cli") / "bazaar")
    bazaar.clock.at = now()  # commands have the clock of the machine
    bazaar.found()
    bazaar.release("alice", "mean_gap", "1.0.0")
    bazaar.release("bob", "news_gap", "1.0.0", edit=lambda text: text.replace(
        "'type': 'indicator',", "'type': 'indicator',\n            'permissions': ['network'],"
    ).replace("return []", "return ['numpy>=2', 'no_such_thing']"))  # fmt: skip
    return bazaar


@pytest.fixture
def bazaar(_bazaar, tmp_path, monkeypatch):
    """A copy of the marketplace, whose reviews are quick ones."""
    shutil.copytree(_bazaar.place, tmp_path / "bazaar")
    copy = NOUNS["Bazaar"](tmp_path / "bazaar")
    copy.clock.at = now()
    quiet = NOUNS["QuietBench"]()
    monkeypatch.setattr("pipeline.marketplace.repository.ProcessBench", lambda **_options: quiet)
    monkeypatch.setattr("pipeline.marketplace.repository.CommandRunner", NOUNS["QuietRunner"])
    return copy


@pytest.fixture
def trusting(project, bazaar, tradegraph, monkeypatch):
    """A project that trusts it."""
    monkeypatch.setattr("pipeline.plugins.system.build_registry", build_registry)
    (project / "plugin_config.json").write_text('{"validate_plugins": false}')
    assert tradegraph("market", "trust", "community", bazaar.folder, bazaar.digest).status == 0
    return project


def test_what_there_is_is_listed_and_shown_closely(trusting, tradegraph) -> None:
    found = tradegraph("market", "search", "gap")
    assert "mean_gap  1.0.0    indicator  alice   1         community" in found.out
    assert "2 plugins" in found.out
    page = tradegraph("market", "info", "news_gap").out
    assert "news_gap  indicator 1.0.0 by bob, from community" in page
    assert "network      yes" in page
    assert "files        no" in page
    assert "requires     no_such_thing, numpy>=2" in page
    assert "# News Gap" in page
    assert "1. file and documentation: ok" in tradegraph("market", "info", "mean_gap", "--review").out
    answer = tradegraph("market", "info", "mean_gpa")
    assert (answer.status, "TG709" in answer.err, "Did you mean 'mean_gap'?" in answer.err) == (2, True, True)


def test_an_installation_is_shown_asked_for_and_done(trusting, tradegraph) -> None:
    asked = tradegraph("market", "install", "mean_gap", stdin="n\n")
    assert asked.status == 1
    assert "mean_gap 1.0.0 by alice from community (you asked for it)\n  network   no\n  files     no" in asked.out
    assert asked.out.endswith("do it? [y/N]: n\nnothing was changed\n")
    assert not (trusting / "nodes/indicators/mean_gap.py").exists()
    (plan,) = tradegraph("market", "install", "mean_gap", "--json").json
    assert plan["items"][0]["release"]["sha256"]
    assert not (trusting / "nodes/indicators/mean_gap.py").exists()
    done = tradegraph("market", "install", "mean_gap", stdin="y\n")
    assert (done.status, done.out.splitlines()[-1]) == (0, "installed mean_gap 1.0.0: nodes/indicators/mean_gap.py")
    assert "alice at community" in tradegraph("plugin", "list").out
    assert tradegraph("market", "verify").status == 0
    assert tradegraph("market", "update").out == "all that is installed is the latest\n"
    assert tradegraph("market", "rollback", "mean_gap").status == 2
    assert tradegraph("market", "allow", "mean_gap").out == "mean_gap may run where nothing confines it\n"
    assert tradegraph("market", "allow", "mean_gap", "--no").out == "mean_gap runs confined or not at all\n"
    (trusting / "nodes/indicators/mean_gap.py").write_text("changed = 1\n")
    assert "1 plugin from community, whose newest metadata are of 20" in tradegraph("doctor").out
    bad = tradegraph("market", "verify")
    assert (bad.status, "changed" in bad.out) == (1, True)
    listed = tradegraph("plugin", "list").err
    assert "TG713" in listed
    assert "`tradegraph market verify --repair` puts 1.0.0 back" in listed
    assert "put back" in tradegraph("market", "verify", "--repair").out
    assert tradegraph("market", "distrust", "community").status == 2
    told = json.loads(tradegraph("plugin", "audit", "--json").out)
    assert [record["event"] for record in told["records"] if record.get("plugin") == "mean_gap"][:3] == [
        "discovered", "loaded", "installed"
    ]  # fmt: skip


def test_what_needs_a_word_says_which(trusting, tradegraph) -> None:
    answer = tradegraph("market", "install", "news_gap", "--yes")
    assert answer.status == 2
    assert "Python lacks no_such_thing" in answer.out
    assert "TG712 news_gap 1.0.0 opens connections (network)" in answer.err
    assert "hint: If you trust it with that: --unconfined news_gap" in answer.err
    answer = tradegraph("market", "install", "news_gap", "--yes", "--unconfined", "news_gap")
    assert "TG712 Python lacks no_such_thing" in answer.err
    assert "--with-dependencies" in answer.err


def test_the_audit_log_is_verified_and_a_change_is_found(trusting, tradegraph) -> None:
    tradegraph("plugin", "list")
    sound = tradegraph("plugin", "audit", "--verify")
    assert sound.status == 0
    head = sound.out.split()[-1]
    assert tradegraph("plugin", "audit", "--verify", "--head", head).status == 0
    assert tradegraph("plugin", "audit", "--head", "0" * 64).status == 2
    log = trusting / "logs/plugin_audit.jsonl"
    log.write_text(log.read_text().replace("discovered", "forgotten", 1))
    broken = tradegraph("plugin", "audit", "--verify")
    assert "logs/plugin_audit.jsonl, line 1: it was changed" in tradegraph("doctor").out
    assert (broken.status, "logs/plugin_audit.jsonl, line 1: it was changed" in broken.err) == (2, True)
    assert tradegraph("plugin", "audit", "--verify", "--json").json["broken"] == 1


def test_a_submission_goes_from_the_desk_to_the_shelf(trusting, bazaar, tradegraph) -> None:
    path = bazaar.write("alice", "mean_gap", "1.1.0")
    tradegraph("market", "install", "mean_gap", "--yes")
    sent = tradegraph(
        "market", "publish", path, "--to", bazaar.folder, "--author", "alice", "--key", bazaar.key("alice")
    )
    assert "submitted alice/mean_gap-1.1.0, digest " in sent.out
    ref, folder = "alice/mean_gap-1.1.0", bazaar.folder
    assert "not reviewed" in tradegraph("market", "review", folder).out
    review = tradegraph("market", "review", folder, ref)
    assert review.status == 0
    assert "-            'version': '1.0.0'," in review.out
    assert "+            'version': '1.1.0'," in review.out
    digest = tradegraph("market", "review", folder, ref, "--json").json["digest"]
    wrong = tradegraph("market", "approve", folder, ref, "--digest", "0" * 64, "--keys", bazaar.keys)
    assert (wrong.status, "TG719" in wrong.err) == (2, True)
    assert tradegraph("market", "approve", folder, ref, "--digest", digest, "--keys", bazaar.keys).status == 0
    assert "newer mean_gap: 1.1.0, installed is 1.0.0" in tradegraph("market", "refresh").out
    assert "installed mean_gap 1.1.0, before 1.0.0" in tradegraph("market", "update", "--yes").out
    assert "mean_gap is 1.0.0 again, instead of 1.1.0" in tradegraph("market", "rollback", "mean_gap").out
    yank = ("market", "yank", folder, ref, "--key", bazaar.key("alice"), "--keys", bazaar.keys)
    assert tradegraph(*yank).status == 2
    assert tradegraph(*yank, "--reason", "slow").out == f"{ref} is yanked, in effect\n"
    assert "yanked: slow" in tradegraph("market", "info", "mean_gap").out
    assert "2, 1 withdrawn" in tradegraph("market", "search", "mean").out
    gone = tradegraph(
        "market", "revoke", folder, "mean_gap", "--reason", "bad", "--version", "1.0.0", "--keys", bazaar.keys
    )
    assert "mean_gap 1.0.0 revoked" in gone.out
    assert "disabled mean_gap: bad" in tradegraph("market", "refresh").out
    assert tradegraph("market", "revoke", folder, "mean_gap", "--undo", "--keys", bazaar.keys).status == 0
    assert "restored mean_gap" in tradegraph("market", "refresh").out
    assert tradegraph("market", "mirror", trusting / "copy").out.startswith("copy: 15 files, 15 of them new")
    assert tradegraph("market", "verify", trusting / "copy").status == 0
    other = bazaar.write("alice", "other_gap", "1.0.0")
    tradegraph("market", "publish", other, "--to", folder, "--author", "alice", "--key", bazaar.key("alice"))
    assert tradegraph("market", "reject", folder, "alice/other_gap-1.0.0", "--reason", "no").status == 0


def test_who_runs_one_is_told_what_to_do(tmp_path, tradegraph, monkeypatch) -> None:
    folder, keys = tmp_path / "m", tmp_path / "k"
    made = tradegraph("market", "init", folder, "--keys", keys, "--days", "timestamp=1")
    assert "carry away, each to another place: root-1.pem, root-2.pem, root-3.pem" in made.out
    assert "tradegraph market trust m URL " in made.out
    assert tradegraph("market", "init", tmp_path / "n", "--keys", tmp_path / "o", "--days", "x").status == 2
    public = tradegraph("market", "key", tmp_path / "carol.pem")
    assert (len(public.out.strip()), "made the key" in public.err) == (44, True)
    monkeypatch.setenv("TRADEGRAPH_MARKET_KEYS", str(keys))
    assert tradegraph("market", "author", "add", folder, "carol", public.out.strip()).status == 0
    assert "signed anew: snapshot, timestamp" in tradegraph("market", "renew", folder).out
    new = tradegraph("market", "key", tmp_path / "new.pem", "--json").json["public_key"]
    assert "carol has another key" in tradegraph("market", "author", "rotate", folder, "carol", new).out
    assert tradegraph("market", "author", "renew", folder, "carol", "--key", tmp_path / "new.pem").status == 0
    assert tradegraph("market", "author", "remove", folder, "carol", "--reason", "gone").status == 0
    other = tradegraph("market", "key", tmp_path / "root-4.pem").out.strip()
    waits = tradegraph("market", "rotate", folder, "root", "--add", other, "--keys", keys / "root-1.pem")
    assert "root 2 waits in metadata/pending for signatures:\n  the old root: 1 more of" in waits.out
    assert "the keys of root are changed; trust begins with" in tradegraph("market", "sign", folder).out
    sound = tradegraph("market", "verify", folder)
    assert (sound.status, sound.out.splitlines()[-1]) == (0, "all is well")
    assert tradegraph("market", "verify", tmp_path / "nothing").status == 2
