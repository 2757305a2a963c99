"""The manifest of a version: what it says of itself, and the digests of its files. Its own digest is approved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import MarketplaceError
from pipeline.marketplace.place import Part, Ref, read_version
from pipeline.model.node import NodeType
from pipeline.model.scalar import type_name
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.requirement import read_requirement

__all__ = ["PERMISSIONS", "Manifest", "check_requirements", "dependencies_digest", "manifest_of", "sha256"]

PERMISSIONS = {
    "network": "opens connections",
    "files": "reads or writes files",
}
"""What a plugin may ask for in its metadata, `'permissions': ['network']`, and what it means."""


class Manifest(BaseModel):
    """One version of a plugin. `files` are SHA-256 by part; `module` is what its author's file is called."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal[1] = 1
    author: str
    id: str
    version: str
    module: str
    name: str
    description: str
    type: Literal["strategy", "indicator"]
    parameters: dict[str, dict[str, Any]]
    inputs: dict[str, str]
    outputs: list[str]
    requires: list[str]
    permissions: list[Literal["network", "files"]]
    files: dict[Literal["plugin", "page", "test"], str]

    @property
    def ref(self) -> Ref:
        return Ref(self.author, self.id, self.version)

    def to_bytes(self) -> bytes:
        """The manifest as it is stored: the same for equal manifests."""
        return json.dumps(self.model_dump(), sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, and so of every file of the version."""
        return sha256(self.to_bytes())

    @classmethod
    def read(cls, data: bytes) -> Manifest:
        """A stored manifest. Raises MarketplaceError TG718."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise MarketplaceError(f"the manifest is malformed at {where!r}: {first['msg']}", code="TG718") from error


def manifest_of(plugin: GuidePlugin, node: NodeType, author: str, module: str, files: dict[Part, bytes]) -> Manifest:
    """What a plugin says of itself, and the digests of its files. Raises MarketplaceError TG718."""
    asked = plugin.metadata.given.get("permissions") or []
    if not isinstance(asked, list | tuple) or any(name not in PERMISSIONS for name in asked):
        known = ", ".join(PERMISSIONS)
        raise MarketplaceError(f"the permissions of {plugin.id} are {asked!r}, known are {known}", code="TG718")
    check_requirements(plugin.requirements, plugin.id)
    return Manifest(
        author=author,
        id=plugin.id,
        version=read_version(plugin.metadata.version),
        module=module,
        name=plugin.metadata.name,
        description=plugin.metadata.description,
        type="strategy" if plugin.kind == "strategy" else "indicator",
        parameters={
            param.name: {
                "type": type_name(param.type),
                "default": None if param.required else param.default,
                "range": param.describe_range(),
                "description": param.param.description,
            }
            for param in plugin.params
        },
        inputs=dict(plugin.metadata.inputs),
        outputs=[output.name for output in node.outputs],
        requires=sorted(plugin.requirements),
        permissions=sorted(set(asked)),
        files={part: sha256(data) for part, data in files.items() if part != "manifest"},
    )


def check_requirements(requires: Sequence[str], owner: str) -> None:
    """Raise MarketplaceError TG718 for a requirement by an address: nobody reviews what lies there tomorrow.

    Raises PluginError TG409 for what is no requirement.
    """
    for text in requires:
        if read_requirement(text, owner).url is not None:
            hint = "Name a package and versions: `scipy>=1.10`."
            raise MarketplaceError(f"{owner} requires {text!r}, which is an address", code="TG718", hint=hint)


def dependencies_digest(requires: list[str] | tuple[str, ...]) -> str:
    """What stands for a list of dependencies where it is approved."""
    return sha256("\n".join(sorted(requires)).encode())


def sha256(data: bytes) -> str:
    """The digest that everything here is known by."""
    return hashlib.sha256(data).hexdigest()
