"""Signs of life: seen by everybody, gone with the process, and kept from a collection that goes on."""

import fcntl
import threading

import pytest

from pipeline.errors import StoreError
from pipeline.store.live import LiveRun, gate_closed, live_runs

RUN = """
from pathlib import Path
from pipeline.store.live import LiveRun
with LiveRun(Path(args[0]), args[1]):
    print("in", flush=True)
    sys.stdin.readline()
print("out", flush=True)
"""


def test_a_run_is_live_for_as_long_as_its_block_lasts(tmp_path) -> None:
    assert live_runs(tmp_path) == set()
    with LiveRun(tmp_path, "one"), LiveRun(tmp_path, "two"):
        assert live_runs(tmp_path) == {"one", "two"}
    assert live_runs(tmp_path) == set()


def test_a_run_that_fails_is_not_live(tmp_path) -> None:
    with pytest.raises(ZeroDivisionError), LiveRun(tmp_path, "one"):
        raise ZeroDivisionError
    assert live_runs(tmp_path) == set()


def test_a_killed_process_leaves_no_live_run_and_its_sign_is_swept_up(site, tmp_path) -> None:
    process = site.process(RUN, str(tmp_path), "killed", wait=False, bare=True)
    assert process.stdout.readline().strip() == "in"
    assert live_runs(tmp_path) == {"killed"}
    process.kill()
    process.communicate()
    assert (tmp_path / "live" / "killed").exists()
    assert live_runs(tmp_path) == set()
    with gate_closed(tmp_path):
        assert not (tmp_path / "live" / "killed").exists()


def test_those_who_look_at_once_do_not_take_each_other_for_the_run(tmp_path) -> None:
    with LiveRun(tmp_path, "one"):
        pass
    path = tmp_path / "live" / "dead"
    path.touch()
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_SH)  # as `live_runs` of another process does
        assert live_runs(tmp_path) == set()


def test_a_run_registers_when_the_collection_is_over(tmp_path) -> None:
    entered = threading.Event()

    def run() -> None:
        with LiveRun(tmp_path, "late"):
            entered.set()

    with gate_closed(tmp_path):
        thread = threading.Thread(target=run)
        thread.start()
        assert not entered.wait(0.05)
        assert live_runs(tmp_path) == set()
    thread.join(timeout=60)
    assert entered.is_set()


def test_a_collection_sees_runs_that_registered_before(tmp_path) -> None:
    with LiveRun(tmp_path, "early"), gate_closed(tmp_path):
        assert live_runs(tmp_path) == {"early"}
        assert (tmp_path / "live" / "early").exists()


def test_a_sign_that_cannot_be_written_is_said(tmp_path) -> None:
    (tmp_path / "live").write_text("a file where a folder is due")
    with pytest.raises(StoreError) as caught, LiveRun(tmp_path, "one"):
        pass
    assert caught.value.faults[0].code == "TG601"
