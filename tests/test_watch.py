"""The watcher tells what files contain: once, truly, whatever events say; the clock and the events are the test's."""

import os
import shutil
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import watch
from pipeline.watch import QUIET, RESCAN, Changes, Place, Watcher, survey


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Events:
    """Stands in for an observer: knows which folders are listened to."""

    def __init__(self):
        self.folders = {}
        self.told = []

    def schedule(self, event_handler, path, **options):
        self.folders[path] = options["recursive"]
        self.told.append(path)
        return path

    def unschedule(self, watch):
        del self.folders[watch]

    def start(self):
        pass

    def stop(self):
        self.folders.clear()

    def join(self):
        pass


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "nodes"
    made.mkdir()
    (made / "a.py").write_text("one")
    return made


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watcher(folder, clock):
    return Watcher([Place(folder, (".py",))], clock=clock)


def settled(watcher, clock):
    """What two looks, a moment apart, agree on."""
    first = watcher.look()
    assert not first
    clock.now += QUIET
    return watcher.look()


def names(changes):
    return tuple(tuple(path.name for path in paths) for paths in (changes.new, changes.edited, changes.gone))


def test_nothing_is_told_of_files_that_stay(watcher, clock):
    assert not settled(watcher, clock)


def test_new_edited_and_removed_files_are_told_once(watcher, clock, folder):
    (folder / "b.py").write_text("two")
    (folder / "a.py").write_text("else")
    assert names(settled(watcher, clock)) == (("b.py",), ("a.py",), ())
    assert not settled(watcher, clock)
    (folder / "a.py").unlink()
    assert names(settled(watcher, clock)) == ((), (), ("a.py",))
    assert not settled(watcher, clock)


def test_an_edit_that_leaves_size_and_time_is_seen(watcher, clock, folder):
    before = (folder / "a.py").stat()
    (folder / "a.py").write_text("two")
    os.utime(folder / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (folder / "a.py").stat().st_size == before.st_size
    assert names(settled(watcher, clock)) == ((), ("a.py",), ())


def test_a_touch_is_no_change(watcher, clock, folder):
    os.utime(folder / "a.py", (2_000_000_000, 2_000_000_000))
    assert not settled(watcher, clock)


def test_a_save_by_rename_is_an_edit(watcher, clock, folder):
    (folder / "a.py").rename(folder / "a.py~")
    assert not watcher.look()  # an editor between its two steps
    (folder / ".a.tmp").write_text("new")
    (folder / ".a.tmp").rename(folder / "a.py")
    assert names(settled(watcher, clock)) == ((), ("a.py",), ())


def test_a_file_that_is_half_written_waits_for_its_rest(watcher, clock, folder):
    (folder / "a.py").write_text("")
    assert not watcher.look()
    clock.now += QUIET
    (folder / "a.py").write_text("whole")
    assert not watcher.look()
    clock.now += QUIET
    assert names(watcher.look()) == ((), ("a.py",), ())
    assert not settled(watcher, clock)


def test_an_edit_that_is_taken_back_at_once_is_none(watcher, clock, folder):
    (folder / "a.py").write_text("two")
    assert not watcher.look()
    (folder / "a.py").write_text("one")
    assert not settled(watcher, clock)


def test_a_file_that_never_rests_does_not_keep_back_others(watcher, clock, folder):
    (folder / "b.py").write_text("two")
    for n in range(100):
        (folder / "a.py").write_text(f"{n}")
        if changes := watcher.look():
            break
        clock.now += QUIET
    assert names(changes) == (("b.py",), (), ())
    assert 1 < n < 30
    clock.now += QUIET
    assert names(watcher.look()) == ((), ("a.py",), ())  # now it rests
    assert not settled(watcher, clock)


def test_hidden_files_other_files_and_compiled_ones_do_not_count(watcher, clock, folder):
    (folder / ".a.py.swp").write_text("x")
    (folder / ".hidden.py").write_text("x")
    (folder / "a.txt").write_text("x")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.py").write_text("x")
    assert not settled(watcher, clock)


def test_a_pipe_and_a_link_to_nowhere_are_no_files(watcher, clock, folder):
    os.mkfifo(folder / "pipe.py")
    (folder / "link.py").symlink_to(folder / "gone")
    (folder / "folder.py").mkdir()
    assert not settled(watcher, clock)


def test_of_very_large_files_size_and_time_count(watcher, clock, folder, monkeypatch):
    monkeypatch.setattr(watch, "_LARGEST", 2)
    assert names(settled(watcher, clock)) == ((), ("a.py",), ())  # told otherwise than before
    (folder / "a.py").write_text("longer")
    assert names(settled(watcher, clock)) == ((), ("a.py",), ())


def test_a_folder_that_is_removed_and_made_anew_is_listened_to_again(folder, clock):
    events = Events()
    with Watcher([Place(folder, (".py",))], clock=clock, observer=events) as watcher:
        assert events.folders == {str(folder): True, str(folder.parent): False}
        shutil.rmtree(folder)
        assert names(settled(watcher, clock)) == ((), (), ("a.py",))
        assert events.folders == {str(folder.parent): False}
        folder.mkdir()
        (folder / "a.py").write_text("one")
        assert names(settled(watcher, clock)) == (("a.py",), (), ())
        assert events.folders == {str(folder): True, str(folder.parent): False}
        folder.rename(folder.with_name("before"))  # another folder in its place between two looks
        folder.mkdir()
        assert names(settled(watcher, clock)) == ((), (), ("a.py",))
        assert events.told.count(str(folder)) == 3


def test_where_events_cannot_be_had_it_looks_all_the_same(folder, clock, caplog):
    class Deaf(Events):
        def schedule(self, event_handler, path, **options):
            raise OSError("inotify watch limit reached")

    with Watcher([Place(folder, (".py",))], clock=clock, observer=Deaf()) as watcher:
        (folder / "a.py").write_text("two")
        assert names(settled(watcher, clock)) == ((), ("a.py",), ())
    assert caplog.text.count("inotify watch limit") == 1


def test_hints_bring_the_next_look_near_and_swarms_of_them_do_not_multiply_it(watcher, clock):
    watcher.look()
    assert watcher.due() == pytest.approx(RESCAN)
    for _ in range(50):
        watcher.hint()
    assert watcher.due() == pytest.approx(QUIET)
    clock.now += QUIET
    assert watcher.due() == 0.0
    watcher.look()
    assert watcher.due() == pytest.approx(RESCAN)


def test_places_change_and_what_was_not_told_yet_is_not_lost(watcher, clock, folder, tmp_path):
    other = tmp_path / "g.yaml"
    other.write_text("x")
    (folder / "a.py").write_text("two")
    watcher.watch([Place(folder, (".py",)), Place(other)])
    other.write_text("y")
    assert names(settled(watcher, clock)) == ((), ("g.yaml", "a.py"), ())
    watcher.watch([Place(other)])
    (folder / "a.py").write_text("three")
    assert not settled(watcher, clock)


def test_a_file_need_not_be_there(tmp_path, clock):
    watcher = Watcher([Place(tmp_path / "no" / "g.yaml"), Place(tmp_path / "none", (".py",))], clock=clock)
    assert not settled(watcher, clock)
    (tmp_path / "no").mkdir()
    (tmp_path / "no" / "g.yaml").write_text("x")
    assert names(settled(watcher, clock)) == (("g.yaml",), (), ())


def test_a_survey_reads_what_is_there(folder):
    assert list(survey([Place(folder, (".py",)), Place(folder / "a.py")])) == [folder / "a.py"]
    assert not Changes()


NAMES = st.sampled_from(["a.py", "b.py", "sub/a.py"])
STEPS = st.one_of(
    st.tuples(st.just("write"), NAMES, st.sampled_from(["", "x", "y"])),
    st.tuples(st.just("remove"), NAMES),
    st.tuples(st.just("move"), NAMES, NAMES),
    st.tuples(st.just("clear")),
    st.tuples(st.just("look")),
)


@settings(max_examples=60)
@given(st.lists(STEPS, max_size=25))
def test_whatever_is_done_in_whatever_order_what_was_told_adds_up_to_what_is_there(steps):
    with tempfile.TemporaryDirectory() as made:
        root, clock = Path(made) / "nodes", Clock()
        root.mkdir()
        watcher = Watcher([Place(root, (".py",))], clock=clock)
        known = set()

        def looked():
            clock.now += QUIET
            changes = watcher.look()
            assert known.isdisjoint(changes.new)
            assert known.issuperset((*changes.edited, *changes.gone))
            known.update(changes.new)
            known.difference_update(changes.gone)
            return changes

        for what, *said in steps:
            if what == "write":
                (root / said[0]).parent.mkdir(parents=True, exist_ok=True)
                (root / said[0]).write_text(said[1])
            elif what == "remove":
                (root / said[0]).unlink(missing_ok=True)
            elif what == "move" and (root / said[0]).exists():
                (root / said[1]).parent.mkdir(exist_ok=True)
                (root / said[0]).replace(root / said[1])
            elif what == "clear":
                shutil.rmtree(root, ignore_errors=True)
            elif what == "look":
                looked()
        looked()
        looked()
        assert known == set(root.rglob("*.py"))
        assert not looked()


def test_real_events_wake_it(folder, monkeypatch):
    monkeypatch.setattr(watch, "RESCAN", 3600.0)  # what is seen is seen by an event
    seen, begun = [], threading.Event()
    with Watcher([Place(folder, (".py",))]) as watcher:

        def listen():
            while changes := watcher.wait():
                seen.append(names(changes))
                begun.set()

        thread = threading.Thread(target=listen)
        thread.start()
        (folder / "b.py").write_text("two")
        assert begun.wait(60)
        watcher.close()
        thread.join()
    assert seen[0] == (("b.py",), (), ())
