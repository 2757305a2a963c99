"""Projects that were moved or copied: the next command that asks mends the views, and nothing is computed."""

import shutil
import tempfile

import duckdb
import pytest

from pipeline.engine import Engine
from pipeline.store import mend as room


@pytest.fixture
def moved(ran, monkeypatch, tmp_path):
    """The project that ran, in another folder."""
    place = tmp_path / "moved"
    ran.root.rename(place)
    for name, value in (
        ("root", place),
        ("nodes", place / "nodes/custom"),
        ("shipped", place / "shipped"),
        ("path", place / "graphs/g.yaml"),
    ):
        monkeypatch.setattr(ran, name, value)
    return ran


def test_a_question_about_a_view_is_answered_where_the_project_lies_now(moved) -> None:
    assert moved.engine().sql("select count(*) from g.a").item() == 36
    with duckdb.connect(str(moved.database), read_only=True) as plain:
        assert plain.sql("select count(*) from g.b").fetchall() == [(36,)]
        assert plain.sql("select root from store").fetchall() == [(str(moved.root),)]
    assert moved.calls() == []


def test_values_of_a_moved_project_are_given_and_reused(moved) -> None:
    run_id = moved.first.run.id
    assert moved.engine().database.output(run_id, "g", "c").height == 36
    assert [step.action for step in moved.engine().plan(moved.path).steps] == ["reuse"] * 3
    moved.run(moved.path)
    assert moved.calls() == []


def test_a_file_that_is_sound_is_not_written(ran) -> None:
    before = ran.database.stat()
    for _ in range(2):
        ran.engine().sql("select count(*) from g.a")
    assert (ran.database.stat().st_ino, ran.database.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_moved_file_is_mended_once(moved, monkeypatch) -> None:
    moved.engine().sql("select count(*) from g.a")
    monkeypatch.setattr(room, "_mend", None)  # calling it would fail
    assert moved.engine().sql("select count(*) from g.b").item() == 36


def test_a_copy_has_views_of_its_own_and_leaves_the_first_one_alone(ran, tmp_path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ran.root, copy, symlinks=True)
    before = ran.database.read_bytes()
    assert Engine.open(copy).sql("select count(*) from g.a").item() == 36
    with duckdb.connect(str(copy / "tradegraph.duckdb"), read_only=True) as plain:
        ((definition,),) = plain.sql("select definition from shown where name = 'a'").fetchall()
    assert str(copy) in definition
    shutil.rmtree(copy)
    assert ran.database.read_bytes() == before
    assert ran.engine().sql("select count(*) from g.a").item() == 36


def test_declared_outputs_move_with_the_file_even_without_the_private_folder(ran, tmp_path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ran.root, copy, symlinks=True, ignore=shutil.ignore_patterns("segments"))
    assert Engine.open(copy).sql("select count(*) from g.result").item() == 36
    assert Engine.open(copy).sql("select count(*) from runs").item() == 1


def test_a_project_that_cannot_be_written_is_answered_from_a_mended_copy(moved, monkeypatch, tmp_path) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    before = moved.database.read_bytes()
    monkeypatch.setattr(room, "publish_lock", refuse)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine = moved.engine()
    for _ in range(2):
        assert engine.sql("select count(*) from g.a").item() == 36
    assert moved.database.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["moved"]
