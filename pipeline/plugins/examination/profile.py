"""A profile of one call of a plugin: where its time goes, for people and for the viewers of cProfile's files."""

from __future__ import annotations

import cProfile
import io
import pstats
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import PluginError
from pipeline.frame import DataFrame
from pipeline.frame.library.real import to_real
from pipeline.plugins.guide import GuidePlugin
from pipeline.plugins.here import plugin_here

__all__ = ["Profile", "profile_plugin"]


@dataclass(frozen=True)
class Profile:
    """What was measured: where the file for viewers lies, the call's seconds, and the table of functions as text."""

    file: Path
    seconds: float
    table: str


def profile_plugin(
    plugin: GuidePlugin, bars: DataFrame, params: Mapping[str, Any], file: Path, *, lines: int = 10
) -> Profile:
    """Profile one call over `bars` and save it in `file`, sorted by cumulative time as the guide does.

    The plugin is run in this process. Raises whatever it raises, PluginError TG416 when the file cannot be written.
    """
    plugin = plugin_here(plugin)
    checked = plugin.checked(params)
    frame = to_real(bars) if plugin.real else bars
    profiler = cProfile.Profile()
    if plugin.kind == "strategy":
        strategy = plugin.make(checked)
        profiler.runcall(strategy.generate_signals, frame)
    else:
        profiler.runcall(plugin.calculate, frame, checked)
    text = io.StringIO()
    stats = pstats.Stats(profiler, stream=text)
    stats.sort_stats("cumulative").print_stats(lines)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        stats.dump_stats(file)
    except OSError as error:
        raise PluginError(f"cannot write {file}: {error.strerror}", code="TG416") from error
    return Profile(file, float(stats.total_tt), text.getvalue().strip())  # type: ignore[attr-defined]
