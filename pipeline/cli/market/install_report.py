"""What `tradegraph market install`, `update`, `rollback` and `allow` say and ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.session import shown_path
from pipeline.engine import Engine
from pipeline.marketplace import Consent, Installed, InstallPlan, Marketplace
from pipeline.plugins.printable import printable

__all__ = ["Word", "allowed", "installed", "rolled_back", "updated"]


@dataclass(frozen=True, slots=True)
class Word:
    """What the user has said on the command line."""

    yes: bool
    unconfined: tuple[str, ...]
    with_dependencies: bool

    @property
    def consent(self) -> Consent:
        return Consent(frozenset(self.unconfined), self.with_dependencies)


def installed(engine: Engine, wanted: Sequence[str], name: str, word: Word, *, as_json: bool) -> int:
    """Show the plan, ask, and do it."""
    market = Marketplace(engine.plugins)
    return _carried_out(engine, market, [market.plan(wanted, market=name)], word, as_json=as_json)


def updated(engine: Engine, wanted: Sequence[str], word: Word, *, as_json: bool) -> int:
    """Show what is newer, ask, and do it."""
    market = Marketplace(engine.plugins)
    plans = market.plan_update(wanted)
    if not plans and not as_json:
        click.echo("all that is installed is the latest")
        return 0
    return _carried_out(engine, market, plans, word, as_json=as_json)


def rolled_back(engine: Engine, plugin_id: str, version: str, *, as_json: bool) -> None:
    """Go back."""
    try:
        found = Marketplace(engine.plugins).rollback(plugin_id, version)
    finally:
        engine.publish_events()
    if as_json:
        echo_json(asdict(found))
        return
    where = shown_path(engine.project.root / found.file)
    click.echo(f"{found.id} is {found.version} again, instead of {found.before}: {where}")


def allowed(engine: Engine, plugin_id: str, *, unconfined: bool, as_json: bool) -> None:
    """Let a plugin run unconfined, or not."""
    Marketplace(engine.plugins).allow(plugin_id, unconfined=unconfined)
    if as_json:
        echo_json({"id": plugin_id, "unconfined": unconfined})
        return
    click.echo(f"{plugin_id} {'may run where nothing confines it' if unconfined else 'runs confined or not at all'}")


def _carried_out(
    engine: Engine, market: Marketplace, plans: Sequence[InstallPlan], word: Word, *, as_json: bool
) -> int:
    if as_json and not word.yes:
        echo_json([asdict(plan) for plan in plans])
        return 0
    if not as_json:
        for plan in plans:
            _show(plan)
        if not word.yes and not click.confirm("do it?"):
            click.echo("nothing was changed")
            return 1
    done: list[Installed] = []
    try:
        for plan in plans:
            done += market.install(plan, word.consent)
    finally:
        engine.publish_events()
    if as_json:
        echo_json([asdict(each) for each in done])
        return 0
    for each in done:
        before = f", before {each.before}" if each.before else ""
        click.echo(f"installed {each.id} {each.version}{before}: {shown_path(engine.project.root / each.file)}")
    return 0


def _show(plan: InstallPlan) -> None:
    for item in plan.items:
        release = item.release
        before = f", installed is {item.before}" if item.before else ""
        head = click.style(f"{release.id} {release.version}", bold=True)
        click.echo(f"{head} by {release.author} from {plan.market}{before} ({item.reason})")
        new = [f"new {what}" for what in item.more] if item.before else []
        click.echo(f"  network   {'yes' if 'network' in item.permissions else 'no'}")
        click.echo(f"  files     {'yes' if 'files' in item.permissions else 'no'}")
        click.echo(f"  requires  {', '.join(item.requires) or 'nothing'}")
        if new:
            click.echo(f"  {click.style('since', fg='yellow')}     {', '.join(new)}")
        click.echo(f"  approved  {release.approved_at[:10]} by {release.approved_by}, {release.size:,} bytes")
        for warning in item.warnings:
            click.echo(f"  {click.style('warning', fg='yellow')}   {printable(warning)}")
    if plan.packages:
        click.echo(f"Python lacks {', '.join(plan.packages)}")
