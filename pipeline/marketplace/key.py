"""Keys: Ed25519 pairs in PEM files, as `tradegraph plugin sign` makes them, for the roles of a marketplace."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from pipeline.errors import MarketplaceError, PluginError
from pipeline.plugins.sign import make_key, public_text

__all__ = ["Signers", "key_of", "new_key", "signers_in"]

Signers: TypeAlias = Mapping[str, CryptoSigner]
"""Who can sign here, by the id of the key."""


def new_key(path: Path) -> str:
    """Make a key pair in a file that only its owner reads; gives the public half as text. Raises PluginError TG416."""
    return make_key(path)


def key_of(said: str | Path) -> Key:
    """A public key: the text that `market key` prints, or the file of a pair. Raises MarketplaceError TG717."""
    if Path(said).is_file():
        return _key(_public(Path(said)))
    try:
        raw = base64.b64decode(str(said), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        hint = "`tradegraph market key FILE` makes a pair and prints the public half, 44 letters."
        raise MarketplaceError(f"{str(said)!r} is neither a public key nor the file of one", code="TG717", hint=hint)
    return _key(str(said))


def signers_in(*places: Path) -> dict[str, CryptoSigner]:
    """The pairs in files, and in the `*.pem` of folders. Raises MarketplaceError TG717 for one that cannot be read."""
    found: dict[str, CryptoSigner] = {}
    for place in places:
        files = sorted(place.glob("*.pem")) if place.is_dir() else [place]
        for file in files:
            key = _key(_public(file))
            found[key.keyid] = CryptoSigner.from_priv_key_uri(f"file2:{file.absolute()}", key)
    return found


def _public(file: Path) -> str:
    try:
        return public_text(file)
    except PluginError as error:
        raise MarketplaceError(
            error.faults[0].message, code="TG717", hint="`tradegraph market key FILE` makes one."
        ) from error


def _key(text: str) -> SSlibKey:
    raw = base64.b64decode(text)
    # a key is known by its own digest, so the same pair has the same id in every marketplace
    return SSlibKey(hashlib.sha256(b"ed25519" + raw).hexdigest(), "ed25519", "ed25519", {"public": raw.hex()})
