"""The process that carries out tasks: an order comes as a line of JSON, what happens goes back as lines of JSON.

It imports nothing of the server. A task is stopped as by Ctrl-C in a terminal: a run stores what it has. When its
server goes, it stops its task, and ends. What plugins print goes to stderr.
"""

from __future__ import annotations

import io
import json
import os
import queue
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias

from pipeline.api.market_orders import install_planned, review_submission, roll_back
from pipeline.api.opened import Opened
from pipeline.engine import Engine, Overrides
from pipeline.errors import TradegraphError
from pipeline.execution.run import Run
from pipeline.laws.certify import WHOLE
from pipeline.laws.named import types_named
from pipeline.model.document import plain
from pipeline.plugins.install import install
from pipeline.plugins.sign import signature_file
from pipeline.runs.patience import Patience
from pipeline.runs.selection import nodes_meant
from pipeline.runs.sweep import Search
from pipeline.runs.telling import Events

__all__ = ["ORDERS", "given_of", "main", "search_of"]

Say: TypeAlias = Callable[[dict[str, Any]], None]
Order: TypeAlias = Mapping[str, Any]


def given_of(order: Order) -> Overrides:
    """What an order changes in graphs."""
    return Overrides(order.get("params", {}), order.get("set", {}), order.get("bars", {}))


def search_of(order: Order) -> Search:
    """What an order to sweep tries."""
    return Search(**{item.name: order[item.name] for item in fields(Search)})


def main(root: str) -> None:
    """Carry out orders until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = _Line.taken()
    post = _Post()
    threading.Thread(target=post.listen, args=(line.orders,), daemon=True).start()
    opened = Opened(Path(root))
    while (order := post.orders.get()) is not None:
        line.say(_carried_out(opened, order, post, line.say))


def _carried_out(opened: Opened, order: Order, post: _Post, say: Say) -> dict[str, Any]:
    """The event that ends an order."""
    try:
        try:
            if not post.begun(order["id"]):
                return {"event": "finished", "status": "cancelled"}
            return ORDERS[order["do"]](opened.engine, order, say)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            post.ended()
    except KeyboardInterrupt:
        return {"event": "finished", "status": "interrupted"}
    except TradegraphError as error:
        return {"event": "error", "kind": type(error).__name__, "faults": [f.as_dict() for f in error.faults]}
    except BaseException as error:  # noqa: BLE001 - the last line: a bug (or a panic of polars) is told in a sentence
        traceback.print_exc()
        said = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return {"event": "error", "kind": "", "faults": [{"code": "TG813", "message": said, "hint": ""}]}


class _Post:
    """Orders that came, and the one that is being carried out: a thread of its own reads what the server sends."""

    def __init__(self) -> None:
        self.orders: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._at: str | None = None
        self._stopped: set[str] = set()

    def begun(self, order_id: str) -> bool:
        """From now on SIGINT ends the order; False when it was stopped before."""
        with self._lock:
            if order_id in self._stopped:
                return False
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._at = order_id
            return True

    def ended(self) -> None:
        """The order is carried out."""
        with self._lock:
            self._at = None

    def listen(self, line: io.TextIOBase) -> None:
        """Take orders, and words to stop one, until the server is gone: then what is going on is stopped as well."""
        for text in line:
            said = json.loads(text)
            if said["do"] == "stop":
                self._stop(said["id"])
            else:
                self.orders.put(said)
        self.orders.put(None)
        self._stop(None)

    def _stop(self, order_id: str | None) -> None:
        with self._lock:
            if self._at is not None and order_id in (None, self._at):
                os.kill(os.getpid(), signal.SIGINT)
            elif order_id is not None:
                self._stopped.add(order_id)


@dataclass(frozen=True)
class _Line:
    """The line to the server."""

    orders: io.TextIOBase
    answers: io.TextIOBase

    @classmethod
    def taken(cls) -> _Line:
        """Take stdin and stdout away from whatever this process will load."""
        orders, answers = os.fdopen(os.dup(0), "r", encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(2, 1)
        os.close(null)
        return cls(orders, answers)

    def say(self, event: dict[str, Any]) -> None:
        """Send an event. Nobody may be there any more: that must not end a run that stores."""
        try:
            self.answers.write(json.dumps(plain(event), allow_nan=False) + "\n")
            self.answers.flush()
        except (OSError, ValueError):
            pass


def _run(engine: Engine, order: Order, say: Say) -> dict[str, Any]:
    given = given_of(order)
    graph = engine.check(Path(order["file"]), given)
    meant = nodes_meant(graph, order["refresh"], "refresh")
    if order["select"] or order["exclude"]:
        graph = engine.select(graph, order["select"], order["exclude"])
    with Patience(Events(say), nodes=len(graph.nodes)) as patience:
        result = engine.run(
            graph,
            given,
            cache=order["cache"],
            refresh=meant,
            fail_fast=order["fail_fast"],
            progress=patience,
            run_id=order["id"],
        )
    return _finished(result.run)


def _sweep(engine: Engine, order: Order, say: Say) -> dict[str, Any]:
    with Patience(Events(say)) as patience:
        swept = engine.sweep(
            Path(order["file"]),
            search_of(order),
            given_of(order),
            cache=order["cache"],
            fail_fast=order["fail_fast"],
            progress=patience,
            run_id=order["id"],
        )
    return {**_finished(swept.run), "cells": swept.size, "kept": swept.kept, "tried": len(swept.cells.cells)}


def _batch(engine: Engine, order: Order, say: Say) -> dict[str, Any]:
    keep_going = not order["fail_fast"]
    selected = engine.gather(map(Path, order["files"]), given_of(order), keep_going=keep_going)
    with Patience(Events(say)) as patience:
        done = engine.batch(
            selected, cache=order["cache"], fail_fast=not keep_going, progress=patience, run_id=order["id"]
        )
    return {**_finished(done.run), "left_out": [fault.as_dict() for fault in selected.faults]}


def _finished(run: Run) -> dict[str, Any]:
    counts = {"computed": 0, "cached": 0, "failed": 0, "skipped": 0}
    for record in run.records:
        counts[record.status] += 1
    return {
        "event": "finished",
        "run_id": run.id,
        "status": run.status,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "steps": len(run.records),
        "counts": counts,
    }


def _install(engine: Engine, order: Order, _say: Say) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="tradegraph-") as folder:
        source = Path(folder) / order["name"]
        source.write_bytes(order["source"].encode())
        if order["signature"]:
            signature_file(source).write_bytes(order["signature"].encode())
        try:
            ids = install(engine.plugins, source, replace=order["replace"])
        finally:
            engine.publish_events()
    return {"event": "finished", "status": "ok", "ids": ids.split(), "file": engine.registry[ids.split()[0]].origin}


def _verify(engine: Engine, _order: Order, _say: Say) -> dict[str, Any]:
    found = engine.market.verify()
    engine.publish_market()
    counts = {level: sum(f.severity == level for f in found) for level in ("error", "warning", "info")}
    return {"event": "finished", "status": "ok", "counts": counts}


def _laws(engine: Engine, order: Order, say: Say) -> dict[str, Any]:
    wanted = types_named(engine.registry, order["types"])
    counts = {"lawful": 0, "unlawful": 0}
    certificates = engine.certify([(node, None) for node in wanted], draws=WHOLE if order["whole"] else 0)
    for done, certificate in enumerate(certificates, 1):
        counts[certificate.verdict] += 1
        facts = {"node": certificate.node.id, "status": certificate.verdict, "ms": certificate.ms}
        say({"event": "step", **facts, "done": done, "steps": len(wanted)})
    return {"event": "finished", "status": "ok", "counts": counts}


ORDERS: dict[str, Callable[[Engine, Order, Say], dict[str, Any]]] = {
    "run": _run,
    "sweep": _sweep,
    "batch": _batch,
    "install": _install,
    "verify": _verify,
    "laws": _laws,
    "market_install": install_planned,
    "market_rollback": roll_back,
    "market_review": review_submission,
}
"""What can be ordered: each gives the event that ends it."""
