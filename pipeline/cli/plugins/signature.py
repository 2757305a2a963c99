"""`tradegraph plugin sign` and `verify`."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session, shown_path

__all__ = ["sign", "verify"]


@click.command(cls=Leaf)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--key", type=click.Path(path_type=Path), help="Your signing key.  [default: in your configuration folder]"
)
@json_option
@pass_session
def sign(session: Session, file: Path, *, key: Path | None) -> None:
    """Sign a plugin file with Ed25519.

    The signature is FILE.sig. A key is made where there is none yet: keep it to yourself. Projects whose
    plugin_config.json has your public key under `trusted_keys` take the file as yours.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.plugins.sign import default_key, make_key, public_text, sign_file

    place = key or default_key()
    fresh = not place.exists()
    if fresh:
        make_key(place)
    target, public = sign_file(file, place), public_text(place)
    if session.json:
        from pipeline.cli.console.document import echo_json

        echo_json({"file": file, "signature": target, "public_key": public, "key": place, "new_key": fresh})
        return
    if fresh:
        click.echo(f"made the key {place}: whoever has it signs in your name")
    click.echo(f"signed {shown_path(file)}: {shown_path(target)}")
    click.echo(f'whoever trusts you puts this into plugin_config.json: "trusted_keys": {{"YOUR NAME": "{public}"}}')


@click.command(cls=Leaf)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@json_option
@pass_session
def verify(session: Session, file: Path) -> int:
    """Say how a plugin file is signed.

    Exit status 1 unless the signature is right and by a key that this project trusts.
    """
    from pipeline.errors import SettingsError
    from pipeline.plugins.sign import signature_of

    try:
        trusted = session.open_project().settings.trusted_keys
    except SettingsError as error:
        if error.faults[0].code != "TG002":
            raise
        trusted = {}  # outside of projects nobody is trusted
    found = signature_of(file, trusted)
    if session.json:
        from pipeline.cli.console.document import echo_json

        echo_json(
            {"file": file, "state": found.state, "signer": found.signer, "key": found.key, "reason": found.reason}
        )
    else:
        reason = f": {found.reason}" if found.reason else f" {found.key}" if found.state == "unknown" else ""
        click.echo(f"{shown_path(file)} is {'signed, but wrongly' if found.state == 'wrong' else found}{reason}")
    return int(found.state != "valid")
