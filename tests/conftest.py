"""What all rooms share: kernels compiled once, registries built once, processes that start quickly."""

import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from pipeline.execution.kernel_folder import VARIABLE
from pipeline.model.digest import digest
from pipeline.model.garbage import collector_paused
from pipeline.plugins.admit import Policy
from pipeline.plugins.discover import Discovery, build_registry
from pipeline.plugins.source import shipped_nodes

# the same examples in every run, and no clock: a loaded machine fails nothing
hypothesis.settings.register_profile("here", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("here")

# hundreds of processes are started here: each would compile every module anew
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collecting thousands of tests makes no garbage: to look for it takes as long as a fifth of that."""
    with collector_paused():
        return (yield)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


class Apart:
    """Something of Playwright's, used from any thread and at work in its own."""

    def __init__(self, thread: ThreadPoolExecutor, there: Any) -> None:
        self._thread = thread
        self._there = there

    def __getattr__(self, name: str) -> Any:
        return self._done(getattr, self._there, name)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._done(self._there, *args, **options)

    def _done(self, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        found = self._thread.submit(call, *args, **options).result()
        theirs = callable(found) or type(found).__module__.startswith("playwright.")
        return Apart(self._thread, found) if theirs else found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser for all tests of a process, in a thread of its own: its driver keeps an event loop open there."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium here")
    from playwright.sync_api import sync_playwright

    with ThreadPoolExecutor(1) as thread:
        play = Apart(thread, sync_playwright()).start()
        started = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()
        play.stop()


@pytest.fixture(scope="session", autouse=True)
def compiled_kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of compiled kernels for all projects and workers: they are found by their code digest, so never stale.

    Tests leave nothing in the folder of the user who runs them, and take nothing from it. Processes that they start
    are told of this one by `TRADEGRAPH_KERNELS`.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kernels"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ[VARIABLE] = str(folder)
    return folder


@pytest.fixture
def own_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here each project keeps its compiled kernels to itself."""
    monkeypatch.setenv(VARIABLE, "project")


@pytest.fixture(scope="session")
def sharing_kernels(compiled_kernels: Path) -> Callable[[Path], Path]:
    """`sharing_kernels(root)`: the workers of plugins in the project there use this folder as well."""

    def share(root: Path) -> Path:
        (root / ".tradegraph").mkdir(parents=True, exist_ok=True)
        kernels = root / ".tradegraph" / "kernels"
        if not kernels.exists():
            kernels.symlink_to(compiled_kernels)
        return root

    return share


def _content(directories: Sequence[Path]) -> str:
    """A digest of all files that a registry of these directories may rest on."""
    homes = {next((p for p in (path, *path.parents) if p.name == "nodes"), path) for path in map(Path, directories)}
    files = sorted(path for home in {shipped_nodes(), *homes} for path in home.rglob("*") if path.suffix != ".pyc")
    return digest([(str(path), path.read_bytes() if path.is_file() else b"") for path in files])


@pytest.fixture(scope="session")
def registries() -> Callable[..., Discovery]:
    """`build_registry` that remembers what it made of the same files: it is frozen, and a build takes 0.15 s."""
    known: dict[tuple[tuple[Path, ...], str, str], Discovery] = {}

    def built(
        directories: Sequence[Path],
        *,
        shipped: Path | None = None,
        policy: Policy = Policy(examine=False),  # noqa: B008
    ) -> Discovery:
        if shipped is not None:
            return build_registry(directories, shipped=shipped, policy=policy)
        key = (tuple(directories), _content(directories), repr(policy))
        if key not in known:
            known[key] = build_registry(directories, policy=policy)
        return known[key]

    return built
