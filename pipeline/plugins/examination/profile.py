"""A profile of one call of a plugin: where its time goes, for people and for the viewers of cProfile's files.

It is made where the plugin is called: in a worker that is shut in, or here for plugins that are loaded here.
"""

from __future__ import annotations

import cProfile
import io
import marshal
import pstats
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pipeline.errors import PluginError
from pipeline.frame.library.real import to_real
from pipeline.plugins.examination.sample_bars import sample_bars
from pipeline.plugins.guide import GuidePlugin

__all__ = ["Profile", "profile_plugin", "read_profile", "save_profile", "tell_profile"]

Function: TypeAlias = "tuple[str, int, str]"
"""File, line, name."""
Times: TypeAlias = "tuple[int, int, float, float]"
"""Calls that were no recursion, calls, seconds in the function alone, seconds with all that it called."""
_MOST = 2_000
"""Functions of a profile that a worker tells of."""


@dataclass(frozen=True)
class Profile:
    """The call's seconds, the table of functions as text, and what was measured, by function, with its callers."""

    seconds: float
    table: str
    stats: Mapping[Function, tuple[Times, Mapping[Function, Times]]]


def profile_plugin(plugin: GuidePlugin, params: Mapping[str, Any], rows: int, *, lines: int = 10) -> Profile:
    """Profile one call over `rows` made-up bars, sorted by cumulative time as the guide does.

    The plugin is run in this process. Raises whatever it raises.
    """
    checked = plugin.checked(params)
    bars = sample_bars(rows)
    for name in plugin.metadata.inputs:
        bars[name] = bars["close"]
    frame = to_real(bars) if plugin.real else bars
    profiler = cProfile.Profile()
    if plugin.kind == "strategy":
        strategy = plugin.make(checked)
        profiler.runcall(strategy.generate_signals, frame)
    else:
        profiler.runcall(plugin.calculate, frame, checked)
    text = io.StringIO()
    found: Any = pstats.Stats(profiler, stream=text)
    found.sort_stats("cumulative").print_stats(lines)
    stats = {function: (tuple(rest[:4]), rest[4]) for function, rest in found.stats.items()}
    return Profile(float(found.total_tt), text.getvalue().strip(), stats)


def tell_profile(profile: Profile) -> dict[str, Any]:
    """A profile as plain data, without functions that took next to nothing."""
    longest = sorted(profile.stats.items(), key=lambda item: -item[1][0][3])[:_MOST]
    stats = [
        [*function, *times, [[*caller, *its] for caller, its in callers.items()]]
        for function, (times, callers) in longest
    ]
    return {"seconds": profile.seconds, "table": profile.table, "stats": stats}


def read_profile(told: Mapping[str, Any]) -> Profile:
    """The profile that was told. Raises LookupError, TypeError or ValueError for what is none."""
    stats = {}
    for *head, callers in told["stats"]:
        function, times = _entry(head)
        stats[function] = (times, dict(map(_entry, callers)))
    return Profile(float(told["seconds"]), str(told["table"]), stats)


def save_profile(profile: Profile, file: Path) -> None:
    """Write the file that viewers read. Raises PluginError TG416."""
    stats = {function: (*times, dict(callers)) for function, (times, callers) in profile.stats.items()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(marshal.dumps(stats))
    except OSError as error:
        raise PluginError(f"cannot write {file}: {error.strerror}", code="TG416") from error


def _entry(told: list[Any]) -> tuple[Function, Times]:
    file, line, name, first, calls, alone, whole = told
    return (str(file), int(line), str(name)), (int(first), int(calls), float(alone), float(whole))
