"""Build the registry from the shipped nodes and the plugins of a project.

A user's file passes, in this order: the file rules, Python's grammar, the signature, its limit of numbers; then it is
run, and its metadata, requirements, environment and ids are looked at; last it is examined. Code is run only after the
signature was judged, and where the policy says so in a worker that describes it (`reading`), never in this process.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pipeline.errors import Fault, Place, PluginError
from pipeline.execution.alarm import Overdue, alarm
from pipeline.model.digest import digest, digest_bytes
from pipeline.model.node import NodeType
from pipeline.model.registry import Registry
from pipeline.plugins.admit import Admission, Policy
from pipeline.plugins.capture import capture
from pipeline.plugins.codes import read_codes
from pipeline.plugins.compiled import read_compiled, write_compiled
from pipeline.plugins.examination.examined import examined
from pipeline.plugins.find import find_files
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.load import Loader
from pipeline.plugins.lock import refusal
from pipeline.plugins.manifest import read_manifest
from pipeline.plugins.order import Candidate, in_order
from pipeline.plugins.reading import Readings
from pipeline.plugins.requirement import missing_package, unmet_plugin
from pipeline.plugins.shipped import Shipped, keep, kept, read_shipped
from pipeline.plugins.sign import signature_of
from pipeline.plugins.source import shipped_nodes

__all__ = ["Discovery", "PluginRecord", "build_registry", "load_type", "own_code", "source_root"]

_OPEN = Policy(examine=False)


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """What became of one file: shipped, user or installed; loaded or refused and why (`fault`); how it is signed.

    A file that is `kept` was refused in its new version, and its last good one goes on; one that is `disabled` was not
    run.
    """

    path: str
    origin: str
    digest: str
    ids: tuple[str, ...]
    status: Literal["loaded", "refused", "kept", "disabled"]
    reason: str = ""
    signature: str = ""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """The registry, the record of every file that was looked at, and the guide's plugins by id."""

    registry: Registry
    records: tuple[PluginRecord, ...]
    plugins: Mapping[str, GuidePlugin] = field(default_factory=dict)


def build_registry(directories: Sequence[Path], *, shipped: Path | None = None, policy: Policy = _OPEN) -> Discovery:
    """The registry of the shipped nodes and of the plugins in `directories` that `policy` admits.

    One bad file never hides the others: it is refused with a reason. On a clash of ids the shipped one
    stays, then the first in order of path; the other is refused with both paths.
    """
    home = shipped or shipped_nodes()
    there = read_shipped(home)
    builder = _Builder(there, policy)
    listed = read_manifest(home)
    # a shipped file that was edited is a user's plugin: its digest is not the listed one
    same = {home / place for place, found in there.digests.items() if listed.get(place) == found}
    files_of_home = find_files(home)
    builder.add_shipped([path for path in files_of_home if path in same], set(files_of_home) - same)
    theirs = [(path, home) for path in files_of_home if path not in same]
    for root in directories:
        theirs += [(path, root) for path in find_files(root)]
    files = [(path, source_root(path, root), "user") for path, root in theirs]
    builder.add([*files, *((path, path.parent, "installed") for path in policy.installed)])
    return builder.build()


def load_type(
    loader: Loader, node_id: str, code: str, origin: str, directories: Sequence[Path], *, shipped: Path | None = None
) -> NodeType:
    """One node type of a registry, from its file alone, as `build_registry` has loaded it.

    Raises PluginError TG406 when its code is not the one with the digest `code`, or whatever loading raises.
    """
    path, home = Path(origin), shipped or shipped_nodes()
    if path.is_relative_to(home):
        root = home
    else:
        root = source_root(path, next((folder for folder in directories if path.is_relative_to(folder)), path.parent))
    found = next((node for node in loader.load(path, root).types if node.id == node_id), None)
    if found is None or found.code != own_code(code):
        what = "is not there" if found is None else "has another code"
        raise PluginError(
            f"{node_id!r} {what} any more: {path} changed after it was loaded",
            code="TG406",
            hint="Run it again: the file is then loaded as it is now.",
        )
    return replace(found, code=code)


def own_code(code: str) -> str:
    """The digest of a node type's own file, without those of the plugins that it requires."""
    return code.partition("+")[0]


def source_root(path: Path, directory: Path) -> Path:
    """The folder that relative imports of a plugin may reach: its `nodes` folder, else its directory."""
    return next((parent for parent in path.parents if parent.name == "nodes"), directory)


class _Builder:
    def __init__(self, shipped: Shipped, policy: Policy) -> None:
        self._shipped = shipped
        self._home = shipped.home
        self._loader = Loader(read_codes(shipped))
        self._loader.tree.gate = self._gate
        self._trusting = False
        self._policy = policy
        self._admission = Admission(policy.memory, policy.timeout, policy.elsewhere)
        self._readings: Readings | None = None
        if policy.elsewhere is not None:
            self._readings = Readings(policy.elsewhere, policy.memory, policy.timeout)
        self._claims: Counter[str] = Counter()
        self._types: dict[str, NodeType] = {}
        self._plugins: dict[str, GuidePlugin] = {}
        self._records: dict[Path, PluginRecord] = {}
        self._refused: list[Fault] = []
        self._contested: dict[str, str] = {}
        self._looked: set[Path] = set()

    def add_shipped(self, paths: Sequence[Path], edited: Collection[Path]) -> None:
        """Take the files that ship with the product; those that were `edited` are read as a user's."""
        shipped, tree = self._shipped, self._loader.tree
        tree.held = {path: data for path, data in shipped.files.items() if path not in edited}
        found = kept(shipped)
        if found is None:
            folder = self._policy.compiled
            tree.compiled = read_compiled(folder, shipped) if folder else {}
            loaded = [self._loaded(path, self._home, "shipped") for path in paths]
            found = [candidate for candidate in loaded if candidate is not None]
            if len(found) == len(paths):
                keep(shipped, found)
                if folder and not tree.compiled:
                    write_compiled(folder, shipped, {file.path: file.code for file in tree.files})
        for candidate in found:
            self._take(candidate)

    def add(self, files: Sequence[tuple[Path, Path, str]]) -> None:
        """Take a user's files, those that others require first."""
        found: list[Candidate] = []
        for path, _, _ in files if self._policy.trusted else ():
            with suppress(OSError):
                self._claims.update(_ids_in(path.read_bytes()) & self._policy.trusted)
        for path, root, origin in files:
            if path.resolve() in self._records or path.resolve() in self._looked:
                continue
            self._looked.add(path.resolve())
            if self._policy.limit is not None and len(found) >= self._policy.limit:
                message = f"max_plugins is {self._policy.limit}, and so many are loaded"
                hint = "Raise max_plugins, or remove plugins that nobody uses."
                self._refuse(path, origin, "", [Fault("TG411", message, Place(str(path)), hint)])
            elif (candidate := self._loaded(path, root, origin)) is not None:
                found.append(candidate)
        ordered, circles = in_order(found, self._types)
        for candidate, circle in circles:
            said = " requires ".join(circle)
            fault = Fault("TG410", f"plugins require each other: {said}", Place(str(candidate.path)))
            self._refuse(candidate.path, candidate.origin, candidate.loaded.digest, [fault], candidate.signature)
        claimed = {*self._types, *(plugin.id for candidate in found for plugin in candidate.loaded.plugins)}
        claimed |= {node.id for candidate in found for node in candidate.loaded.types}
        for candidate in ordered:
            if not self._lacks(candidate, sorted(claimed)):
                self._take(candidate)
        self._admission.remember()
        if self._readings is not None:
            self._readings.remember()

    def _loaded(self, path: Path, root: Path, origin: str) -> Candidate | None:
        """The file, read and run, when it may be run."""
        signature = ""
        self._trusting = origin != "user"
        try:
            file = self._loader.tree.read(path, root)
            if origin == "user":
                signature = self._signed(path, file.data)
                # who trusts a plugin by its id trusts what it is made of
                self._trusting = self._is_trusted(file.data)
            named = {path.stem, *_ids_in(file.data)} if self._policy.disabled else set()
            if origin != "shipped" and (off := self._policy.disabled & named):
                self._disable(path, origin, digest_bytes(file.data), tuple(sorted(off)), signature)
                return None
            if (readings := self._apart(path)) is not None:
                loaded = readings.read(self._loader, file)
                return Candidate(path, origin, loaded, file, signature, here=False)
            with alarm(None if origin == "shipped" else self._policy.timeout):
                loaded = self._loader.load(path, root)
            if origin != "shipped":
                captured = capture(self._loader.tree, file)
                loaded = replace(loaded, types=tuple(replace(node, captured=captured) for node in loaded.types))
            return Candidate(path, origin, loaded, file, signature)
        except PluginError as error:
            self._refuse(path, origin, "", error.faults, signature)
        except Overdue:
            message = f"it took longer than {self._policy.timeout:g} s to be loaded"
            fault = Fault("TG505", message, Place(str(path)), "Is there an endless loop? plugin_timeout is the limit.")
            self._refuse(path, origin, "", [fault], signature)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything; it is refused, by name
            fault = Fault("TG406", f"{type(error).__name__}: {error}", Place(str(path)))
            self._refuse(path, origin, "", [fault], signature)
        return None

    def _apart(self, path: Path) -> Readings | None:
        """Who runs a file in our stead, None where it is run here."""
        policy = self._policy
        entry = policy.lock.at(policy.root, path)
        if entry is None:
            return None if self._trusting or policy.only_market else self._readings
        if entry.unconfined:
            return None
        if self._readings is None:
            raise PluginError("it came from a marketplace, and nothing confines it here", code="TG715")
        return self._readings

    def _signed(self, path: Path, data: bytes) -> str:
        """How a user's file is signed, in words."""
        entry = self._policy.lock.at(self._policy.root, path)
        return f"{entry.author} at {entry.market}" if entry else str(signature_of(path, self._policy.keys, data))

    def _gate(self, path: Path, data: bytes) -> None:
        """Let only files pass that the lock allows and whose signature is enough, helpers of plugins too.

        Raises PluginError TG412, TG713 to TG715.
        """
        if path.is_relative_to(self._home):
            return
        policy = self._policy
        if error := refusal(policy.lock, policy.root, path, data, unconfined=policy.unconfined):
            raise error
        if self._trusting or policy.lock.at(policy.root, path) is not None:
            return  # who signs for what a marketplace gave stands in its metadata, and the lock has the digest
        found = signature_of(path, self._policy.keys, data)
        if found.state == "wrong":
            hint = "Sign it again, or remove the .sig file if you trust the file as it is."
            reason = f"its signature is wrong: {found.reason}"
            raise PluginError(reason, code="TG412", place=Place(str(path)), hint=hint)
        if found.state != "valid" and not self._policy.allow_unsigned and not self._is_trusted(data):
            hint = "`tradegraph plugin sign FILE` signs it; development_mode.allow_unsigned_plugins lets it load."
            raise PluginError(f"{path.name} is {found}", code="TG412", place=Place(str(path)), hint=hint)

    def _is_trusted(self, data: bytes) -> bool:
        """True for a file with a trusted id that no other file claims: a name alone makes nobody trusted."""
        claimed = _ids_in(data) & self._policy.trusted if self._policy.trusted else set()
        return any(self._claims[name] < 2 for name in claimed)

    def _lacks(self, candidate: Candidate, claimed: Sequence[str]) -> bool:
        """Refuse a file whose requirements are not met."""
        admitted = {name: self._plugins.get(name) for name in self._types}
        known = dict.fromkeys(claimed)
        for plugin in candidate.loaded.plugins:
            own = {**admitted, **{other.id: other for other in candidate.loaded.plugins}}
            try:
                error = missing_package(plugin, known) or unmet_plugin(plugin, own, claimed)
            except PluginError as malformed:
                error = malformed
            if error is not None:
                digest_of_file = candidate.loaded.digest
                self._refuse(candidate.path, candidate.origin, digest_of_file, error.faults, candidate.signature)
                return True
        return False

    def _take(self, candidate: Candidate) -> None:
        loaded, path, origin = candidate.loaded, candidate.path, candidate.origin
        clashes = [node for node in loaded.types if node.id in self._types]
        if clashes:
            first = self._types[clashes[0].id].origin
            message = f"the id {clashes[0].id!r} is taken by {first}"
            hint = "Give it another id: the function's name, or 'id' in get_metadata."
            fault = Fault("TG404", message, Place(str(path)), hint)
            self._refuse(path, origin, loaded.digest, [fault], candidate.signature)
            self._contested.update({node.id: str(path) for node in clashes})
            return
        if origin != "shipped" and (off := self._policy.disabled & {node.id for node in loaded.types}):
            self._disable(path, origin, loaded.digest, tuple(sorted(off)), candidate.signature)
            return
        types = [self._with_required(node, candidate) for node in loaded.types]
        if origin != "shipped" and self._policy.examine and digest_bytes(candidate.file.data) not in examined():
            guided = {plugin.id for plugin in loaded.plugins}
            faults = [
                fault
                for node in types
                if node.id in guided
                for fault in self._admission.faults(node, candidate.file.tree, here=candidate.here)
            ]
            if faults:
                self._refuse(path, origin, loaded.digest, faults, candidate.signature)
                return
        self._types.update({node.id: replace(node, shipped=origin == "shipped") for node in types})
        self._plugins.update({plugin.id: plugin for plugin in loaded.plugins})
        ids = tuple(node.id for node in loaded.types)
        self._records[path.resolve()] = PluginRecord(
            str(path), origin, loaded.digest, ids, "loaded", signature=candidate.signature
        )

    def _with_required(self, node: NodeType, candidate: Candidate) -> NodeType:
        """A plugin's code is its own and that of the plugins that it requires: an edit there computes it anew."""
        names = candidate.requires.get(node.id, ())
        codes = [self._types[name].code for name in names if name in self._types]
        return replace(node, code=f"{node.code}+{digest(*codes)}") if codes else node

    def _disable(self, path: Path, origin: str, code: str, ids: tuple[str, ...], signature: str) -> None:
        hint = f"`tradegraph plugin enable {ids[0]}` switches it on."
        fault = Fault("TG820", f"{path.stem}: {', '.join(ids)} is switched off", Place(str(path)), hint, "warning")
        self._refused.append(fault)
        reason = f"{fault.code} {fault.message}"
        self._records[path.resolve()] = PluginRecord(str(path), origin, code, ids, "disabled", reason, signature, fault)

    def _refuse(self, path: Path, origin: str, code: str, faults: Iterable[Fault], signature: str = "") -> None:
        placed = [
            Fault(f.code, f"{path.stem}: {f.message}", f.place or Place(str(path)), f.hint, f.severity) for f in faults
        ]
        self._refused += placed
        reason = "; ".join(f"{fault.code} {fault.message}" for fault in placed)
        self._records[path.resolve()] = PluginRecord(
            str(path), origin, code, (), "refused", reason, signature, placed[0]
        )

    def build(self) -> Discovery:
        records = sorted(self._records.values(), key=lambda record: (record.origin, record.path))
        registry = Registry(self._types.values(), refused=self._refused, contested=self._contested)
        return Discovery(registry, tuple(records), dict(sorted(self._plugins.items())))


def _ids_in(data: bytes) -> set[str]:
    """Ids that stand in a file as text, in metadata or as declared functions: told without running anything."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return set()
    found: set[str] = set()
    pairs: list[tuple[ast.expr | None, ast.expr]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.FunctionDef) and node.decorator_list:
            found.add(node.name)
            options = [option for call in node.decorator_list if isinstance(call, ast.Call) for option in call.keywords]
            pairs = [(ast.Constant(option.arg), option.value) for option in options]
        else:
            continue
        found |= {
            str(value.value)
            for key, value in pairs
            if isinstance(key, ast.Constant) and key.value == "id" and isinstance(value, ast.Constant)
        }
    return found
