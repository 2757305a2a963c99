"""Signatures of plugin files: Ed25519 over the bytes of a file, in `FILE.sig` beside it.

A key that the project trusts stands in plugin_config.json under `trusted_keys`. A signature says who vouches for a
file; it says nothing about what the file does.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.errors import PluginError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Signature", "default_key", "make_key", "public_text", "sign_file", "signature_file", "signature_of"]

_CONTEXT = b"tradegraph plugin v1\0"
"""Signed with every file, so that a signature for something else is none for a plugin."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a file is signed: `valid` by a trusted key, `unknown` by another one, `wrong`, or `absent`.

    `signer` is the name of the trusted key, `key` the public key in the signature.
    """

    state: Literal["valid", "unknown", "wrong", "absent"]
    signer: str = ""
    key: str = ""
    reason: str = ""

    def __str__(self) -> str:
        said = {"valid": f"signed by {self.signer}", "unknown": "signed by an unknown key", "absent": "unsigned"}
        return said.get(self.state, "wrong signature")


def signature_file(path: Path) -> Path:
    """Where the signature of a file lies."""
    return path.with_name(path.name + ".sig")


def default_key() -> Path:
    """Where the signing key of this user lies unless another is named."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "tradegraph" / "signing_key.pem"


def make_key(path: Path) -> str:
    """Make a signing key in a file that only its owner reads; gives the public key. Raises PluginError TG416."""
    # cryptography takes 0.1 s to import, and only signed plugins need it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise PluginError(f"cannot write the key {path}: {error.strerror}", code="TG416") from error
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return public_text(path)


def public_text(path: Path) -> str:
    """The public half of a signing key, as `trusted_keys` takes it. Raises PluginError TG412 for no such key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return base64.b64encode(_private(path).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def sign_file(path: Path, key: Path) -> Path:
    """Sign a file; gives the signature's file. Raises PluginError TG412, TG416."""
    data = _read(path)
    signed = {
        "algorithm": "ed25519",
        "key": public_text(key),
        "signature": base64.b64encode(_private(key).sign(_CONTEXT + data)).decode(),
    }
    target = signature_file(path)
    try:
        target.write_text(json.dumps(signed, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise PluginError(f"cannot write {target}: {error.strerror}", code="TG416") from error
    return target


def signature_of(path: Path, trusted: Mapping[str, str], data: bytes | None = None) -> Signature:
    """How a file, whose bytes are `data`, is signed, judged by the trusted public keys by name."""
    target = signature_file(path)
    if not target.exists():
        return Signature("absent")
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        signed = json.loads(target.read_text(encoding="utf-8"))
        key, signature = signed["key"], base64.b64decode(signed["signature"], validate=True)
        if signed["algorithm"] != "ed25519":
            return Signature("wrong", reason=f"the algorithm {signed['algorithm']!r} is not known")
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(signature, _CONTEXT + (_read(path) if data is None else data))
    except (OSError, ValueError, KeyError, TypeError, binascii.Error) as error:
        return Signature("wrong", reason=f"{target.name} cannot be read: {type(error).__name__}")
    except InvalidSignature:
        return Signature("wrong", key=key, reason="the file is not the one that was signed")
    signer = next((name for name, known in trusted.items() if known == key), None)
    return Signature("unknown", key=key) if signer is None else Signature("valid", signer, key)


def _private(path: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        hint = "`tradegraph plugin sign FILE` makes one where there is none."
        raise PluginError(f"{path} is no signing key that can be read", code="TG412", hint=hint) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise PluginError(f"{path} is no Ed25519 key", code="TG412")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror}", code="TG401") from error
