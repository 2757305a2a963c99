"""Installing: what is shown first, what needs a word, and that all of it happens or nothing."""

from __future__ import annotations

import pytest

from pipeline.errors import MarketplaceError, PluginError
from pipeline.marketplace import Consent, Marketplace
from pipeline.plugins.install import remove


@pytest.fixture
def refused(nouns):
    return nouns["code_of"]


class Shelf:
    """An installer of packages that only notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def install(self, requirements) -> None:
        self.asked.append(list(requirements))


def requiring(*texts: str):
    return lambda text: text.replace("return []", f"return {list(texts)!r}")


def permitting(*names: str):
    return lambda text: text.replace("'type': 'indicator',", f"'type': 'indicator', 'permissions': {list(names)!r},")


def test_a_plan_shows_permissions_and_dependencies_and_changes_nothing(bazaar, shop) -> None:
    bazaar.release("bob", "news_gap", "1.0.0", edit=lambda text: permitting("network")(requiring("numpy>=2")(text)))
    site = shop()
    before = sorted(site.root.rglob("*.py"))
    plan = site.market.plan(["news_gap"])
    (item,) = plan.items
    assert (item.permissions, item.requires, item.more) == (("network",), ("numpy>=2",), ("network", "numpy>=2"))
    assert (plan.unconfined, plan.packages, item.before) == (("news_gap",), (), "")
    assert sorted(site.root.rglob("*.py")) == before


def test_a_permission_is_granted_by_the_users_word_for_the_id(bazaar, shop, refused) -> None:
    bazaar.release("bob", "news_gap", "1.0.0", edit=permitting("network"))
    site = shop()
    with pytest.raises(MarketplaceError, match=r"news_gap 1.0.0 opens connections \(network\)") as error:
        site.install("news_gap")
    assert (error.value.faults[0].code, error.value.hint) == (
        "TG712",
        "If you trust it with that: --unconfined news_gap",
    )
    assert refused(lambda: site.install("news_gap", unconfined={"other"})) == "TG712"
    site.install("news_gap", unconfined={"news_gap"})
    assert site.market.lock.plugins["news_gap"].unconfined
    # the same permissions again are granted; another one is not
    bazaar.release("bob", "news_gap", "1.1.0", edit=permitting("network"))
    (plan,) = site.market.plan_update()
    assert plan.items[0].more == ()
    site.market.install(plan)
    bazaar.release("bob", "news_gap", "1.2.0", edit=permitting("network", "files"))
    (plan,) = site.market.plan_update(["news_gap"])
    assert plan.items[0].more == ("files",)
    assert refused(lambda: site.market.install(plan)) == "TG712"


def test_packages_are_installed_on_the_users_word_alone(bazaar, shop, refused, monkeypatch) -> None:
    bazaar.release("bob", "deep_gap", "1.0.0", edit=requiring("no_such_package>=3", "numpy>=2", "numpy>=99"))
    shelf = Shelf()
    site = shop(installer=shelf)
    plan = site.market.plan(["deep_gap"])
    assert plan.packages == ("no_such_package>=3", "numpy>=99")
    assert refused(lambda: site.market.install(plan)) == "TG712"
    assert shelf.asked == []
    # what the word does not bring still stops it: admission looks for itself
    with pytest.raises(PluginError, match="nothing was changed") as error:
        site.market.install(plan, Consent(dependencies=True))
    assert error.value.faults[0].code == "TG409"
    assert shelf.asked == [["no_such_package>=3", "numpy>=99"]]
    assert site.market.lock.plugins == {}
    monkeypatch.setattr("pipeline.plugins.discover.missing_package", lambda *_: None)
    assert site.market.install(plan, Consent(dependencies=True))[0].id == "deep_gap"


def test_a_required_plugin_comes_along_before_the_one_that_requires_it(bazaar, shop) -> None:
    bazaar.release("alice", "mean_gap", "2.0.0")
    bazaar.release("bob", "double_gap", "1.0.0", edit=requiring("mean_gap>=1,<2"))
    site = shop()
    plan = site.market.plan(["double_gap"])
    assert [(item.release.id, item.release.version, item.reason) for item in plan.items] == [
        ("mean_gap", "1.0.0", "double_gap requires mean_gap>=1,<2"), ("double_gap", "1.0.0", "you asked for it")
    ]  # fmt: skip
    site.market.install(plan)
    assert site.ids == ["double_gap", "mean_gap"]
    assert [event for event in site.told if event[0] != "loaded"] == [
        ("installed", "mean_gap"), ("installed", "double_gap")
    ]  # fmt: skip
    assert site.market.plan(["double_gap"]).items[-1].before == "1.0.0"


def test_a_required_version_that_is_not_there_is_said(bazaar, shop, refused) -> None:
    bazaar.release("bob", "double_gap", "1.0.0", edit=requiring("mean_gap>=5"))
    assert refused(lambda: shop().market.plan(["double_gap"])) == "TG709"


def test_one_that_is_refused_takes_all_others_back(bazaar, shop) -> None:
    site = shop(settings="{}")
    site.install("fast_trend")
    ahead = ("rolling(window=self.period).mean()", "shift(-self.period)")
    bazaar.release("bob", "broken_gap", "1.0.0", edit=lambda text: requiring("mean_gap")(text).replace(*ahead))
    before = {path: path.read_bytes() for path in site.root.glob("nodes/**/*.py")}
    with pytest.raises(PluginError, match=r"broken_gap 1\.0\.0 was refused, and nothing was changed") as error:
        site.install("broken_gap")
    assert error.value.faults[0].code == "TG414"
    assert site.market.lock.plugins.keys() == {"fast_trend"}
    after = {path: path.read_bytes() for path in site.root.glob("nodes/**/*.py")}
    assert after == before
    assert site.ids == ["fast_trend"]


def test_who_dies_between_lock_and_file_leaves_nothing_that_runs(bazaar, shop, monkeypatch) -> None:
    site = shop()
    site.install("mean_gap")
    bazaar.release("alice", "mean_gap", "1.1.0", edit=lambda text: text.replace("- 1.0", "- 2.0"))
    old = site.file("mean_gap").read_bytes()
    site.install("mean_gap")
    site.file("mean_gap").write_bytes(old)  # as if the process had died before it wrote the new one
    fresh = type(site.system)(site.system.project, site.events)
    assert fresh.current().plugins == {}
    site.market.verify(repair=True)
    assert site.file("mean_gap").read_bytes() != old
    assert list(site.system.current().plugins) == ["mean_gap"]


def test_a_file_of_ones_own_is_not_written_over(bazaar, shop, refused) -> None:
    site = shop()
    mine = site.root / "nodes/indicators/mean_gap.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("# mine\n")
    assert refused(lambda: site.install("mean_gap")) == "TG710"
    assert mine.read_text() == "# mine\n"


def test_an_id_that_the_project_has_is_not_installed(bazaar, shop, refused) -> None:
    site = shop()
    text = bazaar.write("alice", "mean_gap", "1.0.0").read_text()
    (site.root / "nodes/custom/my_own.py").write_text(text)
    assert refused(lambda: site.market.plan(["mean_gap"])) == "TG710"


def test_what_was_installed_from_one_marketplace_is_not_taken_from_another(
    bazaar, shop, refused, tmp_path, nouns
) -> None:
    site = shop()
    site.install("mean_gap")
    other = nouns["Bazaar"](tmp_path / "other")
    other.found()
    other.release("alice", "mean_gap", "3.0.0")
    site.market.trust("other", str(other.folder), other.digest)
    assert refused(lambda: site.market.plan(["mean_gap"], market="other")) == "TG710"
    assert site.market.plan_update() == []  # of its own marketplace
    assert refused(lambda: site.market.search(market="nobody")) == "TG708"
    assert refused(lambda: site.market.plan(["fast_trend"])) == "TG708"  # which of the two?
    assert site.market.search("gap").keys() == {"community", "other"}
    assert refused(lambda: site.market.distrust("community")) == "TG712"
    site.market.distrust("other")
    assert site.market.lock.markets.keys() == {"community"}


def test_one_marketplace_that_is_gone_does_not_keep_back_the_news_of_another(bazaar, shop, tmp_path, nouns) -> None:
    other = nouns["Bazaar"](tmp_path / "other")
    other.found()
    site = shop(trusting=False)
    site.market.trust("away", str(other.folder), other.digest)
    site.market.trust("community", str(bazaar.folder), bazaar.digest)
    site.market.install(site.market.plan(["mean_gap"], market="community"))
    bazaar.repository.revoke("mean_gap", "bad", keys=[bazaar.keys])
    other.folder.rename(tmp_path / "elsewhere")
    with pytest.raises(MarketplaceError, match="cannot be reached"):
        site.market.refresh()
    assert site.ids == []


def test_nothing_is_trusted_before_somebody_says_so(bazaar, shop, refused) -> None:
    site = shop(trusting=False)
    for call in (site.market.search, lambda: site.market.plan(["mean_gap"]), site.market.refresh):
        assert refused(call) == "TG708"
    assert refused(lambda: site.market.trust("No Name", str(bazaar.folder), bazaar.digest)) == "TG718"


def test_updates_wait_for_the_users_word_and_the_way_back_is_kept(bazaar, shop, refused) -> None:
    site = shop()
    site.install("mean_gap")
    first = site.file("mean_gap").read_bytes()
    for number in (1, 2):
        bazaar.release(
            "alice", "mean_gap", f"1.{number}.0", edit=lambda text, n=number: text.replace("- 1.0", f"- {n}.5")
        )
    site.market.refresh()
    assert site.market.lock.plugins["mean_gap"].version == "1.0.0"
    site.install("mean_gap==1.1.0")
    site.install("mean_gap")
    assert [version for version, _ in site.market.lock.plugins["mean_gap"].earlier] == ["1.0.0", "1.1.0"]
    assert refused(lambda: site.market.rollback("mean_gap", "0.9")) == "TG709"
    assert site.market.rollback("mean_gap", "1.0.0").before == "1.2.0"
    assert site.file("mean_gap").read_bytes() == first
    assert refused(lambda: site.market.rollback("mean_gap")) == "TG709"  # there is nothing before it
    assert refused(lambda: site.market.rollback("fast_trend")) == "TG723"


def test_the_way_back_does_not_lead_to_what_was_revoked(bazaar, shop, refused) -> None:
    site = shop()
    site.install("mean_gap")
    bazaar.release("alice", "mean_gap", "1.1.0")
    site.install("mean_gap")
    bazaar.repository.revoke("mean_gap", "bad", keys=[bazaar.keys], version="1.0.0")
    site.market.refresh()
    assert site.ids == ["mean_gap"]
    assert refused(lambda: site.market.rollback("mean_gap")) == "TG711"


def test_the_way_back_is_downloaded_where_its_bytes_are_gone(bazaar, shop) -> None:
    site = shop()
    site.install("mean_gap")
    bazaar.release("alice", "mean_gap", "1.1.0")
    site.install("mean_gap")
    for kept in (site.root / ".tradegraph/market/kept").iterdir():
        kept.write_text("something else")
    assert site.market.rollback("mean_gap").version == "1.0.0"


def test_a_yanked_version_is_installed_by_who_names_it_and_told(bazaar, shop, refused) -> None:
    site = shop()
    bazaar.repository.yank("alice/mean_gap-1.0.0", "slow", key=bazaar.key("alice"), keys=[bazaar.keys])
    assert refused(lambda: site.market.plan(["mean_gap"])) == "TG711"
    plan = site.market.plan(["mean_gap==1.0.0"])
    assert plan.items[0].warnings == ("TG711 its author advises against 1.0.0: slow",)
    site.market.install(plan)
    assert site.market.lock.plugins["mean_gap"].yanked == "slow"


def test_a_plan_that_has_grown_old_is_not_carried_out(bazaar, shop, refused) -> None:
    site = shop()
    plan = site.market.plan(["mean_gap"])
    bazaar.repository.revoke("mean_gap", "bad", keys=[bazaar.keys])
    assert refused(lambda: site.market.install(plan)) == "TG711"


def test_a_removed_plugin_leaves_the_lock(bazaar, shop) -> None:
    site = shop()
    site.install("mean_gap")
    remove(site.system, "mean_gap")
    assert site.market.lock.plugins == {}
    assert site.market.verify() == []
    site.install("mean_gap")
    assert site.audit == [
        ("discovered", "mean_gap"), ("loaded", "mean_gap"), ("installed", "mean_gap"), ("removed", "mean_gap"),
        ("gone", "mean_gap"), ("discovered", "mean_gap"), ("loaded", "mean_gap"), ("installed", "mean_gap"),
    ]  # fmt: skip


def test_an_installed_plugin_needs_no_other_signature(bazaar, shop) -> None:
    site = shop(settings='{"development_mode": {"allow_unsigned_plugins": false}}')
    site.install("mean_gap")
    (record,) = [record for record in site.system.current().records if record.ids == ("mean_gap",)]
    assert record.signature == "alice at community"


def test_a_marketplace_that_moves_keeps_what_was_seen(bazaar, shop, tmp_path, serve) -> None:
    site = shop()
    issued = site.market.lock.markets["community"].issued
    server = serve(bazaar.folder)
    site.market.trust("community", server.url, bazaar.digest)
    moved = site.market.lock.markets["community"]
    assert (moved.url, moved.issued) == (server.url, issued)


def test_a_words_search_looks_at_ids_names_descriptions_authors_and_params(bazaar, shop) -> None:
    market = shop().market

    def ids(words: str, **how: str) -> list[str]:
        return [listing.id for listing in market.search(words, **how)["community"]]

    assert ids("") == ["fast_trend", "mean_gap"]
    assert ids("MEAN gap") == ["mean_gap"]
    assert ids("slow_period") == ["fast_trend"]
    assert ids("alice") == ["mean_gap"]
    assert ids("", author="bob") == ["fast_trend"]
    assert ids("", kind="indicator") == ["mean_gap"]
    assert ids("nothing like it") == []
    assert isinstance(market, Marketplace)
