"""A project: its folder, and plugin_config.json as typed settings.

A project is a folder with `plugin_config.json`, `graphs/`, `nodes/`, `market/` and, after a run,
`tradegraph.duckdb`, `.tradegraph/` (private) and `logs/`.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from pipeline.errors import Fault, Place, SettingsError, did_you_mean

__all__ = [
    "CONFIG_NAME",
    "DEFAULT_DIRECTORIES",
    "GUIDE_DIRECTORIES",
    "PerformanceMonitoring",
    "Project",
    "ProjectSettings",
    "Settings",
    "read_settings",
    "settings_schema",
]

CONFIG_NAME = "plugin_config.json"
DEFAULT_DIRECTORIES = ("nodes/strategies", "nodes/indicators", "nodes/custom")
GUIDE_DIRECTORIES = (
    "backend/bot_engine/plugins/strategies",
    "backend/bot_engine/plugins/indicators",
    "backend/bot_engine/strategies/custom",
)
"""Where the plugin guide puts plugins: looked at as well, where they are."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_UNITS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


def _bytes(value: object) -> object:
    """A size as text in bytes; whatever is no text is left to pydantic."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", value.strip().lower())
    if found is None or found[2] not in _UNITS:
        raise PydanticCustomError("size", "Write a number of bytes or a size such as 500MB, 2GB or 1GiB")
    return int(float(found[1]) * _UNITS[found[2]])


Size: TypeAlias = Annotated[int, BeforeValidator(_bytes), Field(ge=0)]


def _inside(folder: str) -> str:
    """A folder of the project, by its place in it."""
    if not folder or folder.startswith("/") or Path(folder).is_absolute() or ".." in Path(folder).parts:
        raise PydanticCustomError("folder", "Name a folder inside the project, such as nodes/custom")
    return folder


class DevelopmentMode(_Section):
    """Switches for plugin authors."""

    enable_hot_reload: bool = Field(default=False, description="Reload plugins on change even where auto_reload is off")
    debug_logging: bool = Field(default=False, description="Log at DEBUG, whatever logging.log_level says")
    allow_unsigned_plugins: bool = Field(default=True, description="Load plugins that carry no signature")


class PerformanceMonitoring(_Section):
    """What is measured of plugin calls."""

    enable_metrics: bool = Field(default=True, description="Keep the execution time of plugin calls")
    log_execution_time: bool = Field(default=True, description="Write execution times to the log")
    max_execution_time_ms: float = Field(
        default=5000.0, gt=0, description="A slower call is warned about, in milliseconds"
    )


class Logging(_Section):
    """Where the log begins to speak."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe level that is written"
    )


class ProjectSettings(_Section):
    """Defaults of this project."""

    universes: dict[str, list[str]] = Field(
        default_factory=dict, description="Named symbol lists; a member may name another one"
    )
    store: Literal["all", "outputs", "metrics"] = Field(
        default="all", description="Whose values are kept: all nodes', declared outputs and metrics, or metrics alone"
    )
    keep_days: float | None = Field(
        default=None, ge=0, description="Values of older runs are let go, in days; a graph's latest run keeps its own"
    )
    keep_bytes: Size | None = Field(
        default=None, description="Values of the oldest runs are let go beyond this size of all, in bytes or as 2GB"
    )
    memory: Size | None = Field(
        default=None,
        description="What values may take in memory while a run goes on; half of the machine's when absent",
    )


class Settings(_Section):
    """plugin_config.json. Absent keys have the defaults given here."""

    schema_file: str | None = Field(
        default=None, alias="$schema", description="Where editors find the schema of this file"
    )
    auto_reload: bool = Field(default=True, description="Reload plugins when their files change")
    validate_plugins: bool = Field(default=True, description="Check plugins before they are admitted")
    max_plugins: int = Field(default=100, ge=0, description="How many plugins that do not ship may be loaded")
    plugin_timeout: float = Field(default=30.0, gt=0, description="Time limit of one plugin call, in seconds")
    plugin_directories: list[Annotated[str, AfterValidator(_inside)]] = Field(
        default_factory=lambda: list(DEFAULT_DIRECTORIES),
        description="Where plugins are looked for, inside the project",
    )
    isolation: Literal["none", "worker"] = Field(
        default="worker", description="Where plugins are called: in a worker that is shut in, or in this process"
    )
    memory_limit_mb: int | None = Field(
        default=None,
        ge=16,
        description="What a worker may take beyond what it starts with, in MB; when absent 4096 or a quarter of all",
    )
    disabled_plugins: list[str] = Field(default_factory=list, description="Ids of plugins that are switched off")
    trusted_plugins: list[str] = Field(default_factory=list, description="Ids that need no signature and no worker")
    trusted_keys: dict[str, str] = Field(
        default_factory=dict, description="Public keys whose signatures count, by the name of their owner"
    )
    development_mode: DevelopmentMode = DevelopmentMode()
    performance_monitoring: PerformanceMonitoring = PerformanceMonitoring()
    logging: Logging = Logging()
    project: ProjectSettings = ProjectSettings()


@dataclass(frozen=True)
class Project:
    """A project folder and where things are in it."""

    root: Path
    settings: Settings

    @classmethod
    def open(cls, root: Path) -> Project:
        """The project at `root`. Raises SettingsError TG002 when there is no plugin_config.json."""
        root = root.resolve()
        if not (root / CONFIG_NAME).is_file():
            raise SettingsError(
                f"{root} is not a tradegraph project: it has no {CONFIG_NAME}",
                code="TG002",
                hint="Make one with `tradegraph init DIR`, or go to the folder of one.",
            )
        return cls(root, read_settings(root / CONFIG_NAME))

    @property
    def market(self) -> Path:
        """Stored bars."""
        return self.root / "market"

    @property
    def database(self) -> Path:
        """The published database."""
        return self.root / "tradegraph.duckdb"

    @property
    def private(self) -> Path:
        """Segments, journals, compiled kernels, locks; nothing in it is meant for people."""
        return self.root / ".tradegraph"

    @property
    def logs(self) -> Path:
        """What plugins log."""
        return self.root / "logs"

    @property
    def plugin_directories(self) -> tuple[Path, ...]:
        """Where plugins are looked for."""
        guides = [name for name in GUIDE_DIRECTORIES if (self.root / name).is_dir()]
        return tuple(self.root / name for name in dict.fromkeys([*self.settings.plugin_directories, *guides]))

    @classmethod
    def nearest(cls) -> Project:
        """The project that TRADEGRAPH_PROJECT names, else that of the working directory or the nearest above it.

        Raises SettingsError TG002 when there is none.
        """
        here = Path.cwd()
        named = os.environ.get("TRADEGRAPH_PROJECT")
        folders = [Path(named)] if named else [here, *here.parents]
        return cls.open(next((folder for folder in folders if (folder / CONFIG_NAME).is_file()), folders[0]))


def settings_schema() -> str:
    """The JSON Schema of plugin_config.json for editors, as the text of its file."""
    made = Settings.model_json_schema(by_alias=True)
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "tradegraph plugin_config.json"}
    return json.dumps(made, indent=2) + "\n"


def read_settings(path: Path) -> Settings:
    """The settings in a file. Raises SettingsError with every fault: TG010, TG011, TG012."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = json.loads(text)
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}", code="TG010") from error
    except RecursionError as error:
        raise SettingsError("it nests too deep for JSON", code="TG010", place=Place(str(path))) from error
    except ValueError as error:
        place = Place(str(path), getattr(error, "lineno", 1), getattr(error, "colno", 1))
        raise SettingsError(
            f"it is not valid JSON: {getattr(error, 'msg', error)}", code="TG010", place=place
        ) from error
    try:
        return Settings.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        raise SettingsError.of([_fault(item, path, text) for item in error.errors()]) from error


def _fault(item: object, path: Path, text: str) -> Fault:
    assert isinstance(item, dict)
    where = ".".join(str(part) for part in item["loc"]) or "the file"
    place = _place(path, text, item["loc"])
    if item["type"] == "extra_forbidden":
        word, keys = str(item["loc"][-1]), _keys(Settings)
        if word in keys:
            hint = f"It belongs under `{keys[word]}`." if keys[word] else "It belongs at the top."
        else:
            hint = did_you_mean(word, keys)
        return Fault("TG011", f"unknown key {where!r}", place, hint)
    message = item["msg"][0].lower() + item["msg"][1:]
    return Fault("TG012", f"{where!r}: {message}, got {item['input']!r}", place)


def _place(path: Path, text: str, loc: tuple[str | int, ...]) -> Place:
    """Where the key or list item that `loc` leads to stands, or the innermost one around it."""
    places = _places(text)
    at = next((places[loc[:end]] for end in range(len(loc), 0, -1) if loc[:end] in places), 0)
    return Place(str(path), text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def _places(text: str) -> dict[tuple[str | int | None, ...], int]:
    """The offset of each key and list item in a JSON text that is known to be sound."""
    places: dict[tuple[str | int | None, ...], int] = {}
    path: list[str | int | None] = []  # None where a map waits for its next key
    for token in _TOKEN.finditer(text):
        mark = token[0][0]
        if path and mark not in ",:]}":
            if path[-1] is None:
                path[-1] = json.loads(token[0])
            places.setdefault(tuple(path), token.start())
        if mark == "{":
            path.append(None)
        elif mark == "[":
            path.append(0)
        elif mark in "]}":
            path.pop()
        elif mark == ",":
            last = path[-1]
            path[-1] = last + 1 if isinstance(last, int) else None
    return places


def _keys(model: type[BaseModel], section: str = "") -> dict[str, str]:
    """Every key, and the section that it belongs to."""
    found: dict[str, str] = {}
    for name, info in model.model_fields.items():
        found[name] = section
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found |= _keys(info.annotation, name)
    return found
