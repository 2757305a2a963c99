"""Put a node type through the laws."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from pipeline.errors import NodeError, PluginError
from pipeline.execution.recipe import library_versions
from pipeline.laws.axis import AXIS_LAWS, AxisTrial
from pipeline.laws.breach import Breach
from pipeline.laws.certificate import Certificate
from pipeline.laws.choice import base, ends, range_of
from pipeline.laws.drift import Drift, measure_drift
from pipeline.laws.law import LAWS, is_refusal
from pipeline.laws.trial import Evaluator, Trial
from pipeline.model.node import NodeType

__all__ = ["ROWS", "WHOLE", "certify"]

ROWS = 360
"""Bars of the longest symbol of a sample: three times the longest default window, and milliseconds to compute."""

WHOLE = 40
"""Draws over the whole range of the params."""


def certify(
    node: NodeType,
    evaluate: Evaluator,
    params: Mapping[str, Any] | None = None,
    *,
    rows: int = ROWS,
    draws: int = 0,
) -> Certificate:
    """The certificate of a node type.

    All laws are checked with `params` (the defaults when None), then each param at the ends of its range and
    `draws` sets from the whole range must give finite values of their kind, whatever the length, without a look
    ahead. A node that raises breaks the law that was being checked; nothing is raised here.
    """
    began = time.perf_counter()
    chosen = dict(params) if params is not None else base(node)
    checks = _checks(node, chosen, evaluate, rows)
    breaches = {name: breach for name, check in checks.items() if (breach := _checked(name, check))}
    tried = 0
    for other in _others(node, chosen, draws) if params is None else ():
        tried += 1
        if breach := _lasting(node, other, _checks(node, other, evaluate, rows)):
            breaches["params"] = breach
            break
    warmup, leading, drift = _measured(Trial(node, chosen, evaluate, rows))
    return Certificate(
        node=node,
        params=chosen,
        laws=len(checks) + (params is None),
        tried=tried,
        rows=rows,
        warmup=warmup,
        leading=leading,
        drift=drift,
        breaches=breaches,
        versions=library_versions(node.style),
        ms=(time.perf_counter() - began) * 1e3,
        verified_at=dt.datetime.now(dt.UTC),
    )


def _others(node: NodeType, params: Mapping[str, Any], draws: int) -> Iterator[dict[str, Any]]:
    yield from ends(node, params)
    yield from range_of(node, draws)


def _checks(
    node: NodeType, params: Mapping[str, Any], evaluate: Evaluator, rows: int
) -> dict[str, Callable[[], Breach | None]]:
    """The laws that bind a node type, by name, ready to be checked. They share what they draw and compute."""
    if node.style == "panel":
        moved = AxisTrial(node, params, evaluate, rows)
        return {law.name: partial(law.check, moved) for law in AXIS_LAWS}
    trial = Trial(node, params, evaluate, rows)
    return {law.name: partial(law.check, trial) for law in LAWS if law.binds(node)}


def _lasting(
    node: NodeType, params: Mapping[str, Any], checks: Mapping[str, Callable[[], Breach | None]]
) -> Breach | None:
    """What must hold for all params alike."""
    try:
        node.warmup_of(params)
    except PluginError:
        return None  # a graph with these params is refused before it runs
    said = ", ".join(f"{name}={value}" for name, value in params.items())
    # a back-test costs milliseconds a cut, and its params say nothing about time
    names = ("kinds", "short") if node.style == "table" else ("kinds", "short", "causality")
    for name in names:
        if name in checks and (breach := _checked(name, checks[name])):
            return replace(breach, message=f"with {said}: {breach.message}")
    return None


def _checked(name: str, check: Callable[[], Breach | None]) -> Breach | None:
    try:
        return check()
    except NodeError as error:
        # a node may refuse bars without values; those that are whole it must take
        return None if is_refusal(error) and name != "kinds" else Breach(f"it raises NodeError: {error}")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a node raises is its own breach, recorded
        return Breach(f"it raises {type(error).__name__}: {error}")


def _measured(trial: Trial) -> tuple[int | None, int | None, Drift | None]:
    """Declared warm-up, rows that really are missing at the start, drift; None where the node cannot be run."""
    try:
        warmup = trial.warmup
        if trial.node.style in ("table", "panel"):
            return warmup, None, None
        stop = trial.lively.segments[0][1]
        first = [np.flatnonzero(~np.isnan(array[:stop])) for array in trial.whole.values()]
        leading = min((int(rows[0]) for rows in first if len(rows)), default=stop)
        return warmup, leading, measure_drift(trial)
    except (Exception, SystemExit):  # noqa: BLE001 - it stands among the breaches already
        return None, None, None
