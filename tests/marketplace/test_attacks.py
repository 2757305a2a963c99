"""What a marketplace, its network or a thief of keys may try, and what a client says to it."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tuf.api.metadata import Targets

from pipeline.errors import MarketplaceError, PluginError
from pipeline.marketplace.client import Client
from pipeline.marketplace.fetch import Fetcher
from pipeline.plugins.describe import Absent
from pipeline.reloading import plugin_places
from pipeline.watch import Place


@pytest.fixture
def refused(nouns):
    """`refused(call)`: the code of the refusal."""
    return nouns["code_of"]


def restore(folder, copy) -> None:
    """Serve what was served at the time of the copy."""
    shutil.rmtree(folder / "metadata")
    shutil.copytree(copy, folder / "metadata")


def test_old_metadata_are_refused_once_newer_were_seen(bazaar, shop, tmp_path, refused) -> None:
    shutil.copytree(bazaar.folder / "metadata", tmp_path / "old")
    bazaar.clock.forward(days=1)
    bazaar.release("alice", "mean_gap", "1.1.0")
    site = shop()
    assert site.market.catalogue().find("mean_gap").latest.version == "1.1.0"
    restore(bazaar.folder, tmp_path / "old")
    assert refused(site.market.refresh) == "TG704"


def test_old_metadata_are_refused_on_a_fresh_clone_of_the_project_too(bazaar, shop, tmp_path, refused) -> None:
    shutil.copytree(bazaar.folder / "metadata", tmp_path / "old")
    bazaar.clock.forward(days=1)
    bazaar.release("alice", "mean_gap", "1.1.0")
    site = shop()
    shutil.rmtree(site.root / ".tradegraph")  # all that a clone has is market.lock
    restore(bazaar.folder, tmp_path / "old")
    assert refused(site.market.refresh) == "TG704"


def test_a_client_that_has_refused_gives_nothing_afterwards(bazaar, tmp_path, refused) -> None:
    seen = ((bazaar.clock.at + timedelta(days=1)).isoformat(), 0)
    client = Client(bazaar.folder.as_uri(), tmp_path / "cache", root_of(bazaar), clock=bazaar.clock, seen=seen)
    for call in (client.refresh, client.catalogue, client.paths, lambda: client.fetch("alice/mean_gap-1.0.0.py")):
        assert refused(call) == "TG704"


def test_a_single_list_that_goes_back_in_time_is_refused(bazaar, shop, refused) -> None:
    bazaar.release("alice", "mean_gap", "1.1.0")
    site = shop()
    shelf = bazaar.repository.shelf
    meta = shelf.snapshot().signed.meta["alice.json"].version
    old = (shelf.folder / f"{meta - 1}.alice.json").read_bytes()
    (shelf.folder / f"{meta}.alice.json").write_bytes(old)
    shutil.rmtree(site.root / ".tradegraph" / "market")
    (problem,) = site.market.refresh()[0].problems
    assert "'alice' is left aside" in problem
    assert [listing.id for listing in site.market.search()["community"]] == ["fast_trend"]
    assert refused(lambda: site.market.plan(["mean_gap"])) == "TG709"


def test_metadata_that_stand_still_are_refused_when_they_expire(bazaar, shop, refused) -> None:
    site = shop()
    bazaar.clock.forward(days=6)
    site.market.refresh()
    bazaar.clock.forward(days=2)
    assert refused(site.market.refresh) == "TG703"
    assert refused(site.market.search) == "TG703"
    bazaar.repository.renew(keys=[bazaar.keys])
    assert site.market.refresh()[0].problems == ()


@pytest.mark.parametrize(("days", "dead"), [(31, "snapshot"), (366, "root")])
def test_every_role_expires(bazaar, shop, refused, days, dead) -> None:
    site = shop()
    bazaar.clock.forward(days=days)
    timestamp = bazaar.repository.shelf.timestamp()
    timestamp.signed.expires = bazaar.clock.at.replace(year=2030)
    timestamp.signed.version += 1
    from pipeline.marketplace.key import signers_in

    (signer,) = signers_in(bazaar.keys / "timestamp.pem").values()
    timestamp.sign(signer)
    bazaar.repository.shelf.write("timestamp", timestamp)
    with pytest.raises(MarketplaceError, match=dead) as error:
        site.market.refresh()
    assert error.value.faults[0].code == "TG703"


def test_an_author_whose_list_expired_is_left_aside_and_said(bazaar, shop) -> None:
    site = shop()
    bazaar.clock.forward(days=364)
    bazaar.repository.rotate("root", keys=[bazaar.keys])
    bazaar.repository.renew(keys=[bazaar.keys], everything=True)
    bazaar.repository.renew_author("bob", key=bazaar.key("bob"))
    bazaar.clock.forward(days=5)
    bazaar.repository.renew(keys=[bazaar.keys])
    (found,) = site.market.refresh()
    assert found.plugins == 1
    assert "'alice' is left aside" in found.problems[0]
    assert "expired" in found.problems[0]


def test_a_fresh_client_refuses_what_is_older_than_its_root_file(bazaar, shop, tmp_path, refused) -> None:
    bazaar.clock.forward(days=1)
    shutil.copytree(bazaar.folder / "metadata", tmp_path / "old")
    bazaar.clock.forward(days=2)
    dated = bazaar.repository.rotate("root", keys=[bazaar.keys])
    assert dated.published
    site = shop(trusting=False)
    # all of it is signed and unexpired: only its date betrays it
    kept = bazaar.folder / "metadata" / "2.root.json"
    shutil.copy(kept, tmp_path / "old")
    restore(bazaar.folder, tmp_path / "old")
    assert refused(lambda: site.market.trust("community", str(bazaar.folder), dated.digest)) == "TG704"
    assert site.market.lock.markets == {}
    other = shop("two", trusting=False)
    assert refused(lambda: other.market.trust("community", str(bazaar.folder), bazaar.digest)) == ""


def test_only_the_root_file_with_the_given_digest_begins_trust(bazaar, shop, refused) -> None:
    site, right = shop(trusting=False), bazaar.digest
    for digest, code in (("0" * 64, "TG706"), ("no digest", "TG706"), (f"sha256:{right.upper()}", "")):
        assert refused(lambda digest=digest: site.market.trust("x", str(bazaar.folder), digest)) == code
    root = bazaar.folder / "metadata" / "1.root.json"
    root.write_bytes(root.read_bytes() + b" ")
    assert refused(lambda: shop("two", trusting=False).market.trust("x", str(bazaar.folder), right)) == "TG706"


def test_a_root_that_one_key_alone_has_signed_is_refused(bazaar, shop, refused) -> None:
    site = shop()
    waits = bazaar.repository.rotate("timestamp", add=[str(bazaar.key("bob"))], keys=[bazaar.keys / "root-1.pem"])
    assert (waits.published, len(waits.missing)) == (False, 2)
    shutil.copy(bazaar.folder / "metadata/pending/root.json", bazaar.folder / "metadata/2.root.json")
    assert refused(site.market.refresh) == "TG702"


@pytest.mark.parametrize("part", ["plugin", "manifest", "page"])
def test_a_file_that_was_changed_is_refused(bazaar, shop, refused, part) -> None:
    site = shop()
    plan = site.market.plan(["mean_gap"])
    release = plan.items[0].release
    path = bazaar.folder / "files" / release.ref.path(part)
    path.write_bytes(path.read_bytes().replace(b"Mean", b"Main", 1))
    call = (lambda: site.market.info("mean_gap")) if part == "page" else (lambda: site.market.install(plan))
    assert refused(call) == "TG705"
    assert not list(site.root.glob("nodes/**/mean_gap.py"))
    assert site.market.lock.plugins == {}


def endless(piece: bytes = b"x" * 65536):
    while True:
        yield piece


@pytest.mark.parametrize("what", ["timestamp.json", "1.root.json", "plugin"])
def test_a_file_without_end_is_cut_off(bazaar, shop, serve, refused, what) -> None:
    server = serve(bazaar.folder)
    site = shop(trusting=False)
    if what != "1.root.json":
        site.market.trust("community", server.url, bazaar.digest)
    path = "/files/alice/mean_gap-1.0.0.py" if what == "plugin" else f"/metadata/{what}"
    server.answers[path] = endless
    calls = {
        "timestamp.json": site.market.refresh,
        "1.root.json": lambda: site.market.trust("community", server.url, bazaar.digest),
        "plugin": lambda: site.install("mean_gap"),
    }
    assert refused(calls[what]) == "TG705"
    assert server.sent < 30_000_000  # what the sockets between the two held


def test_a_server_that_drips_is_left(bazaar, shop, serve, refused) -> None:
    server = serve(bazaar.folder)
    ticks = iter(range(0, 10_000_000, 25))
    site = shop(trusting=False, fetcher=lambda: Fetcher(60.0, lambda: float(next(ticks))))
    server.answers["/metadata/1.root.json"] = lambda: endless(b"x")
    with pytest.raises(MarketplaceError, match="was not there after 60 s") as error:
        site.market.trust("community", server.url, bazaar.digest)
    assert error.value.faults[0].code == "TG701"


def test_a_place_that_is_not_there_is_told_from_one_that_lies(shop, bazaar, refused, tmp_path) -> None:
    site = shop(trusting=False)
    for url in (str(tmp_path / "nowhere"), "http://127.0.0.1:9", "file:///nowhere/at/all"):
        assert refused(lambda url=url: site.market.trust("x", url, bazaar.digest)) == "TG701"
    assert refused(lambda: site.market.trust("x", "gopher://a", bazaar.digest)) == "TG708"


def test_an_author_cannot_sign_for_anothers_path(bazaar, shop) -> None:
    """Whatever else was stolen: the path is another's."""
    evil = bazaar.put("alice/fast_trend-9.0.0.py", b"evil = True\n")

    def change(signed: Targets) -> None:
        signed.targets["alice/fast_trend-9.0.0.py"] = evil

    bazaar.forge("bob", change)
    site = shop()
    assert site.market.refresh()[0].problems == (
        "TG710 alice/fast_trend-9.0.0.py is left aside: 'bob' may not sign for it",
    )
    client = Client(bazaar.folder.as_uri(), site.root / "cache", root_of(bazaar), clock=bazaar.clock)
    with pytest.raises(MarketplaceError, match=r"has no alice/fast_trend-9\.0\.0\.py"):
        client.fetch("alice/fast_trend-9.0.0.py")


def test_an_authors_list_that_leaves_its_paths_is_not_taken_in(bazaar, refused) -> None:
    from pipeline.marketplace.authorship import AuthorList
    from pipeline.marketplace.key import signers_in

    shelf = bazaar.repository.shelf
    mine = AuthorList.open(shelf, bazaar.repository.waiting, "bob", shelf.targets().signed)
    mine._metadata.signed.targets["alice/x-1.py"] = bazaar.put("alice/x-1.py", b"x")
    mine.sign(signers_in(bazaar.key("bob")), shelf.root().signed, bazaar.clock)
    assert refused(lambda: bazaar.repository.renew(keys=[bazaar.keys])) == "TG710"


def test_a_published_file_cannot_be_replaced_by_its_author(bazaar, refused) -> None:
    from pipeline.marketplace.authorship import AuthorList
    from pipeline.marketplace.key import signers_in

    shelf = bazaar.repository.shelf
    mine = AuthorList.open(shelf, bazaar.repository.waiting, "alice", shelf.targets().signed)
    mine._metadata.signed.targets["alice/mean_gap-1.0.0.py"] = bazaar.put("alice/mean_gap-1.0.0.py", b"evil = 1\n")
    mine.sign(signers_in(bazaar.key("alice")), shelf.root().signed, bazaar.clock)
    assert refused(lambda: bazaar.repository.renew(keys=[bazaar.keys])) == "TG705"


def test_a_thief_of_an_authors_key_and_of_the_servers_keys_gets_nothing_installed(bazaar, shop, refused) -> None:
    """A file is replaced and signed, with the snapshot and the timestamp: reviewers have approved another digest."""
    site = shop()
    evil = bazaar.put("alice/mean_gap-1.0.0.py", b"evil = True\n")

    def change(signed: Targets) -> None:
        signed.targets["alice/mean_gap-1.0.0.py"] = evil

    bazaar.forge("alice", change)
    (found,) = site.market.refresh()
    assert "TG705 its author has signed another plugin than reviewers have approved" in found.problems[0]
    assert refused(lambda: site.market.plan(["mean_gap"])) == "TG709"


def test_a_new_version_that_nobody_approved_is_seen_by_nobody(bazaar, shop, refused) -> None:
    bazaar.submit("alice", "mean_gap", "2.0.0")
    bazaar.repository.renew(keys=[bazaar.keys])  # the list is published, and names it
    assert "alice/mean_gap-2.0.0.py" in bazaar.repository.shelf.delegated("alice").signed.targets
    site = shop()
    assert [r.version for r in site.market.catalogue().find("mean_gap").releases] == ["1.0.0"]
    assert refused(lambda: site.market.plan(["mean_gap==2.0.0"])) == "TG709"


def test_an_id_cannot_be_taken_over(bazaar, shop, refused) -> None:
    assert refused(lambda: bazaar.submit("bob", "mean_gap", "9.0.0")) == "TG710"


def test_an_id_cannot_be_taken_over_by_a_reviewer_who_helps(bazaar, shop) -> None:
    """Bob signs it, reviewers approve it, only the operator does not say that the id is Bob's."""
    site = shop()
    old = bazaar.reviews.signed.targets["reviews/alice/mean_gap-1.0.0.json"]
    files = bazaar.folder / "files" / "alice"
    targets = {name.name: bazaar.put(f"bob/{name.name}", name.read_bytes()) for name in files.glob("mean_gap-1.0.0*")}

    def list_of_bob(signed: Targets) -> None:
        for name, target in targets.items():
            signed.targets[f"bob/{name}"] = target

    def theirs(signed: Targets) -> None:
        report = bazaar.put("reviews/bob/mean_gap-1.0.0.json", b"{}")
        report.unrecognized_fields["custom"] = old.unrecognized_fields["custom"]
        signed.targets["reviews/bob/mean_gap-1.0.0.json"] = report

    bazaar.forge("bob", list_of_bob)
    bazaar.forge("reviews", theirs)
    (found,) = site.market.refresh()
    assert found.problems == ("TG710 bob/mean_gap-1.0.0 is left aside: the id 'mean_gap' belongs to 'alice'",)
    assert site.market.catalogue().find("mean_gap").author == "alice"


def test_an_installed_plugin_is_not_replaced_by_another_authors(bazaar, shop, refused) -> None:
    site = shop()
    site.install("mean_gap")
    bazaar.repository.audit.append("test")

    def change(signed: Targets) -> None:
        signed.unrecognized_fields["x-tradegraph"]["owners"]["mean_gap"] = "bob"

    bazaar.forge("targets", change)
    assert refused(lambda: site.market.plan(["mean_gap"])) == "TG709"
    assert site.market.plan_update() == []


def test_names_that_look_like_others_are_said_to_everybody(bazaar, shop) -> None:
    waiting = bazaar.submit("bob", "mean_gapp", "1.0.0")
    assert waiting.warnings == ("TG720 the id 'mean_gapp' looks like 'mean_gap'",)
    review = bazaar.repository.review(waiting.ref)
    assert "TG720 the id 'mean_gapp' looks like 'mean_gap'" in [remark.said for remark in review.steps[2].remarks]
    bazaar.repository.approve(waiting.ref, waiting.digest, keys=[bazaar.keys])
    site = shop()
    assert site.market.catalogue().find("mean_gap").resembles == ("mean_gapp",)
    (item,) = site.market.plan(["mean_gapp"]).items
    assert item.warnings == ("TG720 'mean_gapp' looks like 'mean_gap', which the marketplace has too",)
    warned = bazaar.repository.add_author("a1ice", str(key_file(bazaar, "other")), keys=[bazaar.keys])
    assert warned == ("TG720 the author 'a1ice' looks like 'alice'",)


def key_file(bazaar, name: str):
    from pipeline.marketplace.key import new_key

    new_key(bazaar.key(name))
    return bazaar.key(name)


def root_of(bazaar) -> bytes:
    return (bazaar.folder / "metadata" / "1.root.json").read_bytes()


def test_a_revoked_plugin_is_disabled_and_stays_so_under_another_name(bazaar, shop, refused) -> None:
    site = shop()
    site.install("mean_gap")
    assert site.ids == ["mean_gap"]
    bazaar.repository.revoke("mean_gap", "it phones home", keys=[bazaar.keys])
    assert site.ids == ["mean_gap"]
    site.market.refresh()
    assert site.ids == []  # a system that runs on does not keep it as its last good version either
    assert site.refusals() == {"mean_gap": "TG714"}
    shutil.copy(site.file("mean_gap"), site.root / "nodes/custom/harmless.py")
    site.system.reload()
    assert site.refusals() == {"mean_gap": "TG714", "harmless": "TG714"}
    assert refused(lambda: site.market.plan(["mean_gap"])) == "TG711"
    assert refused(lambda: site.market.plan(["mean_gap==1.0.0"])) == "TG711"
    bazaar.repository.restore("mean_gap", keys=[bazaar.keys])
    assert site.market.refresh()[0].restored == ("mean_gap",)
    assert "mean_gap" in site.ids


def test_what_somebody_else_revokes_reaches_an_engine_that_runs_on(bazaar, shop, nouns) -> None:
    """Another process refreshes; this one sees it when it is asked next, and whoever watches files watches the lock."""
    site = shop()
    site.install("mean_gap")
    watching = type(site.system)(site.system.project, nouns["MemoryEvents"]())
    assert "mean_gap" in watching.current().plugins
    bazaar.repository.revoke("mean_gap", "it phones home", keys=[bazaar.keys])
    site.market.refresh()
    assert "mean_gap" not in watching.current().plugins
    assert Place(site.root / "market.lock") in plugin_places(watching)


def test_who_is_trusted_by_settings_is_revoked_all_the_same(bazaar, shop) -> None:
    site = shop(settings='{"trusted_plugins": ["mean_gap"], "isolation": "none"}')
    site.install("mean_gap")
    bazaar.repository.revoke("mean_gap", "it phones home", keys=[bazaar.keys], version="1.0.0")
    site.market.refresh()
    assert site.ids == []


def test_an_installed_file_that_was_changed_does_not_run(bazaar, shop) -> None:
    site = shop()
    site.install("mean_gap")
    path = site.file("mean_gap")
    good = path.read_bytes()
    path.write_bytes(good.replace(b"- 1.0", b"- 2.0"))
    fresh = type(site.system)(site.system.project, site.events)
    assert fresh.current().plugins == {}
    assert {record.fault.code for record in fresh.current().records if record.fault} == {"TG713"}
    (checked,) = site.market.verify()
    assert (checked.state, checked.repaired) == ("changed", False)
    (checked,) = site.market.verify(repair=True)
    assert (checked.state, checked.repaired) == ("changed", True)
    assert path.read_bytes() == good
    path.unlink()
    assert site.market.verify()[0].state == "missing"
    site.market.verify(repair=True)
    assert "mean_gap" in type(site.system)(site.system.project, site.events).current().plugins


def test_nothing_from_a_marketplace_runs_where_nothing_confines_it(bazaar, shop, monkeypatch, refused) -> None:
    site = shop()
    monkeypatch.setattr("pipeline.plugins.system.unconfined", lambda: "no seccomp")
    with pytest.raises(PluginError, match="nothing confines it here: no seccomp") as error:
        site.install("mean_gap")
    assert error.value.faults[0].code == "TG715"
    assert site.market.lock.plugins == {}
    site.install("mean_gap", unconfined={"mean_gap"})
    assert site.ids == ["mean_gap"]
    site.market.allow("mean_gap", unconfined=False)
    assert site.refusals() == {"mean_gap": "TG715"}
    site.market.allow("mean_gap")
    assert site.ids == ["mean_gap"]
    assert refused(lambda: site.market.allow("fast_trend")) == "TG723"


@pytest.mark.parametrize("said", ['"isolation": "none"', '"trusted_plugins": ["mean_gap"]', '"isolation": "worker"'])
def test_a_marketplaces_plugin_is_run_in_a_worker_whatever_the_settings_say(bazaar, shop, said) -> None:
    site = shop(settings=f'{{"validate_plugins": false, {said}}}')
    site.install("mean_gap")
    node = site.system.current().registry["mean_gap"]
    assert site.system.guest(node).confined
    with pytest.raises(PluginError, match="in the process of its caller") as error:
        site.system.check_here(site.system.current().plugins["mean_gap"])
    assert error.value.faults[0].code == "TG715"
    with pytest.raises(PluginError, match="in the process of its caller"):
        site.system.here(node)
    assert isinstance(node.fn, Absent)  # its code has not been run in this process, not even to ask what it is
    site.market.allow("mean_gap")
    allowed = site.system.current().registry["mean_gap"]
    assert not isinstance(allowed.fn, Absent)
    assert not site.system.guest(allowed).confined
    assert site.system.here(allowed) is allowed


def test_two_who_look_at_once_do_not_disturb_each_other(bazaar, shop) -> None:
    site = shop()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: site.market.info("mean_gap").page, range(8)))
    assert len(set(found)) == 1
    assert len(site.market.lock.markets) == 1


def test_a_lockfile_that_cannot_be_read_lets_nothing_run(bazaar, shop, refused) -> None:
    site = shop()
    site.install("mean_gap")
    lock = site.root / "market.lock"
    said = json.loads(lock.read_text())
    said["plugins"]["mean_gap"]["file"] = "../../elsewhere.py"
    for text in ("{", json.dumps(said), "[]", '{"format": 2}'):
        lock.write_text(text)
        fresh = type(site.system)(site.system.project, site.events)
        assert refused(fresh.current) == "TG716"
        assert refused(site.market.search) == "TG716"
