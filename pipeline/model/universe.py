"""Universes: named lists of symbols, which a bars source may name in place of symbols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.errors import MarketError, did_you_mean

__all__ = ["universe"]


def universe(name: str, known: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The symbols of a universe, sorted, each once; a member that names another universe stands for its symbols.

    `known` are the project's (`Settings.project.universes`). Raises MarketError TG311 for a name that is not
    there, for an empty universe and for one that holds itself.
    """
    found: dict[str, None] = {}
    _gather(name, known, found, ())
    if not found:
        raise MarketError(f"universe {name!r} is empty", code="TG311", hint="List its symbols in plugin_config.json.")
    return tuple(sorted(found))


def _gather(name: str, known: Mapping[str, Iterable[str]], found: dict[str, None], above: tuple[str, ...]) -> None:
    if name in above:
        path = " → ".join((*above, name))
        raise MarketError(f"universe {above[0]!r} holds itself: {path}", code="TG311", hint="Cut one of these members.")
    if name not in known:
        hint = did_you_mean(name, known, otherwise="Name it under project.universes in plugin_config.json.")
        raise MarketError(f"there is no universe {name!r}", code="TG311", hint=hint)
    for member in known[name]:
        if member in known and member != name:
            _gather(member, known, found, (*above, name))
        else:
            found[member] = None
