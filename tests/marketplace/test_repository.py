"""Running a marketplace: founding, authors, approvals, keys that change, mirrors, and its own log."""

from __future__ import annotations

import json
import shutil

import pytest

from pipeline.errors import MarketplaceError, PluginError
from pipeline.marketplace import Ref, Repository
from pipeline.marketplace.key import key_of, new_key
from pipeline.marketplace.place import check_author, read_version


@pytest.fixture
def refused(nouns):
    return nouns["code_of"]


def test_a_marketplace_is_founded_with_three_root_keys_of_which_two_sign(tmp_path, nouns, refused) -> None:
    repository = Repository(tmp_path / "market", clock=nouns["Clock"]())
    found = repository.init("mine", tmp_path / "keys", days={"timestamp": 3})
    root = repository.shelf.root().signed
    assert (len(root.roles["root"].keyids), root.roles["root"].threshold) == (3, 2)
    assert len({tuple(role.keyids) for role in root.roles.values()}) == 4
    assert found.digest == repository.verify().root
    assert [name.rpartition("/")[2] for name in found.offline] == ["root-1.pem", "root-2.pem", "root-3.pem"]
    assert all((tmp_path / "keys" / name).stat().st_mode & 0o077 == 0 for name in ("root-1.pem", "targets.pem"))
    assert repository.verify().expires["timestamp"] == "2026-03-05T12:00:00+00:00"
    assert refused(lambda: repository.init("again", tmp_path / "others")) == "TG721"
    assert refused(lambda: Repository(tmp_path / "b").init("b", tmp_path / "b" / "keys")) == "TG718"
    assert refused(lambda: Repository(tmp_path / "c").init("c", tmp_path / "d", days={"nobody": 1})) == "TG718"
    assert refused(lambda: Repository(tmp_path / "nothing").renew(keys=[tmp_path / "keys"])) == "TG721"


def test_an_author_has_one_role_limited_to_one_folder_and_a_key_of_its_own(bazaar, refused) -> None:
    delegations = bazaar.repository.shelf.targets().signed.delegations
    assert {name: role.paths for name, role in delegations.roles.items()} == {
        "reviews": ["reviews/*/*"], "alice": ["alice/*"], "bob": ["bob/*"]
    }  # fmt: skip
    add = bazaar.repository.add_author
    keys = {"keys": [bazaar.keys]}
    assert refused(lambda: add("carol", bazaar.key("alice"), **keys)) == "TG717"  # two people with one key
    assert refused(lambda: add("carol", "no key", **keys)) == "TG717"
    fresh = new_key(bazaar.key("carol"))
    assert refused(lambda: add("alice", fresh, **keys)) == "TG718"
    assert refused(lambda: add("carol", fresh, keys=[bazaar.keys / "snapshot.pem"])) == "TG717"
    for name in ("targets", "reviews", "A", "x", "../x", "a/b", "with space", "a" * 50):
        assert refused(lambda name=name: add(name, fresh, **keys)) == "TG718"


def test_nothing_is_published_by_somebody_unknown_or_with_another_key(bazaar, refused) -> None:
    path = bazaar.write("alice", "other", "1.0.0")
    publish = bazaar.repository.publish
    assert refused(lambda: publish(path, author="carol", key=bazaar.key("alice"))) == "TG718"
    assert refused(lambda: publish(path, author="alice", key=bazaar.key("bob"))) == "TG717"
    assert refused(lambda: publish(path, author="alice", key=bazaar.place / "none.pem")) == "TG717"
    path.with_suffix(".md").unlink()
    with pytest.raises(MarketplaceError, match="a page that documents it"):
        publish(path, author="alice", key=bazaar.key("alice"))


def test_a_version_is_published_once_however_it_is_spelt(bazaar, refused) -> None:
    for version in ("1.0.0", "1.0", "v1.0.0"):
        assert refused(lambda version=version: bazaar.submit("alice", "mean_gap", version)) == "TG718"
    for version in ("one", "1.0.0+mine", "1!2.0", ""):
        assert refused(lambda version=version: bazaar.submit("alice", "mean_gap", version)) == "TG718"
    assert bazaar.submit("alice", "mean_gap", "2.0.0-beta.1").ref == "alice/mean_gap-2.0.0b1"


def test_what_is_approved_is_a_digest_of_everything(bazaar, refused) -> None:
    waiting = bazaar.submit("alice", "mean_gap", "1.1.0")
    approve = bazaar.repository.approve
    assert refused(lambda: approve(waiting.ref, waiting.digest, keys=[bazaar.keys])) == "TG719"  # not reviewed
    assert bazaar.repository.review(waiting.ref).passed
    assert refused(lambda: approve(waiting.ref, "0" * 64, keys=[bazaar.keys])) == "TG719"
    page = bazaar.repository.waiting / "alice" / "mean_gap-1.1.0" / "mean_gap.md"
    page.write_text(page.read_text() + "one more line\n")
    assert refused(lambda: approve(waiting.ref, waiting.digest, keys=[bazaar.keys])) == "TG705"
    again = bazaar.submit("alice", "mean_gap", "1.1.0", edit=lambda text: text + "\n# changed since\n")
    assert (
        refused(lambda: approve(again.ref, again.digest, keys=[bazaar.keys])) == "TG719"
    )  # a review of something else
    bazaar.repository.review(again.ref)
    assert refused(lambda: approve(again.ref, again.digest, keys=[bazaar.keys / "targets.pem"])) == "TG717"
    assert approve(again.ref, f"sha256:{again.digest}", keys=[bazaar.keys]).steps[-1].number == 6
    assert refused(lambda: approve(again.ref, again.digest, keys=[bazaar.keys])) == "TG718"


def test_a_review_that_has_not_passed_is_not_approved(bazaar, refused, nouns) -> None:
    bazaar.runner.answer = (1, "TG501 it broke")
    waiting = bazaar.submit("alice", "mean_gap", "1.1.0")
    review = bazaar.repository.review(waiting.ref)
    assert (review.passed, review.steps[4].verdict, review.steps[4].remarks[0].said) == (
        False,
        "wrong",
        "TG501 it broke",
    )
    with pytest.raises(MarketplaceError, match=r"has not passed step 5 \(integration\)"):
        bazaar.repository.approve(waiting.ref, waiting.digest, keys=[bazaar.keys])
    (listed,) = bazaar.repository.pending()
    assert (listed.ref, listed.reviewed, listed.passed) == ("alice/mean_gap-1.1.0", True, False)
    page = bazaar.repository.waiting / "alice" / "mean_gap-1.1.0" / "mean_gap.md"
    page.write_text(good := page.read_text() + "changed")
    (listed,) = bazaar.repository.pending()
    assert listed.problem == "the page of alice/mean_gap-1.1.0 was changed after it was submitted"
    page.write_text(good.removesuffix("changed"))
    bazaar.repository.reject(waiting.ref, "it breaks", by="Erin")
    assert bazaar.repository.pending() == []
    assert refused(lambda: bazaar.repository.review(waiting.ref)) == "TG718"


def test_a_changed_list_of_dependencies_is_approved_by_itself(bazaar, refused) -> None:
    needs = lambda text: text.replace("return []", "return ['numpy>=2']")
    waiting = bazaar.submit("alice", "mean_gap", "1.1.0", edit=needs)
    review = bazaar.repository.review(waiting.ref)
    approve = bazaar.repository.approve
    assert (review.dependencies_changed, review.requires) == (True, ("numpy>=2",))
    assert refused(lambda: approve(waiting.ref, waiting.digest, keys=[bazaar.keys])) == "TG724"
    assert refused(lambda: approve(waiting.ref, waiting.digest, keys=[bazaar.keys], dependencies="0" * 64)) == "TG724"
    done = approve(waiting.ref, waiting.digest, keys=[bazaar.keys], dependencies=review.dependencies, by="Erin")
    assert f"Erin approved the list {review.dependencies}" in [remark.said for remark in done.steps[-1].remarks]
    # the same list again needs no word; one that became shorter does
    later = bazaar.submit("alice", "mean_gap", "1.2.0", edit=needs)
    assert not bazaar.repository.review(later.ref).dependencies_changed
    assert bazaar.repository.review(bazaar.submit("alice", "mean_gap", "1.3.0").ref).dependencies_changed


@pytest.mark.parametrize(
    ("text", "code"), [("evil @ https://example.org/evil.whl", "TG718"), ("--index-url=x", "TG409"), ("a b", "TG409")]
)
def test_a_dependency_is_a_package_and_versions_nothing_else(bazaar, refused, text, code) -> None:
    edit = lambda plugin: plugin.replace("return []", f"return [{text!r}]")
    assert refused(lambda: bazaar.submit("alice", "deep_gap", "1.0.0", edit=edit)) == code


def test_every_version_has_a_stored_report_of_each_step(bazaar) -> None:
    bazaar.release("alice", "mean_gap", "1.1.0", edit=lambda text: text.replace("- 1.0", "- 1.5"))
    for version in ("1.0.0", "1.1.0"):
        folder = bazaar.repository.waiting / "alice" / f"mean_gap-{version}" / "review"
        names = sorted(path.name for path in folder.glob("*.json"))
        assert [name[0] for name in names] == list("123456")
        published = json.loads((bazaar.folder / f"files/reviews/alice/mean_gap-{version}.json").read_text())
        assert [step["number"] for step in published["steps"]] == [1, 2, 3, 4, 5, 6]
        assert published["passed"]
    assert "-        return data['close'] / mean - 1.0" in published["steps"][2]["text"]
    assert "+        return data['close'] / mean - 1.5" in published["steps"][2]["text"]
    assert published["version_before"] == "1.0.0"


def test_two_submissions_of_one_author_do_not_wait_for_each_other(bazaar, shop) -> None:
    first, second = bazaar.submit("alice", "mean_gap", "1.1.0"), bazaar.submit("alice", "other_gap", "0.1.0")
    for waiting in (second, first):
        bazaar.repository.review(waiting.ref)
        bazaar.repository.approve(waiting.ref, waiting.digest, keys=[bazaar.keys])
    found = shop().market.catalogue()
    assert {name: listing.latest.version for name, listing in found.listings.items()} == {
        "mean_gap": "1.1.0", "other_gap": "0.1.0", "fast_trend": "1.0.0"
    }  # fmt: skip


def test_versions_are_ordered_and_all_of_them_are_shown(bazaar, shop) -> None:
    for version in ("1.10.0", "1.9.0", "2.0.0rc1"):
        bazaar.release("alice", "mean_gap", version)
    bazaar.repository.yank("alice/mean_gap-1.10.0", "rounds badly", key=bazaar.key("alice"), keys=[bazaar.keys])
    listing = shop().market.catalogue().find("mean_gap")
    assert [(r.version, r.yanked) for r in listing.releases] == [
        ("2.0.0rc1", ""), ("1.10.0", "rounds badly"), ("1.9.0", ""), ("1.0.0", "")
    ]  # fmt: skip
    assert listing.latest.version == "1.9.0"
    assert listing.release("1.10").version == "1.10.0"
    bazaar.repository.yank("alice/mean_gap-1.10.0", "", key=bazaar.key("alice"), keys=[bazaar.keys])
    assert shop("two").market.catalogue().find("mean_gap").latest.version == "1.10.0"


def test_a_yank_without_the_marketplaces_keys_waits_for_the_next_renewal(bazaar, shop, refused) -> None:
    site = shop()
    yank = bazaar.repository.yank
    assert refused(lambda: yank("alice/mean_gap-7", "none", key=bazaar.key("alice"))) == "TG709"
    assert refused(lambda: yank("alice/mean_gap-1.0.0", "mine", key=bazaar.key("bob"))) == "TG717"
    assert yank("alice/mean_gap-1.0.0", "slow", key=bazaar.key("alice")) is False
    assert site.market.catalogue().find("mean_gap").latest is not None
    assert "alice" in bazaar.repository.renew(keys=[bazaar.keys])
    assert site.market.catalogue().find("mean_gap").latest is None


def test_the_root_is_changed_by_two_keys_that_never_meet(bazaar, shop) -> None:
    site = shop()
    first, second = (bazaar.keys / f"root-{n}.pem" for n in (1, 2))
    online = [bazaar.keys / f"{role}.pem" for role in ("targets", "snapshot", "timestamp", "reviews")]
    away = bazaar.place / "away"
    away.mkdir()
    for key in bazaar.keys.glob("root-*.pem"):
        shutil.move(key, away)
    new = new_key(away / "root-4.pem")
    old = key_of(away / "root-3.pem").keyid
    rotate = bazaar.repository.rotate("root", add=[new], remove=[old[:12]], keys=[away / first.name])
    assert (rotate.published, rotate.version) == (False, 2)
    assert "1 more of" in rotate.missing[0]
    with pytest.raises(MarketplaceError, match="waits for signatures already"):
        bazaar.repository.rotate("root", keys=[away / first.name])
    alone = bazaar.repository.sign_root(keys=[away / second.name])  # where no other key is
    assert (alone.published, "signing for 'snapshot' takes 1 of the keys" in alone.missing[0]) == (False, True)
    done = bazaar.repository.sign_root(keys=online)
    assert (done.published, done.digest) == (True, bazaar.repository.verify().root)
    assert not (bazaar.folder / "metadata/pending/root.json").exists()
    # who trusted the old root follows it, who begins today begins with the new one
    assert site.market.refresh()[0].problems == ()
    other = shop("two", trusting=False)
    assert other.market.trust("community", str(bazaar.folder), done.digest).plugins == 2
    with pytest.raises(MarketplaceError, match="no new root waits"):
        bazaar.repository.sign_root(keys=[away])


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp", "reviews"])
def test_the_key_of_every_role_can_be_changed(bazaar, shop, role) -> None:
    site = shop()
    old = key_of(bazaar.keys / f"{role}.pem").keyid
    new = new_key(bazaar.keys / f"{role}-2.pem")
    assert bazaar.repository.rotate(role, add=[new], remove=[old], keys=[bazaar.keys]).published
    (bazaar.keys / f"{role}.pem").unlink()
    bazaar.release("alice", "mean_gap", "1.1.0")
    assert site.market.catalogue().find("mean_gap").latest.version == "1.1.0"
    assert bazaar.repository.verify().problems == ()


def test_keys_are_not_taken_away_below_what_must_sign(bazaar, refused) -> None:
    rotate = bazaar.repository.rotate
    key = key_of(bazaar.keys / "timestamp.pem").keyid
    assert refused(lambda: rotate("timestamp", remove=[key], keys=[bazaar.keys])) == "TG717"
    assert refused(lambda: rotate("timestamp", remove=["0" * 64], keys=[bazaar.keys])) == "TG717"
    assert refused(lambda: rotate("alice", keys=[bazaar.keys])) == "TG718"


def test_an_author_who_lost_the_key_goes_on_with_another(bazaar, shop) -> None:
    site = shop()
    site.install("mean_gap")
    new = new_key(bazaar.place / "alice-2.pem")
    bazaar.repository.rotate_author("alice", new, keys=[bazaar.keys])
    (found,) = site.market.refresh()
    assert "'alice' is left aside" in found.problems[0]
    assert site.ids == ["mean_gap"]  # what is installed goes on
    bazaar.repository.renew_author("alice", key=bazaar.place / "alice-2.pem")
    bazaar.repository.renew(keys=[bazaar.keys])
    (found,) = site.market.refresh()
    assert (found.problems, found.plugins) == ((), 2)


def test_an_author_who_is_let_go_takes_everything_along(bazaar, shop, refused) -> None:
    site = shop()
    site.install("mean_gap")
    bazaar.repository.remove_author("alice", keys=[bazaar.keys], reason="sold the account")
    (found,) = site.market.refresh()
    assert (found.plugins, found.disabled) == (1, {"mean_gap": "sold the account"})
    assert site.ids == []
    assert refused(lambda: bazaar.submit("alice", "mean_gap", "2.0.0")) == "TG718"
    assert refused(lambda: bazaar.repository.remove_author("carol", keys=[bazaar.keys], reason="x")) == "TG718"


def test_a_mirror_is_trusted_like_the_marketplace_and_follows_it(bazaar, shop, serve, tmp_path) -> None:
    site = shop()
    copied = site.market.mirror(tmp_path / "mirror")
    assert (copied.files, copied.fetched) == (10, 10)
    server = serve(tmp_path / "mirror")
    other = shop("two", url=server.url)
    other.install("mean_gap")
    bazaar.clock.forward(days=1)
    bazaar.release("alice", "mean_gap", "1.1.0")
    bazaar.repository.rotate("root", keys=[bazaar.keys])
    assert other.market.refresh()[0].updates == ()
    again = site.market.mirror(tmp_path / "mirror")
    assert (again.files, again.fetched) == (15, 5)
    assert [update.latest for update in other.market.refresh()[0].updates] == ["1.1.0"]
    assert Repository(tmp_path / "mirror", clock=bazaar.clock).verify().problems == ()
    assert not list((tmp_path / "mirror").rglob("*.pem"))


def test_the_marketplaces_log_names_what_was_done_and_is_checked_with_it(bazaar) -> None:
    events = [record.event for record in bazaar.repository.audit.read()]
    assert events == ["init", "author added", "author added", *["submitted", "reviewed", "approved"] * 2]
    sound = bazaar.repository.verify()
    assert (sound.sound, sound.plugins, sound.releases, sound.files, sound.soon) == (True, 2, 2, 10, ())
    text = bazaar.repository.audit.path.read_text()
    bazaar.repository.audit.path.write_text(text.replace('"by": "Erin"', '"by": "Eve"', 1))
    (problem,) = bazaar.repository.verify().problems
    assert problem.startswith("TG722 line 6 of audit.jsonl: it was changed")


def test_a_folder_that_was_tampered_with_is_found_out(bazaar) -> None:
    path = bazaar.folder / "files/bob/fast_trend-1.0.0.md"
    path.write_text("evil")
    (problem,) = bazaar.repository.verify().problems
    assert problem.startswith("TG705")
    bazaar.clock.forward(days=6)
    assert bazaar.repository.verify().soon == ("timestamp",)
    bazaar.clock.forward(days=2)
    assert any(problem.startswith("TG703") for problem in bazaar.repository.verify().problems)
    targets = next((bazaar.folder / "metadata").glob("3.targets.json"))
    targets.write_bytes(targets.read_bytes().replace(b"alice", b"al1ce"))
    assert not bazaar.repository.verify().sound


def test_a_command_that_died_leaves_nothing_that_counts(bazaar, shop) -> None:
    """Files above the timestamp are written over by the next command."""
    version = bazaar.repository.shelf.targets().signed.version + 1
    (bazaar.folder / "metadata" / f"{version}.targets.json").write_text("{}")
    bazaar.release("alice", "third_gap", "1.0.0")
    assert bazaar.repository.verify().problems == ()
    assert "third_gap" in shop().market.catalogue().listings


@pytest.mark.parametrize("text", ["alice", "alice/x", "alice/-1", "/x-1", "alice/X-1.0", "alice/x-one"])
def test_what_names_no_version_is_said(text, refused) -> None:
    assert refused(lambda: Ref.read(text)) == "TG718"


def test_a_version_is_written_as_it_is_read() -> None:
    assert str(Ref.read("alice/fast_trend-v1.0.0")) == "alice/fast_trend-1.0.0"
    assert read_version("2.0.0-beta.1") == "2.0.0b1"
    assert check_author("a-b_c9") == "a-b_c9"


def test_a_key_that_is_there_is_not_made_anew(tmp_path) -> None:
    text = new_key(tmp_path / "a.pem")
    assert key_of(text).keyid == key_of(tmp_path / "a.pem").keyid
    with pytest.raises(PluginError, match="cannot write the key"):
        new_key(tmp_path / "a.pem")
