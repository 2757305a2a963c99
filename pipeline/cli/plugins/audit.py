"""`tradegraph plugin audit`: what happened to plugins, and whether that record is whole."""

from __future__ import annotations

import click

from pipeline.cli.console.option import Leaf, json_option
from pipeline.cli.console.session import Session, pass_session, shown_path

__all__ = ["audit"]


@click.command(cls=Leaf)
@click.option("--verify", is_flag=True, help="Check the chain; exit status 1 when it is broken.")
@click.option("--head", default="", metavar="HASH", help="With --verify: a hash noted earlier, which must be in it.")
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="Newest lines; 0 shows all.")
@json_option
@pass_session
def audit(session: Session, *, verify: bool, head: str, limit: int) -> int:
    """Show what happened to the project's plugins.

    Discovered, loaded, refused, reloaded, killed, held, installed, updated, yanked, revoked, removed: each line of
    logs/plugin_audit.jsonl is bound to all before it by a hash. Note the hash that --verify prints somewhere else: with
    --head, lines that were cut off the end are noticed too.
    """
    # heavy imports stand inside commands: see the docstring of pipeline.cli
    from pipeline.cli.console.document import echo_json
    from pipeline.cli.console.table import echo_table
    from pipeline.errors import PluginError
    from pipeline.plugins.audit import AUDIT_FILE, AuditLog

    log = AuditLog(session.open_project().root / AUDIT_FILE)
    if verify or head:
        check = log.verify(head)
        if session.json:
            said = {"lines": check.count, "head": check.head, "sound": check.sound, "broken": check.broken}
            echo_json({**said, "reason": check.reason, "file": log.path})
            return int(not check.sound)
        if not check.sound:
            where = f"line {check.broken}: " if check.broken else ""
            hint = "Compare it with a copy; nothing after that line can be trusted."
            raise PluginError(f"{shown_path(log.path)}, {where}{check.reason}", code="TG722", hint=hint)
        click.echo(f"{check.count} lines, each follows the one before; the last has the hash {check.head}")
        return 0
    records = list(log.read())
    shown = records[-limit:] if limit else records
    if session.json:
        rows = [{"number": r.number, "at": r.at, "event": r.event, **r.about, "hash": r.hash} for r in shown]
        echo_json({"file": log.path, "lines": len(records), "records": rows})
        return 0
    rows_ = [
        (r.number, r.at[:19], r.event, r.about.get("plugin", ""), r.about.get("version", ""), _said(r.about))
        for r in shown
    ]
    if rows_:
        echo_table(("line", "at", "event", "plugin", "version", "said"), rows_, roomy=("said",))
    click.echo(f"{len(records)} lines in {shown_path(log.path)}")
    return 0


def _said(about: object) -> str:
    assert isinstance(about, dict)
    return " ".join(str(about[name]) for name in ("code", "message", "path") if about.get(name))
