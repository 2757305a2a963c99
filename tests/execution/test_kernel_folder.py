"""Where compiled kernels rest: shared by a user's projects, and never taken from where others may write."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import SettingsError
from pipeline.execution.kernel import KernelCache, kernel_arguments
from pipeline.execution.kernel_folder import VARIABLE, kernel_folder, shared_kernels, unfit
from pipeline.model.column import Column

KERNEL = '''
@indicator(style="kernel")
def doubled(x: Number) -> Number:
    """Twice."""
    return x * 2.0
'''


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A user's home, in which nothing is compiled yet."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def kept(tmp_path_factory, nouns):
    """`doubled`, compiled once into a folder: the node, its arguments and the folder."""
    root = tmp_path_factory.mktemp("kept")
    world = nouns["World"](root / "world", KernelCache())
    world.node("kernel", KERNEL)
    array = Column(array=np.arange(4.0)).array
    array.flags.writeable = False
    node = world.registry()["doubled"]
    arguments = kernel_arguments((np.empty(4),), [Column(array=array)], {}, np.array([0, 4]))
    (root / "kernels").mkdir(mode=0o700)
    KernelCache(root / "kernels").driver(node, arguments)
    return node, arguments, root / "kernels"


@pytest.fixture
def folder(kept, tmp_path) -> Path:
    """A copy of that folder."""
    return shutil.copytree(kept[2], tmp_path / "kernels")


def hits(kept, folder) -> int:
    """How many kernels were loaded from a folder and not compiled."""
    node, arguments, _ = kept
    driver = KernelCache(folder).driver(node, arguments)
    driver(*arguments)
    assert arguments[0][0].tolist() == [0.0, 2.0, 4.0, 6.0]
    return sum(driver.stats.cache_hits.values())


def test_projects_of_a_user_share_one_folder_that_is_closed_to_others(home, tmp_path) -> None:
    first = kernel_folder(tmp_path / "first/kernels")
    assert first == kernel_folder(tmp_path / "second/kernels") == home / ".cache/tradegraph/kernels"
    assert first.stat().st_mode & 0o777 == 0o700


def test_the_standard_variable_moves_it_and_a_relative_one_is_ignored(home, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert kernel_folder(None) == tmp_path / "caches/tradegraph/kernels"
    monkeypatch.setenv("XDG_CACHE_HOME", "caches")
    assert kernel_folder(None) == home / ".cache/tradegraph/kernels"


def test_a_variable_of_our_own_names_the_folder_or_leaves_kernels_in_the_project(home, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "here"))
    assert kernel_folder(tmp_path / "own") == tmp_path / "here"
    monkeypatch.setenv(VARIABLE, "project")
    assert kernel_folder(tmp_path / "own") == tmp_path / "own"
    assert kernel_folder(None) is None
    assert not (home / ".cache").exists()


def test_a_relative_path_in_it_is_refused(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv(VARIABLE, "kernels")
    with pytest.raises(SettingsError, match="a full path or `project` is expected, got 'kernels'") as error:
        kernel_folder(tmp_path)
    assert error.value.faults[0].code == "TG012"


def refuse_others(folder: Path, monkeypatch) -> None:
    folder.chmod(0o777)


def refuse_group(folder: Path, monkeypatch) -> None:
    folder.chmod(0o770)


def refuse_stranger(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)


def refuse_file(folder: Path, monkeypatch) -> None:
    folder.rmdir()
    folder.write_text("")


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (refuse_others, "others may write it, mode 777"),
        (refuse_group, "others may write it, mode 770"),
        (refuse_stranger, "it belongs to user"),
        (refuse_file, "it is no folder"),
    ],
)
def test_a_folder_that_others_may_write_is_not_used(home, tmp_path, monkeypatch, spoilt, said) -> None:
    folder = kernel_folder(tmp_path / "own")
    spoilt(folder, monkeypatch)
    assert said in unfit(folder)
    assert kernel_folder(tmp_path / "own") == tmp_path / "own"
    assert shared_kernels() == []


def test_without_a_home_the_project_keeps_its_kernels(home, tmp_path) -> None:
    home.write_text("this is no folder")
    assert kernel_folder(tmp_path / "own") == tmp_path / "own"


def test_what_is_compiled_is_loaded_from_a_file_that_its_user_alone_may_write(kept, folder) -> None:
    (file,) = folder.rglob("*.nbc")
    assert file.stat().st_mode & 0o777 == 0o644
    assert hits(kept, folder) == 1


def test_a_user_who_lets_a_group_write_lets_it_write_no_kernels(tmp_path) -> None:
    from pipeline.execution.kernel_disk import _SealedFiles

    before = os.umask(0o002)
    try:
        _SealedFiles(tmp_path, "stamp").save(("key",), 1)
    finally:
        os.umask(before)
    (file,) = tmp_path.glob("*.nbc")
    assert file.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o646])
def test_a_file_that_others_may_write_is_compiled_again_and_replaced(kept, folder, mode) -> None:
    (file,) = folder.rglob("*.nbc")
    file.chmod(mode)
    assert hits(kept, folder) == 0
    assert hits(kept, folder) == 1


def test_a_file_of_another_user_is_compiled_again(kept, folder, monkeypatch) -> None:
    (file,) = folder.rglob("*.nbc")
    owner = file.stat().st_uid
    if owner == 0:
        os.chown(file, 12345, -1)  # root's own files are trusted by all
    else:
        monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert hits(kept, folder) == 0


def test_a_kernel_under_the_name_of_another_is_not_run(tmp_path) -> None:
    from pipeline.execution.kernel_disk import _SealedFiles

    files = _SealedFiles(tmp_path, "stamp")
    files.save(("one",), 1)
    files.save(("two",), 2)
    assert (files.load(("one",)), files.load(("two",))) == (1, 2)
    first, second = tmp_path.glob("*.nbc")
    first.rename(tmp_path / "x")
    second.rename(first)
    (tmp_path / "x").rename(second)
    assert (files.load(("one",)), files.load(("two",))) == (None, None)


def test_compilers_of_other_settings_keep_files_of_their_own(kept, folder, monkeypatch) -> None:
    from pipeline.execution import kernel_disk

    monkeypatch.setattr(kernel_disk, "_compiler", lambda: ("another numba",))
    assert hits(kept, folder) == 0
    assert len(list(folder.rglob("*.nbc"))) == 2


def test_many_writers_and_readers_at_once_leave_one_whole_file(kept, folder) -> None:
    from pipeline.execution.kernel_disk import _SealedFiles

    files = _SealedFiles(folder, "stamp")

    def work(turn: int) -> bool:
        files.save(("key",), list(range(10_000)))
        return files.load(("key",)) == list(range(10_000))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))
    assert len(list(folder.glob("*.nbc"))) == 1
    assert not list(folder.glob("*.tmp"))


def test_a_kernel_is_unused_when_no_project_loaded_it_for_so_long(kept, folder, monkeypatch) -> None:
    folder.chmod(0o700)
    monkeypatch.setenv(VARIABLE, str(folder))
    (folder / "photos").mkdir()
    (kernel,) = [path for path in folder.iterdir() if path.name != "photos"]
    assert shared_kernels() == [kernel]
    assert shared_kernels(unused_days=30) == []
    long_ago = time.time() - 31 * 86_400
    for path in (kernel, folder / "photos"):
        os.utime(path, (long_ago, long_ago))
    assert shared_kernels(unused_days=30) == [kernel]
    assert hits(kept, folder) == 1
    assert shared_kernels(unused_days=30) == []
