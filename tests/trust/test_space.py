"""A full disk and folders that may not be written: an error with its place, no harm, and the next run is whole."""

import resource
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.engine import Overrides
from pipeline.errors import StoreError

GRAPH = "a: {use: plus, in: daily.close, with: {by: 1}}\nb: {use: plus, in: a, with: {by: $step}}"
HEAVY = pytest.mark.heavy
PARAMS = "step: {type: float, default: 2}"


def mounted(*args: str) -> bool:
    return subprocess.run(["mount", *args], capture_output=True, check=False).returncode == 0


@pytest.fixture
def mount(tmp_path):
    """`mount("-t", "tmpfs", …, folder)` until the test ends; skips where mounting is not allowed."""
    folders = []

    def make(*args):
        *options, folder = map(str, args)
        if not shutil.which("mount") or not mounted(*options, folder):
            pytest.skip("file systems cannot be mounted here")
        folders.append(folder)

    def undo():
        while folders:
            subprocess.run(["umount", "--lazy", folders.pop()], capture_output=True, check=True)

    make.undo = undo
    yield make
    undo()


@pytest.fixture
def ran(site):
    site.path = site.graph(GRAPH, params=PARAMS)
    site.run(site.path)
    return site


def runs(site):
    return site.engine().sql("select count(*) from runs").item()


def check_whole(site, count) -> None:
    """What was published is still there, and the next run has the right values."""
    assert runs(site) >= count
    result = site.run(site.path, Overrides(params={"step": 5.0}))
    assert result.run.exit_status == 0
    assert result.output("b")["value"].to_list() == [close + 6.0 for close in site.bars()["close"]]
    assert runs(site) >= count + 1
    for node in ("a", "b"):
        assert site.engine().sql(f"select count(*) from g.{node}").item() == 36


SPARE = [pytest.param(kilobytes, marks=() if kilobytes in (0, 8) else HEAVY) for kilobytes in (0, 1, 8, 24, 200)]


@pytest.mark.parametrize("spare", SPARE, ids=lambda kilobytes: f"{kilobytes} kB left")
def test_a_full_disk_is_an_error_and_harms_nothing(ran, mount, tmp_path, spare) -> None:
    """The private folder, where values, journals and drafts are written, on a small disk of its own."""
    private, small = ran.root / ".tradegraph", tmp_path / "small"
    small.mkdir()
    mount("-t", "tmpfs", "-o", "size=32m", "tmpfs", small)
    shutil.copytree(private, small / "private", symlinks=True)
    shutil.copyfile(ran.database, small / "tradegraph.duckdb")
    for name in ("plugin_config.json", "graphs", "nodes", "market", "shipped"):
        (small / name).symlink_to(ran.root / name)
    (small / "private").rename(small / ".tradegraph")
    site = moved(ran, small)
    filler = small / "filler"
    fill(filler, spare * 1024)
    try:
        site.run(site.path, Overrides(params={"step": 5.0}))
    except StoreError as error:
        if error.faults[0].code not in ("TG601", "TG603") or str(small) not in str(error):
            raise
    else:
        assert spare == 200 or runs(site) == 2
    assert runs(site) >= 1
    filler.unlink()
    check_whole(site, 1)


def fill(path: Path, spare: int) -> None:
    """Write until the disk is full but for some bytes."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
        file.truncate(max(0, file.tell() - spare))


def moved(site, root):
    """The same project seen in another place."""
    import copy

    other = copy.copy(site)
    other.root, other.nodes, other.shipped = root, root / "nodes" / "custom", root / "shipped"
    other.path = root / "graphs" / "g.yaml"
    return other


@pytest.mark.parametrize("folder", [".tradegraph", ""], ids=["the private folder", "the project"])
def test_a_read_only_folder_is_an_error_and_questions_are_still_answered(ran, mount, folder) -> None:
    place = ran.root / folder
    mount("--bind", place, place)
    if not mounted("-o", "remount,bind,ro", str(place)):
        pytest.skip("a folder cannot be made read-only here")
    with pytest.raises(StoreError) as caught:
        ran.run(ran.path, Overrides(params={"step": 5.0}))
    assert caught.value.faults[0].code == "TG601"
    assert caught.value.faults[0].hint
    assert runs(ran) == 1
    assert ran.engine().sql("select count(*) from g.b").item() == 36
    mount.undo()
    check_whole(ran, 1)


LIMITED = """
import resource, signal
from pipeline.errors import StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
engine.registry
resource.setrlimit(resource.RLIMIT_FSIZE, (int(args[0]), int(args[0])))
try:
    engine.run(graph, Overrides(params={"step": 5.0}))
    print("ran")
except StoreError as error:
    print(error.faults[0].code)
"""


@pytest.mark.heavy
@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="files cannot be limited here")
@pytest.mark.parametrize("limit", [0, 100, 2_000, 10_000, 100_000])
def test_files_that_may_not_grow_are_an_error_and_harm_nothing(ran, limit) -> None:
    before = ran.database.read_bytes()
    assert ran.process(LIMITED, str(limit)) == "TG601"
    assert ran.database.read_bytes() == before
    check_whole(ran, 1)
