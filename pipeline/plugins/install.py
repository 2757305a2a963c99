"""Changing a project's plugin files: installing, removing, writing one to begin with."""

from __future__ import annotations

import ast
import datetime as dt
import os
import re
from pathlib import Path
from typing import Literal

from pipeline.errors import Place, PluginError, TradegraphError, UsageError
from pipeline.plugins.discover import Discovery, PluginRecord
from pipeline.plugins.lock import locking, read_lock, write_lock
from pipeline.plugins.monitor import PluginEvent
from pipeline.plugins.sign import signature_file
from pipeline.plugins.source import SourceTree
from pipeline.plugins.system import PluginSystem
from pipeline.plugins.template import template_files

__all__ = ["folder_for", "install", "remove", "write_template"]


def install(system: PluginSystem, source: Path, *, replace: bool = False) -> str:
    """Copy a plugin file, and its signature, into the project, and load it; gives the id (ids with spaces between).

    The copy is taken back when it is refused: the project is then as it was. Raises PluginError with the reason, which
    stands in the log as well.
    """
    try:
        file = SourceTree().read(source, source.parent)
    except TradegraphError as error:
        raise _logged(system, source, error) from None
    target = folder_for(system, _kind(file.tree)) / source.name
    before = target.read_bytes() if target.is_file() else None
    if before is not None and not replace and before != file.data:
        hint = "Remove it first, or ask to replace it."
        raise _logged(system, source, PluginError(f"{target} is there already", code="TG416", hint=hint))
    signed = signature_file(source)
    copies = [(target, file.data)]
    if signed.is_file():
        copies.append((signature_file(target), signed.read_bytes()))
    kept = [(path, path.read_bytes() if path.is_file() else None) for path, _ in copies]
    for path, copy in copies:
        _write(path, copy)
    record = _record(system.look(), target)
    if record is None or record.status != "loaded" or not record.ids:
        for path, data in kept:
            if data is None:
                path.unlink(missing_ok=True)
            else:
                _write(path, data)
        raise _logged(system, source, _refusal(source, record))
    system.reload()
    _told(system, "installed", " ".join(record.ids), target, f"from {source}")
    return " ".join(record.ids)


def remove(system: PluginSystem, plugin_id: str) -> Path:
    """Delete the file of a plugin, and its signature; gives its path. Raises PluginError TG201, TG416."""
    found = system.current()
    record = next((r for r in found.records if plugin_id in r.ids or Path(r.path).stem == plugin_id), None)
    if record is None or record.origin == "shipped":
        what = "ships with tradegraph" if record else "is no plugin of this project"
        raise PluginError(f"{plugin_id!r} {what}", code="TG416", hint="`tradegraph plugin list` shows what there is.")
    path = Path(record.path)
    try:
        path.unlink()
        signature_file(path).unlink(missing_ok=True)
        _unlock(system, path)
    except OSError as error:
        raise PluginError(f"cannot remove {path}: {error.strerror}", code="TG416") from error
    _told(system, "removed", " ".join(record.ids) or path.stem, path, "")
    system.reload()
    return path


def write_template(system: PluginSystem, kind: Literal["strategy", "indicator"], name: str) -> Path:
    """Write a plugin to begin with, beside it a page and a unit test; gives the plugin's file.

    Raises PluginError TG404, TG416.
    """
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not stem or not stem[0].isalpha():
        raise PluginError(f"{name!r} makes no name for a plugin", code="TG416", hint="Begin with a letter: Fast Trend.")
    if stem in system.current().registry:
        raise PluginError(f"the id {stem!r} is taken", code="TG404", hint="Choose another name.")
    folder = folder_for(system, kind)
    files = {folder / place: text for place, text in template_files(kind, name.strip(), stem).items()}
    if there := next((path for path in files if path.exists()), None):
        raise PluginError(f"{there} is there already", code="TG416", hint="Choose another name, or remove it.")
    for path, text in files.items():
        _write(path, text.encode())
    return folder / f"{stem}.py"


def folder_for(system: PluginSystem, kind: str) -> Path:
    """The configured folder for plugins of a kind: the one that is called so, else `custom`, else the first."""
    folders = system.project.plugin_directories
    if not folders:
        raise UsageError("plugin_directories is empty", hint="Name a folder for plugins in plugin_config.json.")
    wanted = "strategies" if kind == "strategy" else "indicators"
    for name in (wanted, "custom"):
        if found := next((folder for folder in folders if folder.name == name), None):
            return found
    return folders[0]


def _kind(tree: ast.Module) -> str:
    """Strategy or indicator, by the base classes in the file."""
    bases = {ast.unparse(base) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases}
    if any(base.endswith("StrategyPlugin") for base in bases):
        return "strategy"
    return "indicator" if any(base.endswith("IndicatorPlugin") for base in bases) else "custom"


def _record(found: Discovery, path: Path) -> PluginRecord | None:
    return next((record for record in found.records if Path(record.path) == path), None)


def _refusal(source: Path, record: PluginRecord | None) -> PluginError:
    fault = record.fault if record else None
    if fault is None:
        hint = (
            "A plugin is a class that derives from StrategyPlugin or IndicatorPlugin, or a function with a decorator."
        )
        return PluginError(f"{source} declares no plugin", code="TG403", place=Place(str(source)), hint=hint)
    place = Place(str(source), fault.place.line) if fault.place else None
    return PluginError(fault.message, code=fault.code, place=place, hint=fault.hint)


def _logged(system: PluginSystem, source: Path, error: TradegraphError) -> TradegraphError:
    fault = error.faults[0]
    line = fault.place.line if fault.place else None
    event = PluginEvent(
        dt.datetime.now(dt.UTC),
        "refused",
        source.stem,
        str(source),
        code=fault.code,
        message=fault.message,
        hint=fault.hint,
        line=line,
    )
    system.told(event)
    return error


def _unlock(system: PluginSystem, path: Path) -> None:
    """Forget that a file came from a marketplace."""
    root = system.project.root
    with locking(system.project.private):
        lock = read_lock(root)
        entry = lock.at(root, path)
        if entry is not None:
            write_lock(root, lock.without(entry.id))


def _told(system: PluginSystem, event: Literal["installed", "removed"], ids: str, path: Path, message: str) -> None:
    system.told(PluginEvent(dt.datetime.now(dt.UTC), event, ids, str(path), message=message))


def _write(path: Path, data: bytes) -> None:
    """Write a file whole: a plugin that is half there must never be loaded."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise PluginError(f"cannot write {path}: {error.strerror}", code="TG416") from error
