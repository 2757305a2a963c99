"""Every way tradegraph says no, in one tree.

::

    TradegraphError              what any caller may catch; carries code, message, hint, exit status
    ├── UsageError               the call itself is off (TG0..)
    ├── SettingsError            plugin_config.json or the project folder is off (TG0..)
    ├── GraphError               a graph file has faults; carries all of them (TG1.. and TG2..)
    ├── MarketError              bars are missing, unreadable or inconsistent (TG3..)
    ├── PluginError              a plugin or node file cannot be used (TG4..)
    ├── NodeError                a node failed while it ran (TG5..)
    ├── StoreError               results cannot be written or read (TG6..)
    ├── MarketplaceError         a plugin marketplace cannot be used or trusted (TG7..)
    ├── RequestError             a request to the API is refused (TG8..)
    └── ReportError              a report cannot be made (TG9..)

A `Fault` is one finding with a place; an error may carry many. Codes are stable: they are listed in
`CODES`, and `docs/errors.md` is generated from that list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar, Literal, TypeVar

__all__ = [
    "CODES",
    "Edit",
    "Fault",
    "GraphError",
    "MarketError",
    "MarketplaceError",
    "NodeError",
    "Note",
    "Place",
    "PluginError",
    "ReportError",
    "RequestError",
    "SettingsError",
    "StoreError",
    "TradegraphError",
    "UsageError",
    "did_you_mean",
]

CODES: dict[str, str] = {
    # usage and settings
    "TG001": "The command or call cannot be carried out as asked.",
    "TG002": "This folder is not a tradegraph project.",
    "TG010": "plugin_config.json cannot be read as JSON.",
    "TG011": "plugin_config.json has an unknown key.",
    "TG012": "plugin_config.json has a value that is not allowed.",
    # graph files: shape
    "TG101": "The file is not valid YAML.",
    "TG102": "A key stands twice in one map.",
    "TG103": "The file is too large, too deep or uses aliases too heavily.",
    "TG104": "The file's dialect version is missing or unknown.",
    "TG105": "A key is not known here.",
    "TG106": "A key is reserved for a later version.",
    "TG107": "A value has the wrong shape (map, list or scalar expected).",
    "TG108": "A required key is missing.",
    "TG109": "A name is not well formed.",
    "TG110": "The file cannot be read.",
    "TG111": "A tab indents a line.",
    # graph files: composition
    "TG121": "A file that the graph names cannot be used.",
    "TG122": "Graph files extend each other in a circle.",
    "TG123": "A sub-graph uses itself.",
    "TG124": "An override changes something that is not there.",
    # graph files: sweeps
    "TG131": "The lists that a sweep zips have different lengths.",
    "TG132": "A sweep has no cell.",
    "TG133": "A sweep has too many cells.",
    "TG134": "The condition of a sweep cannot be used.",
    "TG135": "A sampler must be told when to end.",
    "TG136": "No node of a swept graph has the metric that cells are chosen by.",
    # graph files: names
    "TG201": "No node type has this id.",
    "TG202": "A wire names a node or bars source that does not exist.",
    "TG203": "A wire names an output that its node does not have.",
    "TG204": "A $param is not declared by the graph.",
    "TG205": "Two things in one graph have the same name.",
    "TG206": "An override names a param or node that the graph does not have.",
    # graph files: wiring
    "TG211": "A required input is not wired.",
    "TG212": "An input is wired that the node type does not have.",
    "TG213": "A single wire does not say which input it is for.",
    "TG214": "An input gets a kind that it does not take.",
    "TG215": "The wires form a cycle.",
    "TG216": "The inputs of a node stand on different axes.",
    "TG217": "A node's result is used by nobody.",
    "TG218": "A graph param is used by nobody.",
    "TG219": "A declared output comes from a node that is not stored.",
    # graph files: params
    "TG221": "A param is set that the node type does not have.",
    "TG222": "A value is not of the declared type.",
    "TG223": "A value is outside its allowed range.",
    "TG224": "A required param is not set.",
    "TG225": "A param has a value that is allowed and misleads easily.",
    "TG226": "An environment variable has a value that its param does not take.",
    # bars
    "TG301": "The market has no such symbol.",
    "TG302": "The market has no bars of this timeframe.",
    "TG303": "The asked range has no bars.",
    "TG304": "A file cannot be imported as bars.",
    "TG305": "A stored part is missing or damaged.",
    "TG306": "A timeframe is not well formed.",
    "TG307": "The market is being changed by too many writers at once.",
    "TG308": "A symbol name cannot be stored.",
    "TG309": "An exchange calendar is not known, or its library is not installed.",
    "TG310": "Bars cannot be fetched from a vendor.",
    "TG311": "A universe is unknown, empty or holds itself.",
    # plugins
    "TG401": "A plugin file breaks the file rules (regular file, inside its root, at most 1 MiB).",
    "TG402": "A plugin file cannot be parsed.",
    "TG403": "A plugin's metadata is missing or malformed.",
    "TG404": "Two plugins claim the same id.",
    "TG405": "A node declaration is not well formed.",
    "TG406": "A plugin failed while it was loaded.",
    "TG407": "A plugin uses something of pandas that the adapter does not have.",
    "TG408": "The code of a node cannot be digested (a lambda, a closure or no source).",
    "TG409": "A package or plugin that a plugin requires is not there, or is of another version.",
    "TG410": "Plugins require each other in a circle.",
    "TG411": "There are more plugins than max_plugins allows.",
    "TG412": "A plugin is not signed, or its signature is wrong.",
    "TG413": "A plugin does not give what the guide asks on sample bars.",
    "TG414": "A plugin breaks a law: it looks ahead, or answers differently from call to call.",
    "TG415": "A plugin says itself that it cannot work here.",
    "TG416": "A plugin cannot be installed, removed or made.",
    "TG417": "A plugin took more memory, threads or processor time than its worker may use.",
    "TG418": "A plugin reached for what its worker may not: files, the network, other processes, the system.",
    "TG419": "A plugin declares, or somebody asks for, what works only with its code in the engine's own process.",
    # execution
    "TG501": "A node raised an error.",
    "TG502": "A node's output has the wrong length, dtype or values.",
    "TG503": "A node was skipped because something it needs failed.",
    "TG504": "The run was interrupted.",
    "TG505": "A node took longer than its timeout.",
    "TG506": "The process that computed a node ended.",
    "TG507": "A plugin's validate_data refused its bars.",
    "TG508": "A plugin took longer than max_execution_time_ms.",
    # runs over workers
    "TG521": "A worker planned something else than the run that asked it.",
    "TG522": "A worker could not carry out its task.",
    "TG523": "An extra that is asked for is not installed.",
    "TG524": "No scheduler answers, or it does not fit what is asked for.",
    "TG525": "A run is taken up, and a file of it was edited since.",
    # store
    "TG601": "The store cannot be written.",
    "TG602": "The store was written by a newer version.",
    "TG603": "A stored object is damaged.",
    "TG604": "The SQL query failed.",
    "TG605": "No such run.",
    # marketplace: what it serves
    "TG701": "A marketplace cannot be reached, or lacks a file.",
    "TG702": "Metadata of a marketplace are malformed, or not signed by the keys that they need.",
    "TG703": "Metadata of a marketplace have expired: somebody may be serving old ones.",
    "TG704": "A marketplace serves something older than what was seen before.",
    "TG705": "A file of a marketplace is not the one that was signed, or is longer.",
    "TG706": "A marketplace has no root file with the digest that was given.",
    "TG707": "The marketplace needs the extra `market`.",
    "TG708": "A project trusts no such marketplace.",
    "TG709": "A marketplace has no such plugin or version.",
    "TG710": "A plugin's id belongs to another author, or its files lie outside of its author's paths.",
    "TG711": "A version was withdrawn: yanked by its author, or revoked by the marketplace.",
    "TG712": "Something is done on the user's word alone, and the word is missing.",
    # marketplace: what is installed
    "TG713": "An installed plugin is not the file that was installed.",
    "TG714": "An installed plugin is disabled.",
    "TG715": "A marketplace's plugin would run where nothing confines it.",
    "TG716": "The lockfile market.lock cannot be read.",
    # marketplace: running one
    "TG717": "A key is missing, cannot be read, or is not one that the role needs.",
    "TG718": "A submission, an author or a name cannot be taken.",
    "TG719": "A version cannot be approved.",
    "TG720": "A name looks like another one.",
    "TG721": "A folder is no marketplace, or cannot be written.",
    "TG722": "The audit log was changed after it was written.",
    "TG723": "A plugin was not installed from a marketplace.",
    "TG724": "A changed list of dependencies needs an approval of its own.",
    # API
    "TG801": "A request does not have the form that its route takes.",
    "TG802": "The API has no such route, or not what the route names.",
    "TG803": "The route does not take this method.",
    "TG804": "A request does not have the token of the server.",
    "TG805": "A request comes from another site, or was sent to another name.",
    "TG806": "The server is read-only.",
    "TG807": "The body of a request is too large, or takes too long to come.",
    "TG808": "A query takes more time, memory or rows than it may.",
    "TG809": "The server has too much to do.",
    "TG810": "A task cannot be cancelled.",
    "TG811": "A file is not as the request takes it to be.",
    "TG812": "A name cannot be the name of a file of the project.",
    "TG813": "The server made a mistake.",
    "TG814": "A process that carried out a task ended.",
    "TG820": "A plugin is switched off.",
    # reports
    "TG901": "A report cannot be written.",
}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file. Lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that a fault is about, and what stands there."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of text: at `place`, `old` becomes `new`. An empty `old` inserts."""

    place: Place
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding: a stable code, what is wrong, where, and what to do about it.

    `notes` are other places that it is about; `fix` is a change of text that certainly mends it.
    """

    code: str
    message: str
    place: Place | None = None
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    notes: tuple[Note, ...] = ()
    fix: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"fault code {self.code} is not in CODES")

    def __str__(self) -> str:
        head = f"{self.place} " if self.place else ""
        level = "warning " if self.severity == "warning" else ""
        notes = "".join(f"\n  note: {note.place} {note.text}" for note in self.notes)
        tail = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{head}{level}{self.code} {self.message}{notes}{tail}"

    def as_dict(self) -> dict[str, object]:
        """The fault for machines: code, severity, message, hint, file, line, column, notes, fix."""
        place = self.place
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "notes": [{**_of(note.place), "text": note.text} for note in self.notes],
            "fix": [{**_of(edit.place), "old": edit.old, "new": edit.new} for edit in self.fix],
        }


def _of(place: Place) -> dict[str, object]:
    return {"file": place.file, "line": place.line, "column": place.column}


class TradegraphError(Exception):
    """Base of all errors. `faults` is never empty; `exit_status` is what the CLI ends with."""

    exit_status: ClassVar[int] = 2
    code: ClassVar[str] = "TG001"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "", place: Place | None = None) -> None:
        super().__init__(message)
        self.faults: tuple[Fault, ...] = (Fault(code or self.code, message, place, hint),)

    @property
    def hint(self) -> str:
        return self.faults[0].hint

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


class UsageError(TradegraphError):
    """The command or call cannot be carried out as asked."""


class SettingsError(TradegraphError):
    """The project's settings cannot be used."""

    code = "TG012"

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> SettingsError:
        """An error that reports every fault of a settings file at once."""
        return _carrying(cls(faults[0].message), faults)


class GraphError(TradegraphError):
    """A graph file has faults. All of them are in `faults`, sorted by place."""

    code = "TG101"

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> GraphError:
        """An error that reports every fault of a graph at once, ordered by place."""
        far = Place("\U0010ffff")
        return _carrying(cls(faults[0].message), sorted(faults, key=lambda f: (f.place or far, f.code)))


class MarketError(TradegraphError):
    """Bars are missing, unreadable or inconsistent."""

    code = "TG301"


class PluginError(TradegraphError):
    """A plugin or node file cannot be used."""

    code = "TG406"


class NodeError(TradegraphError):
    """A node failed while it ran."""

    exit_status = 1
    code = "TG501"


class StoreError(TradegraphError):
    """Results cannot be written or read."""

    code = "TG601"


class MarketplaceError(TradegraphError):
    """A plugin marketplace cannot be used or trusted."""

    code = "TG701"


class RequestError(TradegraphError):
    """A request to the API is refused."""

    code = "TG801"


class ReportError(TradegraphError):
    """A report cannot be made."""

    code = "TG901"


E = TypeVar("E", bound=TradegraphError)


def _carrying(error: E, faults: Iterable[Fault]) -> E:
    error.faults = tuple(faults)
    return error


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A hint that names the closest known word, or lists a few, or says `otherwise`.

    Closeness is difflib's ratio with a cut-off of 0.6, compared without case, so that
    `Enrty` finds `entry`.
    """
    names = sorted(set(known))
    folded = {name.casefold(): name for name in names}
    close = get_close_matches(word.casefold(), folded, n=1)
    if close:
        return f"Did you mean {folded[close[0]]!r}?"
    if otherwise:
        return otherwise
    if not names:
        return ""
    shown = ", ".join(names[:8])
    return f"Known: {shown}" + (f" and {len(names) - 8} more." if len(names) > 8 else ".")
