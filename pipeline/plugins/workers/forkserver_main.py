"""The process of the fork server: it imports, waits for orders, and forks."""

from __future__ import annotations

import faulthandler
import gc
import importlib
import os
import random
import signal
import socket
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from pipeline.plugins.workers import worker
from pipeline.plugins.workers.channel import Channel
from pipeline.plugins.workers.lifeline import hold_lifeline

__all__ = ["main"]

_MOST_DESCRIPTORS = 16
_FORETOLD = ("bot_engine.strategy_plugin_system", "bot_engine.strategies.base_strategy", "numpy.random", "pydantic")
"""What nearly every worker needs, and what is not imported by what this module imports."""


def main(control: int, lifeline: int) -> None:
    """Serve the process at the other end of these descriptors, until it is gone."""
    os.set_inheritable(control, False)
    hold_lifeline(lifeline)
    for name in _FORETOLD:
        importlib.import_module(name)
    # forking is fine here: the threads that libraries start when they are imported wait for work that never comes
    warnings.simplefilter("ignore", DeprecationWarning)
    gc.collect()
    gc.freeze()
    _serve(control, lifeline)


def _serve(control: int, lifeline: int) -> None:
    end = socket.socket(fileno=control)
    channel = Channel(end)
    end.settimeout(None)  # orders may be hours apart
    while True:
        order, descriptors, _, _ = socket.recv_fds(end, 1, _MOST_DESCRIPTORS)
        if order == b"f":
            _fork(channel, end, lifeline, descriptors)
        elif order == b"d":
            _double(end, lifeline, *descriptors)
        elif order == b"w":
            asked = channel.receive()
            if asked is None:
                return
            channel.send({"status": _status(int(asked["pid"]), float(asked["patience"]))})
        else:
            return


def _fork(channel: Channel, end: socket.socket, lifeline: int, descriptors: Sequence[int]) -> None:
    try:
        pid = os.fork()
    except OSError as error:
        channel.send({"error": f"no worker can be started: {error.strerror}"})
        return
    if pid == 0:
        try:
            end.close()
            os.close(lifeline)
            os.setsid()
            signal.signal(signal.SIGINT, signal.default_int_handler)
            # the generators were seeded when they were imported, the same for all
            random.seed()
            np.random.seed()
            worker.main(descriptors)
        except BaseException:  # noqa: BLE001 - nothing may go on in a copy of this loop
            faulthandler.dump_traceback()
        os._exit(1)
    for descriptor in descriptors:
        os.close(descriptor)
    channel.send({"pid": pid})


def _double(end: socket.socket, lifeline: int, its_control: int, its_lifeline: int) -> None:
    """Let a copy of this process serve somebody else. Nobody waits for its end, so it is nobody's child."""
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        os.close(its_control)
        os.close(its_lifeline)
        return
    try:
        if os.fork() == 0:
            end.close()
            os.close(lifeline)
            os.setsid()
            hold_lifeline(its_lifeline)
            _serve(its_control, its_lifeline)
    except BaseException:  # noqa: BLE001 - see `_fork`
        faulthandler.dump_traceback()
    finally:
        os._exit(0)


def _status(pid: int, patience: float) -> int | None:
    until = time.monotonic() + patience
    with suppress(ChildProcessError):
        while True:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() >= until:
                return None
            time.sleep(0.001)
    return None
