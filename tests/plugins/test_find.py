"""Which files count as plugins, and the rules that a file must keep."""

import os
from pathlib import Path

import pytest

from pipeline.plugins.find import find_files
from pipeline.plugins.source import MAX_BYTES

GOOD = '''
from pipeline import Number, indicator

@indicator
def good(x: Number) -> Number:
    """Good."""
    return x
'''


def named(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_files(folder)]


def test_python_files_are_found_in_order_of_their_paths(tmp_path) -> None:
    for name in ("zeta.py", "alpha.py", "deep/inner/beta.py", "deep/gamma.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    assert named(tmp_path) == ["alpha.py", "deep/gamma.py", "deep/inner/beta.py", "zeta.py"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "plugin.py~",
            "plugin.py.bak",
            "plugin.py.swp",
            ".plugin.py.swp",
            "plugin.py.orig",
            "plugin.pyc",
            "#plugin.py#",
        ),
        *(".#plugin.py", ".hidden.py", "_private.py", "__init__.py", "test_plugin.py", "notes.txt", "plugin.py.tmp"),
        *(".git/plugin.py", "__pycache__/plugin.py", "tests/plugin.py", "kernels/plugin.py", "deep/.cache/plugin.py"),
    ],
)
def test_leftovers_of_editors_hidden_and_private_files_do_not_count(tmp_path, name) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GOOD)
    (tmp_path / "kept.py").write_text("")
    assert named(tmp_path) == ["kept.py"]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path) -> None:
    assert find_files(tmp_path / "nowhere") == []


def test_a_hidden_folder_above_the_plugins_does_not_hide_them(tmp_path) -> None:
    folder = tmp_path / ".config" / "nodes"
    folder.mkdir(parents=True)
    (folder / "plugin.py").write_text("")
    assert named(folder) == ["plugin.py"]


def test_a_link_to_a_file_outside_is_refused(world, refusals, tmp_path) -> None:
    (tmp_path / "outside.py").write_text(GOOD)
    (world.nodes / "linked.py").symlink_to(tmp_path / "outside.py")
    assert refusals()["linked.py"].startswith("TG401 linked:")
    assert world.discover().registry.get("good") is None


def test_a_link_inside_the_folder_is_one_file_not_two(world, refusals) -> None:
    world.write("real", GOOD)
    (world.nodes / "zlink.py").symlink_to(world.nodes / "real.py")
    assert refusals() == {}
    assert world.registry()["good"].origin == str(world.nodes / "real.py")


def test_a_dangling_link_a_folder_and_a_pipe_are_refused(world, refusals) -> None:
    (world.nodes / "dangling.py").symlink_to(world.nodes / "nowhere.py")
    (world.nodes / "folder.py").mkdir()
    os.mkfifo(world.nodes / "pipe.py")
    found = refusals()
    assert set(found) == {"dangling.py", "folder.py", "pipe.py"}
    assert all(reason.startswith("TG401") for reason in found.values())


def test_a_helper_outside_the_folder_is_refused_where_it_is_imported(world, refusals, tmp_path) -> None:
    (tmp_path / "outside.py").write_text("K = 1\n")
    (world.nodes / "helper.py").symlink_to(tmp_path / "outside.py")
    world.node(
        "user", 'from .helper import K\n@indicator\ndef user(x: Number) -> Number:\n    """User."""\n    return x + K\n'
    )
    assert refusals()["user.py"].startswith("TG401")


def test_a_file_of_a_mebibyte_is_taken_and_one_byte_more_is_refused(world, refusals) -> None:
    filler = "#" * (MAX_BYTES - len(GOOD))
    world.write("large", GOOD + filler)
    assert refusals() == {}
    world.write("large", GOOD + filler + "#")
    assert refusals()["large.py"].startswith("TG401")
    assert "1 MiB" in refusals()["large.py"]


def test_a_refused_file_hides_no_other(world, refusals) -> None:
    world.write("bad", "def broken(:\n")
    world.write("good", GOOD)
    assert set(refusals()) == {"bad.py"}
    assert "good" in world.discover().registry
    assert "plus" in world.discover().registry
