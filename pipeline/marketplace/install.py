"""Installing: first a plan that says all that would happen, then, on the user's word, all of it or nothing."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from packaging.version import Version

from pipeline.errors import MarketplaceError
from pipeline.marketplace.catalogue import Catalogue, Listing, Release
from pipeline.marketplace.lookalike import resembling
from pipeline.marketplace.manifest import PERMISSIONS, check_requirements
from pipeline.model.registry import Registry
from pipeline.plugins.lock import Lock, Locked
from pipeline.plugins.requirement import read_requirement, unmet_package

__all__ = ["Consent", "InstallItem", "InstallPlan", "Installed", "Installer", "Pip", "check_word", "plan_install"]


@dataclass(frozen=True, slots=True)
class InstallItem:
    """One version that would be installed, and what is new about it for this project.

    `reason` says who wants it; `before` is the version that is there, "" for none. `permissions` and `requires` are all
    that it asks for, `more` those of them that the user has not seen yet. `warnings` are for their eyes.
    """

    release: Release
    reason: str
    before: str
    more: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def permissions(self) -> tuple[str, ...]:
        return self.release.permissions

    @property
    def requires(self) -> tuple[str, ...]:
        return self.release.requires


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """What would be installed, those that others require first, and the packages that Python lacks for it."""

    market: str
    items: tuple[InstallItem, ...]
    packages: tuple[str, ...] = ()

    @property
    def unconfined(self) -> tuple[str, ...]:
        """Ids that ask for what no confinement grants: they are installed only when the user names them."""
        return tuple(item.release.id for item in self.items if item.permissions)


@dataclass(frozen=True, slots=True)
class Consent:
    """The user's word beyond `yes`: ids that may run unconfined, and whether missing packages may be installed."""

    unconfined: Collection[str] = field(default_factory=frozenset)
    dependencies: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """What was installed."""

    id: str
    version: str
    before: str
    author: str
    market: str
    file: str
    sha256: str


class Installer(Protocol):
    """Who installs packages for Python."""

    def install(self, requirements: Sequence[str]) -> None:
        """Install these. Raises MarketplaceError TG701 when that fails."""


class Pip:
    """pip, for the Python that runs."""

    def install(self, requirements: Sequence[str]) -> None:
        """Install these."""
        command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--", *requirements]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - as the user said
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise MarketplaceError(f"pip could not install {', '.join(requirements)}: {last}", code="TG701")
        importlib.invalidate_caches()


def plan_install(
    catalogue: Catalogue, market: str, wanted: Sequence[str], lock: Lock, registry: Registry
) -> InstallPlan:
    """What installing `wanted` means: ids, each with a version or not, `fast_trend` or `fast_trend==1.0.0`.

    Raises MarketplaceError TG709, TG710, TG711.
    """
    planned: dict[str, InstallItem] = {}
    packages: dict[str, None] = {}
    for text in wanted:
        plugin_id, _, version = text.partition("==")
        listing = catalogue.find(plugin_id.strip())
        release = listing.release(version.strip()) if version else _latest(listing)
        _add(release, "you asked for it", (catalogue, market, lock, registry), (planned, packages))
    return InstallPlan(market, tuple(planned.values()), tuple(packages))


def check_word(plan: InstallPlan, lock: Lock, consent: Consent) -> None:
    """Raise MarketplaceError TG712 where a plan needs a word that the user has not said."""
    for item in plan.items:
        entry = lock.plugins.get(item.release.id)
        seen = entry is not None and entry.unconfined and set(item.permissions) <= set(entry.permissions)
        if item.permissions and item.release.id not in consent.unconfined and not seen:
            asks = " and ".join(f"{PERMISSIONS.get(name, name)} ({name})" for name in item.permissions)
            said = f"{item.release.id} {item.release.version} {asks}, which plugins that are confined cannot"
            hint = f"If you trust it with that: --unconfined {item.release.id}"
            raise MarketplaceError(said, code="TG712", hint=hint)
    if plan.packages and not consent.dependencies:
        listed = ", ".join(plan.packages)
        hint = "Install them yourself, or let pip do it: --with-dependencies"
        raise MarketplaceError(f"Python lacks {listed}", code="TG712", hint=hint)


_Around: TypeAlias = tuple[Catalogue, str, Lock, Registry]
_Found: TypeAlias = tuple[dict[str, InstallItem], dict[str, None]]


def _add(release: Release, reason: str, around: _Around, found: _Found) -> None:
    catalogue, market, lock, registry = around
    planned, packages = found
    if release.id in planned:
        return
    _check_may(release, market, lock, registry)
    check_requirements(release.requires, release.id)
    entry = lock.plugins.get(release.id)
    for text in release.requires:
        name = read_requirement(text, release.id).name.replace("-", "_")
        if name in registry or name in catalogue.listings:
            other = _required(text, name, release, around)
            if other is not None:
                _add(other, f"{release.id} requires {text}", around, found)
        elif unmet_package(text, release.id) is not None:
            packages[text] = None
    seen = {*entry.permissions, *entry.requires} if entry else set()
    more = tuple(what for what in (*release.permissions, *release.requires) if what not in seen)
    listing = catalogue.listings[release.id]
    warnings = tuple(_warnings(release, listing, registry, entry))
    planned[release.id] = InstallItem(release, reason, entry.version if entry else "", more, warnings)


def _latest(listing: Listing) -> Release:
    latest = listing.latest
    if latest is None:
        newest = listing.releases[0]
        said = f"every version of {listing.id!r} was withdrawn, {newest.version} because: {newest.withdrawn}"
        raise MarketplaceError(said, code="TG711", hint=f"`tradegraph market info {listing.id}` shows them.")
    return latest


def _check_may(release: Release, market: str, lock: Lock, registry: Registry) -> None:
    if release.revoked:
        said = f"{release.id} {release.version} was revoked: {release.revoked}"
        raise MarketplaceError(said, code="TG711", hint=f"`tradegraph market info {release.id}` shows other versions.")
    entry = lock.plugins.get(release.id)
    if entry is not None and (entry.market, entry.author) != (market, release.author):
        there, here = f"{entry.market!r} by {entry.author}", f"{market!r} by {release.author}"
        said = f"{release.id!r} is installed from {there}, not from {here}"
        hint = f"`tradegraph plugin remove {release.id}` first, if you mean the other one."
        raise MarketplaceError(said, code="TG710", hint=hint)
    if entry is None and release.id in registry:
        said = f"the id {release.id!r} is taken in this project by {registry[release.id].origin}"
        raise MarketplaceError(said, code="TG710", hint="Remove that, or give it another id.")


def _required(text: str, name: str, owner: Release, around: _Around) -> Release | None:
    """The release of a required plugin that must be installed; None where a good one is there."""
    catalogue, _, lock, registry = around
    specifier = read_requirement(text, owner.id).specifier
    entry = lock.plugins.get(name)
    if entry is not None and specifier.contains(entry.version, prereleases=True):
        return None
    if name in registry and entry is None:
        return None  # the project's own: admission compares its version
    fitting = [r for r in catalogue.listings[name].releases if specifier.contains(r.version, prereleases=True)]
    well = next((release for release in fitting if not release.withdrawn), None)
    if well is None:
        said = f"{owner.id} {owner.version} requires {text}, and the marketplace has no such version that is well"
        raise MarketplaceError(said, code="TG709", hint=f"`tradegraph market info {name}` shows its versions.")
    return well


def _warnings(release: Release, listing: Listing, registry: Registry, entry: Locked | None) -> Iterator[str]:
    if release.yanked:
        yield f"TG711 its author advises against {release.version}: {release.yanked}"
    for other in listing.resembles:
        yield f"TG720 {release.id!r} looks like {other!r}, which the marketplace has too"
    if entry is not None and release.order < Version(entry.version):
        yield f"{release.version} is older than {entry.version}, which is installed"
    if release.order.is_prerelease:
        yield f"{release.version} is a version before its release"
    shipped = {node.id for node in registry if node.shipped}
    yield from (f"TG720 {release.id!r} looks like {name!r}, which ships" for name in resembling(release.id, shipped))
