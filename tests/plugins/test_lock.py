"""The lockfile: what it keeps, and what it forbids."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from pipeline.errors import PluginError
from pipeline.plugins.lock import LOCK_NAME, Lock, Locked, TrustedMarket, read_lock, refusal, write_lock

DATA = b"code\n"
SHA = hashlib.sha256(DATA).hexdigest()


def entry(**changes: object) -> Locked:
    usual = Locked("gap", "m", "alice", "1.0", "nodes/gap.py", SHA, "", ("numpy",), earlier=(("0.9", "ff"),))
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_it_is_read_as_it_was_written(tmp_path) -> None:
    lock = Lock({"m": TrustedMarket("file:///m", "ab", "2026-01-01", 3, {"ff": "bad"})}, {"gap": entry()})
    write_lock(tmp_path, lock)
    assert read_lock(tmp_path) == lock
    assert read_lock(tmp_path / "elsewhere") == Lock()
    assert [path.name for path in tmp_path.iterdir()] == [LOCK_NAME]


def test_one_that_cannot_be_written_changes_nothing(tmp_path) -> None:
    with pytest.raises(PluginError, match="cannot write"):
        write_lock(tmp_path / "none", Lock())


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.pop("format"),
        lambda said: said.update(format=9),
        lambda said: said["plugins"]["gap"].update(file="/etc/x.py"),
        lambda said: said["plugins"]["gap"].update(file="a/../../x.py"),
        lambda said: said["plugins"]["gap"].update(more=1),
        lambda said: said["plugins"]["gap"].pop("sha256"),
        lambda said: said["markets"].update(m=3),
    ],
)
def test_one_that_is_malformed_is_refused(tmp_path, change) -> None:
    write_lock(tmp_path, Lock({}, {"gap": entry()}))
    said = json.loads((tmp_path / LOCK_NAME).read_text())
    change(said)
    (tmp_path / LOCK_NAME).write_text(json.dumps(said))
    with pytest.raises(PluginError) as error:
        read_lock(tmp_path)
    assert error.value.faults[0].code == "TG716"


@pytest.mark.parametrize(
    ("lock", "data", "unconfined", "code"),
    [
        (Lock(), DATA, "no seccomp", ""),
        (Lock({}, {"gap": entry()}), DATA, "", ""),
        (Lock({}, {"gap": entry()}), b"other", "", "TG713"),
        (Lock({}, {"gap": entry(disabled="bad")}), DATA, "", "TG714"),
        (Lock({}, {"gap": entry()}), DATA, "no seccomp", "TG715"),
        (Lock({}, {"gap": entry(unconfined=True)}), DATA, "no seccomp", ""),
        (Lock({"m": TrustedMarket("u", "r", revoked={SHA: "bad"})}), DATA, "", "TG714"),
        (Lock({}, {"gap": entry(file="nodes/other.py")}), DATA, "no seccomp", ""),
    ],
)
def test_what_it_forbids(tmp_path, lock, data, unconfined, code) -> None:
    error = refusal(lock, tmp_path, tmp_path / "nodes/gap.py", data, unconfined=unconfined)
    assert (error.faults[0].code if error else "") == code
    assert error is None or error.hint
