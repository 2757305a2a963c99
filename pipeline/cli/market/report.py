"""What `tradegraph market` answers users about marketplaces and what they offer."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted
from pipeline.cli.console.session import shown_path
from pipeline.cli.console.table import echo_table
from pipeline.engine import Engine
from pipeline.marketplace import Details, Marketplace, Refreshed
from pipeline.plugins.printable import printable

__all__ = ["distrusted", "mirrored", "page", "refreshed", "searched", "trusted", "verified"]

_MARKS = {"ok": "green", "note": "yellow", "wrong": "red"}


def trusted(engine: Engine, name: str, url: str, digest: str, *, as_json: bool) -> None:
    """Trust a marketplace."""
    found = Marketplace(engine.plugins).trust(name, url, digest)
    if as_json:
        echo_json(asdict(found))
        return
    click.echo(f"{name} is trusted: {counted(found.plugins, 'plugin')}, metadata of {found.issued}")
    _tell_problems(found)


def distrusted(engine: Engine, name: str, *, as_json: bool) -> None:
    """Forget a marketplace."""
    Marketplace(engine.plugins).distrust(name)
    echo_json({"market": name}) if as_json else click.echo(f"{name} is forgotten")


def searched(engine: Engine, words: str, chosen: tuple[str, str, str], *, as_json: bool) -> None:
    """List what matches."""
    name, kind, author = chosen
    found = Marketplace(engine.plugins).search(words, market=name, kind=kind, author=author)
    if as_json:
        echo_json({market: [asdict(listing) for listing in listings] for market, listings in found.items()})
        return
    rows = []
    for market, listings in found.items():
        for listing in listings:
            shown, gone = listing.shown, sum(bool(release.withdrawn) for release in listing.releases)
            versions = f"{len(listing.releases)}" + (f", {gone} withdrawn" if gone else "")
            version = shown.version + (" (withdrawn)" if shown.withdrawn else "")
            rows.append((listing.id, version, shown.type, listing.author, versions, market, shown.description))
    if rows:
        names = ("id", "version", "type", "author", "versions", "market", "description")
        echo_table(names, rows, minor=("market",), roomy=("description",))
    click.echo(f"{counted(len(rows), 'plugin')}; more about one: tradegraph market info ID")


def page(engine: Engine, plugin_id: str, chosen: tuple[str, str], *, review: bool, as_json: bool) -> None:
    """All about a plugin."""
    version, name = chosen
    found = Marketplace(engine.plugins).info(plugin_id, version=version, market=name)
    if as_json:
        echo_json(asdict(found))
        return
    release = found.release
    head = click.style(release.id, bold=True)
    click.echo(f"{head}  {release.type} {release.version} by {release.author}, from {found.market}")
    click.echo(f"\n{printable(release.description)}\n")
    rows = [(r.version, r.approved_at[:10], r.approved_by, _state(r.yanked, r.revoked)) for r in found.listing.releases]
    echo_table(("version", "approved", "by", "state"), rows, roomy=("state",))
    click.echo()
    params = found.manifest["parameters"]
    if params:
        rows_ = [(key, p["type"], str(p["default"]), p["range"], p["description"]) for key, p in params.items()]
        echo_table(("param", "type", "default", "range", "meaning"), rows_, roomy=("meaning",))
        click.echo()
    for key, said in _facts(found).items():
        click.echo(f"{key:<12} {printable(said)}")
    for other in found.listing.resembles:
        tell(f"warning TG720 {release.id!r} looks like {other!r}, which is another plugin")
    if review:
        _tell_review(found.review)
    else:
        click.echo(f"\n{printable(found.page, most=1_000_000).strip()}")


def refreshed(engine: Engine, name: str, *, as_json: bool) -> None:
    """Say what is new."""
    try:
        found = Marketplace(engine.plugins).refresh(name)
    finally:
        engine.publish_events()
    if as_json:
        echo_json([asdict(each) for each in found])
        return
    for each in found:
        click.echo(
            f"{each.market}: {counted(each.plugins, 'plugin')}, metadata of {each.issued}, good until {each.expires}"
        )
        for plugin_id, reason in each.disabled.items():
            click.echo(f"  {click.style('disabled', fg='red')} {plugin_id}: {printable(reason)}")
        for plugin_id in each.restored:
            click.echo(f"  restored {plugin_id}: it is no longer revoked")
        for plugin_id, reason in each.yanked.items():
            click.echo(f"  {click.style('yanked', fg='yellow')} {plugin_id}: {printable(reason)}")
        for update in each.updates:
            click.echo(f"  newer {update.id}: {update.latest}, installed is {update.installed}")
        _tell_problems(each)


def verified(engine: Engine, *, repair: bool, as_json: bool) -> int:
    """Compare with the lockfile; 1 when something is not as it was installed."""
    found = Marketplace(engine.plugins).verify(repair=repair)
    bad = [each for each in found if each.state in ("missing", "changed") and not each.repaired]
    if as_json:
        echo_json({"sound": not bad, "plugins": [asdict(each) for each in found]})
        return int(bool(bad))
    rows = [
        (e.id, e.version, "put back" if e.repaired else e.state, shown_path(engine.project.root / e.file), e.said)
        for e in found
    ]
    if rows:
        echo_table(("id", "version", "state", "file", "said"), rows, roomy=("said",))
    click.echo(f"{counted(len(found), 'plugin')} from marketplaces, {len(bad)} of them not as installed")
    return int(bool(bad))


def mirrored(engine: Engine, folder: Path, name: str, *, as_json: bool) -> None:
    """Copy a marketplace."""
    found = Marketplace(engine.plugins).mirror(folder, market=name)
    if as_json:
        echo_json(asdict(found))
        return
    click.echo(
        f"{shown_path(folder)}: {counted(found.files, 'file')}, {found.fetched} of them new; good until {found.expires}"
    )


def _facts(found: Details) -> dict[str, str]:
    release = found.release
    network, files = ("network" in release.permissions, "files" in release.permissions)
    facts = {
        "network": "yes" if network else "no",
        "files": "yes" if files else "no",
        "requires": ", ".join(release.requires) or "nothing",
        "gives": ", ".join(found.manifest["outputs"]),
        "sha256": release.sha256,
        "approved": f"{release.approved_at[:10]} by {release.approved_by}: {release.manifest}",
    }
    if found.installed is not None:
        facts["installed"] = f"{found.installed.version}: {found.installed.disabled or found.installed.file}"
    return facts


def _state(yanked: str, revoked: str) -> str:
    return f"revoked: {revoked}" if revoked else f"yanked: {yanked}" if yanked else "well"


def _tell_review(review: dict[str, Any]) -> None:
    for report in review["steps"]:
        verdict = str(report["verdict"])
        click.echo(f"\n{report['number']}. {report['name']}: {click.style(verdict, fg=_MARKS.get(verdict))}")
        for remark in report["remarks"]:
            line = f" (line {remark['line']})" if remark["line"] else ""
            click.echo(f"   {remark['verdict']:<5} {remark['about']}: {printable(str(remark['said']))}{line}")


def _tell_problems(found: Refreshed) -> None:
    for problem in found.problems:
        tell(f"warning {found.market}: {printable(problem)}")
