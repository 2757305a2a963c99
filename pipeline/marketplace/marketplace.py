"""Marketplaces as a project sees them: the façade over trust, catalogue, installation and what became of it.

    market = Marketplace(Engine.open(".").plugins)
    market.trust("community", "https://plugins.example.org", "sha256:…")
    plan = market.plan(["fast_trend"])
    market.install(plan)

Nothing is downloaded, installed or changed unless a method is called for it; answers are plain dataclasses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.version import Version

from pipeline.errors import MarketplaceError, did_you_mean
from pipeline.marketplace import deed
from pipeline.marketplace.answer import Checked, Details, Refreshed, Update
from pipeline.marketplace.catalogue import Catalogue, Listing, Release
from pipeline.marketplace.client import Client, find_root
from pipeline.marketplace.extra import Clock, now
from pipeline.marketplace.fetch import Fetcher, address_of
from pipeline.marketplace.install import Consent, Installed, Installer, InstallPlan, Pip, check_word, plan_install
from pipeline.marketplace.manifest import Manifest, sha256
from pipeline.marketplace.mirror import Mirrored, mirror
from pipeline.marketplace.shelf import write_whole
from pipeline.plugins.lock import Lock, Locked, TrustedMarket, locking, read_lock, write_lock
from pipeline.plugins.system import PluginSystem

__all__ = ["Marketplace"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,38}")


class Marketplace:
    """The marketplaces that a project trusts, and what it has from them.

    `clock` says what time it is, `fetcher` gets files, `installer` is who installs Python's packages.
    """

    def __init__(
        self,
        system: PluginSystem,
        *,
        clock: Clock = now,
        fetcher: Callable[[], Fetcher] = Fetcher,
        installer: Installer | None = None,
    ) -> None:
        self.system = system
        self._clock = clock
        self._fetcher = fetcher
        self._installer = installer or Pip()

    @property
    def lock(self) -> Lock:
        """What is trusted and installed. Raises PluginError TG716."""
        return read_lock(self._root)

    def trust(self, name: str, url: str, digest: str) -> Refreshed:
        """Trust a marketplace from the root file on that has this SHA-256, under a name of your own.

        Raises MarketplaceError TG701 to TG706, TG718.
        """
        if not _NAME.fullmatch(name):
            raise MarketplaceError(f"{name!r} is no name for a marketplace", code="TG718", hint="Such as community.")
        known = self.lock.markets.get(name)
        address = address_of(url)
        root = find_root(address, digest, self._fetcher())
        market = TrustedMarket(address, sha256(root))
        if known is not None and known.root == market.root:  # it has moved: what was seen there still counts
            market = replace(known, url=address)
        client = self._client(name, market, root)
        issued, version = client.refresh()
        write_whole(self._folder(name) / "root.json", root)
        with locking(self.system.project.private):
            write_lock(self._root, self.lock.with_market(name, replace(market, issued=issued, version=version)))
        return self.refresh(name)[0]

    def distrust(self, name: str) -> None:
        """Forget a marketplace. Raises MarketplaceError TG708, TG712 while plugins from there are installed."""
        name, _ = self._pick(name)
        mine = [entry.id for entry in self.lock.plugins.values() if entry.market == name]
        if mine:
            said = f"{', '.join(mine)} came from {name!r}"
            raise MarketplaceError(said, code="TG712", hint="`tradegraph plugin remove ID` first.")
        with locking(self.system.project.private):
            lock = self.lock
            markets = {key: market for key, market in lock.markets.items() if key != name}
            write_lock(self._root, replace(lock, markets=markets))

    def refresh(self, name: str = "") -> list[Refreshed]:
        """Get the news of one or all marketplaces: what was revoked is disabled from now on. Installs nothing."""
        found: list[Refreshed] = []
        failed: list[MarketplaceError] = []
        for each in [name] if name else list(self.lock.markets) or [""]:
            try:
                found.append(self._refresh(*self._pick(each)))
            except MarketplaceError as error:  # the others have news all the same
                failed.append(error)
        self.system.reload()
        if failed:
            failed[0].faults = tuple(fault for error in failed for fault in error.faults)
            raise failed[0]
        return found

    def catalogue(self, name: str = "") -> Catalogue:
        """All that a marketplace offers, as of now."""
        return self._fresh(*self._pick(name))[1]

    def search(
        self, words: str = "", *, market: str = "", kind: str = "", author: str = ""
    ) -> dict[str, list[Listing]]:
        """Listings that match, by marketplace: of all that are trusted unless one is named."""
        names = [market] if market else list(self.lock.markets)
        return {
            self._pick(name)[0]: self.catalogue(name).search(words, kind=kind, author=author) for name in names or [""]
        }

    def info(self, plugin_id: str, *, version: str = "", market: str = "") -> Details:
        """All about a plugin: the latest version unless one is named. Raises MarketplaceError TG709."""
        name, trusted = self._of(plugin_id, market)
        client, catalogue = self._fresh(name, trusted)
        listing = catalogue.find(plugin_id)
        release = listing.release(version) if version else listing.shown
        manifest = Manifest.read(client.fetch(release.ref.path("manifest"), release.manifest))
        page = client.fetch(release.ref.path("page"), manifest.files["page"]).decode("utf-8", "replace")
        review = _object(client.fetch(release.ref.report))
        return Details(name, listing, release, manifest.model_dump(), page, review, self.lock.plugins.get(plugin_id))

    def plan(self, wanted: Sequence[str], *, market: str = "") -> InstallPlan:
        """What installing plugins would mean, `fast_trend` or `fast_trend==1.0.0`; nothing is changed.

        Raises MarketplaceError TG709 to TG711.
        """
        name, trusted = self._of(wanted[0].partition("==")[0] if wanted else "", market)
        _, catalogue = self._fresh(name, trusted)
        return plan_install(catalogue, name, wanted, self.lock, self.system.current().registry)

    def plan_update(self, wanted: Sequence[str] = ()) -> list[InstallPlan]:
        """What updating installed plugins would mean, all of them unless some are named; by marketplace."""
        lock, plans = self.lock, []
        chosen = [self._installed(name) for name in wanted] or list(lock.plugins.values())
        for market in dict.fromkeys(entry.market for entry in chosen):
            _, catalogue = self._fresh(*self._pick(market))
            mine = [entry for entry in chosen if entry.market == market]
            newer = [update.id for update in _updates(catalogue, mine)]
            if newer:
                plans.append(plan_install(catalogue, market, newer, lock, self.system.current().registry))
        return plans

    def install(self, plan: InstallPlan, consent: Consent | None = None) -> list[Installed]:
        """Do what a plan says, all of it or nothing. Raises MarketplaceError TG712 where the user's word is missing,
        PluginError where a plugin is refused.
        """
        word = consent or Consent()
        lock = self.lock
        check_word(plan, lock, word)
        name, trusted = self._pick(plan.market)
        client, catalogue = self._fresh(name, trusted)
        if plan.packages:
            self._installer.install(plan.packages)
        entries = []
        for item in plan.items:
            release = catalogue.find(item.release.id).release(item.release.version)
            if release.manifest != item.release.manifest or release.revoked:
                why = release.revoked or "it is another one"
                said = f"{release.id} {release.version} has changed since the plan was made: {why}"
                raise MarketplaceError(said, code="TG711", hint="Make the plan anew.")
            data = client.fetch(release.ref.path("plugin"), release.sha256)
            _check_manifest(client, release)
            entries.append((self._entry(name, release, lock, release.id in word.unconfined), data))
        before = {entry.id: lock.plugins[entry.id].version for entry, _ in entries if entry.id in lock.plugins}
        deed.carry_out(self.system, entries)
        return [
            Installed(e.id, e.version, before.get(e.id, ""), e.author, e.market, e.file, e.sha256) for e, _ in entries
        ]

    def rollback(self, plugin_id: str, version: str = "") -> Installed:
        """Go back to what was installed before, or to one of the versions before that. Raises MarketplaceError TG709,
        TG711.
        """
        entry = self._installed(plugin_id)
        if not entry.earlier:
            raise MarketplaceError(f"nothing was installed of {plugin_id!r} before", code="TG709")
        steps = [n for n, (old, _) in enumerate(entry.earlier) if version in ("", old)]
        if not steps:
            there = ", ".join(old for old, _ in entry.earlier)
            said = f"{plugin_id} {version} was not installed before"
            raise MarketplaceError(said, code="TG709", hint=f"There were {there}.")
        at = steps[-1]
        old, digest = entry.earlier[at]
        if reason := self.lock.revoked(digest):
            raise MarketplaceError(f"{plugin_id} {old} was revoked: {reason}", code="TG711")
        data = deed.kept_bytes(self.system, digest)
        if data is None:
            client, catalogue = self._fresh(*self._pick(entry.market))
            data = client.fetch(catalogue.find(plugin_id).release(old).ref.path("plugin"), digest)
        back = replace(
            entry, version=old, sha256=digest, manifest="", earlier=entry.earlier[:at], disabled="", yanked=""
        )
        deed.carry_out(self.system, [(back, data)])
        return Installed(plugin_id, old, entry.version, entry.author, entry.market, entry.file, digest)

    def allow(self, plugin_id: str, *, unconfined: bool = True) -> None:
        """Let an installed plugin run where nothing confines it, or take that back. Raises MarketplaceError TG723."""
        with locking(self.system.project.private):
            entry = replace(self._installed(plugin_id), unconfined=unconfined)
            write_lock(self._root, self.lock.with_plugins(entry))
        self.system.reload()

    def verify(self, *, repair: bool = False) -> list[Checked]:
        """Compare what is installed with the lockfile; needs no network. `repair` puts changed files back."""
        found = []
        for entry in self.lock.plugins.values():
            path = self._root / entry.file
            if not path.is_file():
                state, said = "missing", "its file is gone"
            elif sha256(path.read_bytes()) != entry.sha256:
                state, said = "changed", "its file is not the one that was installed"
            elif entry.disabled or self.lock.revoked(entry.sha256):
                state, said = "disabled", entry.disabled or self.lock.revoked(entry.sha256)
            else:
                state, said = "installed", entry.yanked and f"yanked: {entry.yanked}"
            done = repair and state in ("missing", "changed") and deed.repair(self.system, entry)
            if repair and state in ("missing", "changed") and not done:
                said += f", and no copy was kept here: `tradegraph market install {entry.id}=={entry.version}`"
            found.append(Checked(entry.id, entry.version, entry.file, state, said, done))
        if any(each.repaired for each in found):
            self.system.reload()
        return found

    def mirror(self, target: Path, *, market: str = "") -> Mirrored:
        """Copy a marketplace, verified, into a folder that can be served with the same root digest."""
        name, trusted = self._pick(market)
        client, _ = self._fresh(name, trusted)
        return mirror(client, trusted.url, target, self._fetcher())

    # what it is made of

    @property
    def _root(self) -> Path:
        return self.system.project.root

    def _folder(self, name: str) -> Path:
        return self.system.project.private / "market" / name

    def _pick(self, name: str) -> tuple[str, TrustedMarket]:
        markets = self.lock.markets
        if not name and len(markets) == 1:
            name = next(iter(markets))
        if name not in markets:
            trust = "`tradegraph market trust NAME URL DIGEST` begins to trust one."
            if not name and markets:
                said, trust = "several marketplaces are trusted", f"--market {' or '.join(sorted(markets))}"
            else:
                said = f"no marketplace {name!r} is trusted here" if name else "no marketplace is trusted here"
            raise MarketplaceError(
                said, code="TG708", hint=did_you_mean(name, markets, otherwise=trust) if name else trust
            )
        return name, markets[name]

    def _of(self, plugin_id: str, market: str) -> tuple[str, TrustedMarket]:
        """The marketplace that is named, else the one that an installed plugin came from, else the only one."""
        entry = self.lock.plugins.get(plugin_id)
        return self._pick(market or (entry.market if entry else ""))

    def _installed(self, plugin_id: str) -> Locked:
        plugins = self.lock.plugins
        if plugin_id not in plugins:
            hint = did_you_mean(plugin_id, plugins, otherwise="`tradegraph market verify` lists what is.")
            raise MarketplaceError(f"{plugin_id!r} was not installed from a marketplace", code="TG723", hint=hint)
        return plugins[plugin_id]

    def _client(self, name: str, market: TrustedMarket, root: bytes) -> Client:
        cache = self._folder(name) / market.root[:16]
        seen = (market.issued, market.version)
        return Client(market.url, cache, root, clock=self._clock, seen=seen, fetcher=self._fetcher())

    def _fresh(self, name: str, market: TrustedMarket) -> tuple[Client, Catalogue]:
        """A client with today's metadata; what it saw is remembered in the lock."""
        try:
            root = (self._folder(name) / "root.json").read_bytes()
        except OSError:
            root = b""
        if sha256(root) != market.root:  # a clone of the project, or somebody's hand: the lock knows the right one
            root = find_root(market.url, market.root, self._fetcher())
            write_whole(self._folder(name) / "root.json", root)
        client = self._client(name, market, root)
        issued, version = client.refresh()
        catalogue = client.catalogue()
        seen = replace(market, issued=issued, version=version, revoked=dict(catalogue.revoked))
        if seen != market:
            with locking(self.system.project.private):
                write_lock(self._root, self.lock.with_market(name, seen))
        return client, catalogue

    def _refresh(self, name: str, market: TrustedMarket) -> Refreshed:
        _, catalogue = self._fresh(name, market)
        mine = [entry for entry in self.lock.plugins.values() if entry.market == name]
        disabled, restored, yanked = {}, [], {}
        for entry in mine:
            after = _as_of(entry, catalogue)
            if after.disabled and not entry.disabled:
                deed.tell(self.system, "revoked", entry, after.disabled)
            if entry.disabled and not after.disabled:
                restored.append(entry.id)
                deed.tell(self.system, "restored", entry, "no longer revoked")
            if after.yanked and not entry.yanked:
                deed.tell(self.system, "yanked", entry, after.yanked)
            if after.disabled:
                disabled[entry.id] = after.disabled
            if after.yanked:
                yanked[entry.id] = after.yanked
            if after != entry:
                with locking(self.system.project.private):
                    write_lock(self._root, self.lock.with_plugins(after))
        updates = tuple(_updates(catalogue, mine))
        when = (catalogue.issued, catalogue.expires)
        return Refreshed(
            name, *when, len(catalogue.listings), disabled, tuple(restored), yanked, updates, catalogue.problems
        )

    def _entry(self, market: str, release: Release, lock: Lock, unconfined: bool) -> Locked:
        before = lock.plugins.get(release.id)
        earlier = (*before.earlier, (before.version, before.sha256)) if before else ()
        return Locked(
            release.id,
            market,
            release.author,
            release.version,
            before.file if before else deed.place_for(self.system, release.id, release.type),
            release.sha256,
            release.manifest,
            release.requires,
            release.permissions,
            unconfined or (before is not None and before.unconfined),
            yanked=release.yanked,
            installed_at=self._clock().isoformat(),
            earlier=tuple(dict.fromkeys(earlier)),
        )


def _updates(catalogue: Catalogue, entries: Sequence[Locked]) -> list[Update]:
    found = []
    for entry in entries:
        listing = catalogue.listings.get(entry.id)
        latest = listing.latest if listing and listing.author == entry.author else None
        if listing is not None and latest is not None and latest.order > Version(entry.version):
            found.append(Update(entry.id, entry.version, latest.version))
    return found


def _as_of(entry: Locked, catalogue: Catalogue) -> Locked:
    """An installed plugin with what the marketplace says of it now."""
    listing = catalogue.listings.get(entry.id)
    release = next((r for r in listing.releases if r.version == entry.version), None) if listing else None
    yanked = release.yanked if release else entry.yanked
    return replace(entry, disabled=catalogue.revoked.get(entry.sha256, ""), yanked=yanked)


def _check_manifest(client: Client, release: Release) -> None:
    manifest = Manifest.read(client.fetch(release.ref.path("manifest"), release.manifest))
    same = manifest.ref == release.ref and manifest.files["plugin"] == release.sha256
    if not same or tuple(manifest.requires) != release.requires or tuple(manifest.permissions) != release.permissions:
        raise MarketplaceError(f"the manifest of {release.ref} is not what reviewers say that it is", code="TG705")


def _object(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    return found if isinstance(found, dict) else {}
