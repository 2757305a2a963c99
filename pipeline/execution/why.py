"""Why a step must be computed: what its key is made of, compared with the run before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pipeline.execution.plan import Plan, Step
from pipeline.execution.recipe import library_versions
from pipeline.model.digest import digest

__all__ = ["Reason", "changes", "data_of", "made_of", "upstream_of", "why"]

Change: TypeAlias = Literal["NEW", "CODE", "PARAM", "DATA", "UPSTREAM", "RANGE", "GONE", "REFRESH", "SPARED", "STORED"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that changed, and a sentence about it."""

    change: Change
    detail: str


def why(plan: Plan, step: Step, before: Mapping[str, Any] | None) -> list[Reason]:
    """What changed since `before`, the node's row of the `nodes` table in its latest run (None: it never ran).

    STORED when it is reused; SPARED when it is not stored and nobody needs it; REFRESH when nothing changed but it
    was asked for; GONE when nothing changed but there is no stored value.
    """
    if step.action == "reuse" and not step.pieces:
        return [Reason("SPARED", "it is not kept, and all that is made of it is stored")]
    if step.action == "reuse":
        return [Reason("STORED", f"its value is stored under the key {step.key}")]
    if before is None:
        return [Reason("NEW", "the graph has not run with this node before")]
    if before["key"] == step.key:
        if step.forced:
            return [Reason("REFRESH", "nothing changed, it was asked to be computed again")]
        return [Reason("GONE", "nothing changed, but it failed or was skipped then, or its file is gone or damaged")]
    return changes(before, made_of(plan, step))


def made_of(plan: Plan, step: Step) -> dict[str, Any]:
    """What a step's key is made of, as the `nodes` table has it."""
    return {
        "node_type": step.type.id,
        "code": step.type.code,
        "versions": json.dumps(library_versions(step.type.style)),
        "params": json.dumps(dict(step.node.params), default=str),
        "upstream": upstream_of(plan, step),
        "data": data_of(plan, step),
    }


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Reason]:
    """What makes the keys of two rows of the `nodes` table differ; they are known to differ."""
    reasons: list[Reason] = []
    if before["node_type"] != now["node_type"]:
        reasons.append(Reason("CODE", f"it uses {now['node_type']}, it used {before['node_type']}"))
    elif before["code"] != now["code"]:
        reasons.append(Reason("CODE", f"the code of {now['node_type']} changed, or of something that it calls"))
    reasons += _versions(json.loads(before["versions"]), json.loads(now["versions"]))
    reasons += _params(json.loads(before["params"]), json.loads(now["params"]))
    reasons += _upstream(json.loads(before["upstream"]), json.loads(now["upstream"]))
    reasons += _data(json.loads(before["data"]), json.loads(now["data"]))
    return reasons or [Reason("RANGE", "the first bar that an account sees, or the rows of the output, changed")]


def upstream_of(plan: Plan, step: Step) -> str:
    """The wired ports of a step as JSON: port → [source's name, its recipe or "" for bars, columns]."""
    found = []
    for source in step.sources:
        if source is not None:
            wire = source.wire
            recipe = "" if source.step is None else plan.steps[source.step].recipe
            # names are plain words, which JSON does not escape; its encoder takes longer than planning the step
            columns = '", "'.join(wire.columns)
            found.append(f'"{wire.port}": ["{wire.source}", "{recipe}", ["{columns}"]]')
    return f"{{{', '.join(found)}}}"


def data_of(plan: Plan, step: Step) -> str:
    """The bars below a step as JSON: digest and number of symbols per timeframe and adjustment."""
    found = {}
    for request in sorted(step.requests, key=lambda r: r.token):
        resolved = plan.bars[request]
        found[request.token] = {"digest": digest(resolved.symbols, resolved.digests), "symbols": len(resolved.symbols)}
    return json.dumps(found)


def _versions(before: Mapping[str, str], now: Mapping[str, str]) -> list[Reason]:
    changed = [name for name, version in now.items() if before.get(name, version) != version]
    return [Reason("CODE", f"{name} is {now[name]}, it was {before[name]}") for name in changed]


def _params(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Reason]:
    names = dict.fromkeys((*now, *before))
    return [
        Reason("PARAM", f"{name} is {now.get(name)!r}, it was {before.get(name)!r}")
        for name in names
        # as they are written: 1, 1.0 and true are equal to Python, and so are 0.0 and -0.0
        if json.dumps(before.get(name)) != json.dumps(now.get(name))
    ]


def _upstream(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Reason]:
    reasons: list[Reason] = []
    for port in dict.fromkeys((*now, *before)):
        old, new = before.get(port), now.get(port)
        if old is None or new is None:
            reasons.append(Reason("UPSTREAM", f"input {port!r} is {'wired' if new else 'no longer wired'}"))
        elif old[2] != new[2] or bool(old[1]) != bool(new[1]):
            reasons.append(Reason("UPSTREAM", f"input {port!r} is wired to {_end(new)}, it was {_end(old)}"))
        elif old[1] != new[1]:
            reasons.append(Reason("UPSTREAM", f"input {port!r}: {new[0]!r} changed"))
    return reasons


def _end(end: list[Any]) -> str:
    return f"{end[0]}.{'/'.join(end[2])}"


def _count(symbols: int) -> str:
    return f"{symbols} symbol{'' if symbols == 1 else 's'}"


def _data(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Reason]:
    reasons: list[Reason] = []
    for name, found in now.items():
        old = before.get(name)
        if old is None:
            reasons.append(Reason("DATA", f"it stands on {name} bars, it stood on {', '.join(before) or 'none'}"))
        elif old["digest"] != found["digest"]:
            if found["symbols"] != old["symbols"]:
                what = f"the {name} bars are of {_count(found['symbols'])} now, they were of {_count(old['symbols'])}"
            else:
                what = f"the {name} bars changed"
            reasons.append(Reason("DATA", what))
    return reasons
