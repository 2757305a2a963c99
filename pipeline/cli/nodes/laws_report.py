"""What `tradegraph nodes verify` and `tradegraph check --laws` answer: verdicts, and where a law was broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import tell
from pipeline.cli.console.figure import counted
from pipeline.cli.console.option import Given
from pipeline.cli.console.table import echo_table
from pipeline.cli.console.target import find_graph
from pipeline.engine import Engine
from pipeline.laws.certificate import Certificate
from pipeline.laws.certify import WHOLE
from pipeline.laws.named import types_named
from pipeline.model.node import NodeType

__all__ = ["verify", "verify_graph"]


def verify(engine: Engine, types: Sequence[str], *, whole: bool, as_json: bool) -> int:
    """Verify node types by id or pattern, all when none is named. Raises PluginError TG201 for an unknown one."""
    wanted = types_named(engine.registry, types)
    return _answer(engine.certify([(node, None) for node in wanted], draws=WHOLE if whole else 0), len(wanted), as_json)


def verify_graph(engine: Engine, graph: str, given: Given, *, as_json: bool) -> int:
    """Verify the node types of a graph with the params that they have there, equal ones once. Raises GraphError."""
    checked = engine.check(find_graph(graph, engine.project.root), given.overrides())
    wanted: dict[tuple[str, str], tuple[NodeType, Mapping[str, Any]]] = {}
    for node in checked.nodes.values():
        wanted.setdefault((node.type.id, repr(sorted(node.params.items()))), (node.type, node.params))
    return _answer(engine.certify(wanted.values()), len(wanted), as_json)


def _answer(certificates: Iterable[Certificate], count: int, as_json: bool) -> int:
    """Say what was found; the exit status is 1 when a law is broken."""
    found = []
    for certificate in certificates:
        found.append(certificate)
        if certificate.breaches:
            tell(f"{certificate.node.id}: {_first(certificate)}")
    if as_json:
        echo_json({"certificates": [certificate.row() for certificate in found]})
    else:
        if count <= _SHOWN:
            echo_table(
                ("node type", "params", "verdict", "warm-up", "drift", "settled after"), [_row(c) for c in found]
            )
        broken = sum(bool(certificate.breaches) for certificate in found)
        said = f"{counted(broken, 'node type')} of {count} broke a law" if broken else "all laws are kept"
        click.echo(f"{counted(count, 'node type')} verified: {said}; stored in the table certificates")
    return int(any(certificate.breaches for certificate in found))


_SHOWN = 40
"""More verdicts than this are counted, not listed."""


def _row(certificate: Certificate) -> tuple[str, ...]:
    drift = certificate.drift
    said = ", ".join(f"{name}={value}" for name, value in certificate.params.items())
    settled = "" if drift is None else "never" if drift.settled is None else counted(drift.settled, "bar")
    return (
        certificate.node.id,
        said,
        certificate.verdict,
        "" if certificate.warmup is None else counted(certificate.warmup, "bar"),
        "" if drift is None else f"{drift.first:.1e}",
        settled,
    )


def _first(certificate: Certificate) -> str:
    law, breach = next(iter(certificate.breaches.items()))
    place = f" ({breach.symbol} row {breach.row}" if breach.row is not None else " ("
    if breach.output:
        place += f"{', ' if breach.row is not None else ''}output {breach.output}"
    values = "" if breach.expected is None and breach.got is None else f"; expected {breach.expected}, got {breach.got}"
    more = f"; also broken: {', '.join(list(certificate.breaches)[1:])}" if len(certificate.breaches) > 1 else ""
    return f"law {law!r} broken: {breach.message}{place + ')' if place != ' (' else ''}{values}{more}"
