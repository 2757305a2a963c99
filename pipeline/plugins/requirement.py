"""What plugins require: packages by version specifiers, other plugins by `id>=1,<2`. Nothing is ever installed."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pipeline.errors import PluginError, did_you_mean
from pipeline.plugins.guide import GuidePlugin

__all__ = ["missing_package", "read_requirement", "required_plugins", "unmet_package", "unmet_plugin"]

_SPOKEN = {"pandas": ("1.5.3", "2.3.3", "3.0.0")}
"""Versions of pandas whose spellings the adapter takes, for plugins that do not ask for pandas itself."""


def read_requirement(text: str, owner: str) -> Requirement:
    """A requirement such as `numpy>=2,<3`. Raises PluginError TG409."""
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        hint = "Write a name and versions: `numpy>=2,<3`."
        raise PluginError(
            f"{owner} requires {text!r}, which is no requirement: {str(error).splitlines()[0]}", code="TG409", hint=hint
        ) from None


def required_plugins(plugin: GuidePlugin, known: Mapping[str, object]) -> list[str]:
    """Ids of the plugins in `known` that a plugin requires."""
    names = [read_requirement(text, plugin.id).name.replace("-", "_") for text in plugin.requirements]
    return [name for name in names if name in known and name != plugin.id]


def missing_package(plugin: GuidePlugin, known: Mapping[str, object]) -> PluginError | None:
    """The first package that is not there in the wanted version; names in `known` are plugins, not packages."""
    for text in plugin.requirements:
        if read_requirement(text, plugin.id).name.replace("-", "_") in known:
            continue
        if error := unmet_package(text, plugin.id, known, real=plugin.real):
            return error
    return None


def unmet_package(text: str, owner: str, known: Iterable[str] = (), *, real: bool = False) -> PluginError | None:
    """Why a package that `owner` requires is not good enough here, None when it is; `real` means pandas by pandas.

    `known` are names that may have been meant. Raises PluginError TG409 for what is no requirement.
    """
    wanted = read_requirement(text, owner)
    if wanted.marker is not None and not wanted.marker.evaluate():
        return None
    versions = _versions(wanted.name, real=real)
    if not versions:
        hint = did_you_mean(wanted.name, known, otherwise="Install it; plugins never install anything themselves.")
        return PluginError(f"{owner} requires {text!r}, which is not installed", code="TG409", hint=hint)
    if not any(wanted.specifier.contains(version, prereleases=True) for version in versions):
        hint = "Install a version that it takes, or mend its get_dependencies."
        return PluginError(f"{owner} requires {text!r}, there is {versions[-1]}", code="TG409", hint=hint)
    return None


def unmet_plugin(
    plugin: GuidePlugin, admitted: Mapping[str, GuidePlugin | None], known: Sequence[str]
) -> PluginError | None:
    """The first required plugin that was not admitted, or is of another version.

    `admitted` has None for node types that are no plugins of the guide: they have no version.
    """
    for text in plugin.requirements:
        wanted = read_requirement(text, plugin.id)
        name = wanted.name.replace("-", "_")
        if name not in known or name == plugin.id:
            continue
        if name not in admitted:
            hint = "`tradegraph plugin list` says why it was refused."
            return PluginError(f"{plugin.id} requires the plugin {name!r}, which was refused", code="TG409", hint=hint)
        other = admitted[name]
        if other is None or not str(wanted.specifier):
            continue
        try:
            fits = wanted.specifier.contains(Version(other.metadata.version), prereleases=True)
        except InvalidVersion:
            fits = False
        if not fits:
            return PluginError(
                f"{plugin.id} requires {text!r}, there is {name} {other.metadata.version}",
                code="TG409",
                hint="Install a version that it takes.",
            )
    return None


def _versions(name: str, *, real: bool) -> tuple[str, ...]:
    if not real and canonicalize_name(name) in _SPOKEN:
        return _SPOKEN[canonicalize_name(name)]
    try:
        return (importlib.metadata.version(name),)
    except importlib.metadata.PackageNotFoundError:
        return ()
