"""Whatever happens in a command, as a message for people and an exit status."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from pipeline.cli.console.document import echo_json
from pipeline.cli.console.fault import report, tell
from pipeline.cli.console.session import Session
from pipeline.errors import Fault, TradegraphError

__all__ = ["BROKEN_PIPE", "BUG", "INTERRUPTED", "PipeClosed", "guarded"]

INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell gives for a program that the end of its pipe stopped: 128 and SIGPIPE."""
BUG = 70
"""An error that is not the caller's: EX_SOFTWARE of sysexits.h."""


class PipeClosed(Exception):
    """Nobody reads what a command writes any more."""


def guarded(call: Callable[[], object], session: Session) -> int:
    """The exit status of `call`, which gives one itself or raises. Raises nothing but SystemExit."""
    try:
        status = call()
        if sys.stdout is not None:  # None: it was closed before the process began
            sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except (click.Abort, KeyboardInterrupt):
        tell("interrupted")
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        tell(error.format_message())
        return 2
    except click.ClickException as error:
        return _say([_usage_fault(error)], session, 2)
    except TradegraphError as error:
        if session.debug:
            traceback.print_exc()
        return _say(error.faults, session, error.exit_status)
    except PipeClosed:
        _forget_stdout()
        return BROKEN_PIPE
    except OSError as error:
        if error.errno == errno.EPIPE:
            _forget_stdout()
            return BROKEN_PIPE
        if session.debug:
            traceback.print_exc()
        return _say([_system_fault(error)], session, 2)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - the last line: a bug (or a panic of polars) is told in a sentence
        return _bug(error, session)


def _say(faults: Sequence[Fault], session: Session, status: int) -> int:
    report(faults)
    if session.json:
        with suppress(OSError, ValueError):
            echo_json({"status": "error", "faults": [fault.as_dict() for fault in faults]})
    return status


def _usage_fault(error: click.ClickException) -> Fault:
    context = getattr(error, "ctx", None)
    hint = f"`{context.command_path} -h` shows what it takes." if context else ""
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        message = error.message
        if error.possibilities:
            hint = f"Did you mean {' or '.join(error.possibilities)}?"
    message = message.rstrip(".")
    return Fault("TG001", message[:1].lower() + message[1:], hint=hint)


def _system_fault(error: OSError) -> Fault:
    what = error.strerror or str(error) or type(error).__name__
    where = f"{error.filename}: " if error.filename else ""
    hints = {
        errno.EACCES: "Check the owner and the permissions; `tradegraph doctor` looks at those of a project.",
        errno.EPERM: "Check the owner and the permissions; `tradegraph doctor` looks at those of a project.",
        errno.EROFS: "The file system is read-only.",
        errno.ENOSPC: "Free some space and try again.",
    }
    return Fault("TG001", f"{where}{what.lower()}", hint=hints.get(error.errno or 0, ""))


def _bug(error: BaseException, session: Session) -> int:
    if session.debug:
        traceback.print_exc()
    what = str(error).strip().partition("\n")[0]
    tell(f"tradegraph made a mistake: {type(error).__name__}: {what}".rstrip(": "))
    if session.debug:
        tell("  Please report it with the traceback above.")
    else:
        tell("  Please report it with what `tradegraph --debug …` says of the same command.")
    return BUG


def _forget_stdout() -> None:
    """Keep the interpreter from complaining, at its end, of what it could not write."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
