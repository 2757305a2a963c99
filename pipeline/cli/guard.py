"""Whatever happens in a command, as a message for people and an exit status."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress

import click

from pipeline.cli.fault import report
from pipeline.cli.session import Session
from pipeline.errors import Fault, TradegraphError

__all__ = ["BROKEN_PIPE", "BUG", "INTERRUPTED", "guarded"]

INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell gives for a program that the end of its pipe stopped: 128 and SIGPIPE."""
BUG = 70
"""An error that is not the caller's: EX_SOFTWARE of sysexits.h."""


def guarded(call: Callable[[], object], session: Session) -> int:
    """The exit status of `call`, which gives one itself or raises. Never raises an Exception."""
    try:
        status = call()
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        return _say([_usage_fault(error)], session, 2)
    except TradegraphError as error:
        if session.debug:
            traceback.print_exc()
        return _say(error.faults, session, error.exit_status)
    except OSError as error:
        if error.errno == errno.EPIPE:
            _forget_stdout()
            return BROKEN_PIPE
        if session.debug:
            traceback.print_exc()
        return _say([_system_fault(error)], session, 2)
    except Exception as error:  # noqa: BLE001 - the last line: a bug is told in a sentence, not dumped
        return _bug(error, session)


def _say(faults: Sequence[Fault], session: Session, status: int) -> int:
    with suppress(BrokenPipeError):
        report(faults)
        if session.json:
            # imported here: an error in usage must be as quick as help
            from pipeline.cli.document import echo_json

            echo_json({"status": "error", "faults": [fault.as_dict() for fault in faults]})
    return status


def _usage_fault(error: click.ClickException) -> Fault:
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    context = getattr(error, "ctx", None)
    hint = f"`{context.command_path} -h` shows what it takes." if context else ""
    return Fault("TG001", message, hint=hint)


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


def _bug(error: Exception, session: Session) -> int:
    if session.debug:
        traceback.print_exc()
    what = str(error).strip().partition("\n")[0]
    click.echo(f"tradegraph made a mistake: {type(error).__name__}: {what}".rstrip(": "), err=True)
    if session.debug:
        click.echo("  Please report it with the traceback above.", err=True)
    else:
        click.echo("  Please report it with what `tradegraph --debug …` says of the same command.", err=True)
    return BUG


def _forget_stdout() -> None:
    """Keep the interpreter from complaining, at its end, of what it could not write."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
