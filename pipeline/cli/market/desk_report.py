"""What `tradegraph market` answers authors and operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted
from pipeline.cli.console.session import shown_path
from pipeline.errors import UsageError
from pipeline.marketplace import Repository
from pipeline.marketplace.root import Rotation
from pipeline.plugins.sign import default_key, make_key, public_text

__all__ = [
    "author_added",
    "author_removed",
    "author_renewed",
    "author_rotated",
    "made",
    "published",
    "renewed",
    "revoked",
    "rotated",
    "shown_key",
    "signed",
    "sound",
    "yanked",
]


def made(folder: Path, name: str, keys: Path, days: Sequence[str], *, as_json: bool) -> None:
    """Make a marketplace."""
    found = Repository(folder).init(name, keys, days=dict(map(_days, days)))
    if as_json:
        echo_json(asdict(found))
        return
    click.echo(f"made the marketplace {name} in {shown_path(folder)}, and its keys in {shown_path(keys)}")
    click.echo(f"carry away, each to another place: {', '.join(Path(key).name for key in found.offline)}")
    click.echo(f"what users need to trust it:\n  tradegraph market trust {name} URL {found.digest}")


def shown_key(file: Path | None, *, as_json: bool) -> None:
    """The public half of a key, made where there is none."""
    place = file or default_key()
    fresh = not place.exists()
    public = make_key(place) if fresh else public_text(place)
    if as_json:
        echo_json({"file": place, "public_key": public, "new_key": fresh})
        return
    if fresh:
        tell(f"made the key {place}: whoever has it signs in your name")
    click.echo(public)


def published(folder: Path, file: Path, author: str, key: Path | None, *, as_json: bool) -> None:
    """Submit a version."""
    found = Repository(folder).publish(file, author=author, key=key or default_key())
    if as_json:
        echo_json(asdict(found))
        return
    for warning in found.warnings:
        tell(f"warning {warning}")
    click.echo(f"submitted {found.ref}, digest {found.digest}\nit waits for: tradegraph market review DIR {found.ref}")


def yanked(folder: Path, ref: str, reason: str, by: tuple[Path | None, Sequence[Path]], *, as_json: bool) -> None:
    """Advise against a version, or no longer."""
    key, keys = by
    now = Repository(folder).yank(ref, reason, key=key or default_key(), keys=keys)
    if as_json:
        echo_json({"ref": ref, "reason": reason, "in_effect": now})
        return
    when = "in effect" if now else "in effect with the marketplace's next `renew`"
    click.echo(f"{ref} is {'yanked' if reason else 'no longer yanked'}, {when}")


def author_added(folder: Path, name: str, public: str, keys: Sequence[Path], *, as_json: bool) -> None:
    """Let an author in."""
    warnings = Repository(folder).add_author(name, public, keys=keys)
    if as_json:
        echo_json({"author": name, "warnings": list(warnings)})
        return
    for warning in warnings:
        tell(f"warning {warning}")
    click.echo(f"{name} may publish below {name}/")


def author_rotated(folder: Path, name: str, public: str, keys: Sequence[Path], *, as_json: bool) -> None:
    """Give an author another key."""
    Repository(folder).rotate_author(name, public, keys=keys)
    if as_json:
        echo_json({"author": name})
        return
    click.echo(
        f"{name} has another key; what was signed must be signed anew: tradegraph market author renew DIR {name}"
    )


def author_renewed(folder: Path, name: str, key: Path | None, *, as_json: bool) -> None:
    """Sign an author's list anew."""
    Repository(folder).renew_author(name, key=key or default_key())
    echo_json({"author": name}) if as_json else click.echo(f"the list of {name} is signed, `renew` takes it in")


def author_removed(folder: Path, name: str, reason: str, keys: Sequence[Path], *, as_json: bool) -> None:
    """Let an author go."""
    Repository(folder).remove_author(name, keys=keys, reason=reason)
    echo_json({"author": name}) if as_json else click.echo(f"{name} may publish no longer, and all of it is revoked")


def revoked(folder: Path, what: tuple[str, str], reason: str, keys: Sequence[Path], *, as_json: bool) -> None:
    """Revoke versions, or restore them where no reason is given."""
    plugin_id, version = what
    repository = Repository(folder)
    if reason:
        found = repository.revoke(plugin_id, reason, keys=keys, version=version)
    else:
        found = repository.restore(plugin_id, keys=keys, version=version)
    if as_json:
        echo_json({"id": plugin_id, "versions": list(found), "revoked": bool(reason)})
        return
    state = "revoked: disabled" if reason else "restored: enabled"
    click.echo(f"{plugin_id} {', '.join(found)} {state} at the next refresh of each project")


def renewed(folder: Path, keys: Sequence[Path], *, everything: bool, as_json: bool) -> None:
    """Sign anew."""
    roles = Repository(folder).renew(keys=keys, everything=everything)
    echo_json({"signed": list(roles)}) if as_json else click.echo(f"signed anew: {', '.join(roles)}")


def rotated(
    folder: Path, role: str, change: tuple[Sequence[str], Sequence[str]], keys: Sequence[Path], *, as_json: bool
) -> None:
    """Change the keys of a role."""
    _tell_rotation(Repository(folder).rotate(role, add=change[0], remove=change[1], keys=keys), as_json=as_json)


def signed(folder: Path, keys: Sequence[Path], *, as_json: bool) -> None:
    """Add a signature to a root that waits."""
    _tell_rotation(Repository(folder).sign_root(keys=keys), as_json=as_json)


def sound(folder: Path, *, as_json: bool) -> int:
    """Look at a marketplace as a client does; 1 when something is wrong."""
    found = Repository(folder).verify()
    if as_json:
        echo_json({**asdict(found), "sound": found.sound})
        return int(not found.sound)
    counts = f"{counted(found.plugins, 'plugin')}, {counted(found.releases, 'version')}, {counted(found.files, 'file')}"
    click.echo(f"{counts}; the root has the digest {found.root}")
    for role, until in found.expires.items():
        soon = click.style("  soon", fg="yellow") if role in found.soon else ""
        click.echo(f"  {role:<12} good until {until}{soon}")
    click.echo(f"  log          ends with {found.audit}")
    for problem in found.problems:
        tell(f"{click.style('wrong', fg='red')} {problem}")
    click.echo("all is well" if found.sound else f"{counted(len(found.problems), 'problem')}")
    return int(not found.sound)


def _tell_rotation(found: Rotation, *, as_json: bool) -> None:
    if as_json:
        echo_json(asdict(found))
        return
    if found.published:
        click.echo(f"the keys of {found.role} are changed; trust begins with {found.digest}, and with older roots too")
        return
    click.echo(f"root {found.version} waits in metadata/pending for signatures:")
    for missing in found.missing:
        click.echo(f"  {missing}")


def _days(text: str) -> tuple[str, int]:
    role, _, said = text.partition("=")
    try:
        return role, int(said)
    except ValueError:
        raise UsageError(f"--days takes ROLE=DAYS, got {text!r}") from None
