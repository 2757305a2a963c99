"""The wheel: what `pip install .` gives works in a folder that is no checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.plugins.manifest import MANIFEST, manifest_of

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-build-isolation",
        "--no-deps",
        "-w",
        str(folder),
        ".",
    ]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def tradegraph(site: Path, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(site)}
    env.pop("TRADEGRAPH_PROJECT", None)
    command = [sys.executable, "-m", "pipeline.cli", *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_project_made_from_the_wheel_runs_the_first_graph(site, tmp_path):
    made = tradegraph(site, tmp_path, "init", "p")
    assert made.returncode == 0, made.stderr
    project = tmp_path / "p"
    for name in ("plugin_config.json", "graphs/ema_cross.yaml", "examples/momentum_strategy_plugin.py"):
        assert (project / name).read_bytes() == (CHECKOUT / name).read_bytes()
    checked = tradegraph(site, project, "check", "ema_cross")
    assert checked.returncode == 0, checked.stderr
    origin = tradegraph(site, project, "nodes", "show", "ema", "--json")
    assert str(site) in origin.stdout


def test_the_wheel_has_every_file_of_the_packages(site):
    for package in ("pipeline", "nodes", "bot_engine"):
        ours = {p.relative_to(CHECKOUT) for p in (CHECKOUT / package).rglob("*") if p.is_file()}
        ours = {path for path in ours if "__pycache__" not in path.parts}
        assert ours <= {p.relative_to(site) for p in site.rglob("*")}


def test_the_manifest_lists_every_shipped_node_as_it_is():
    nodes = CHECKOUT / "nodes"
    assert (nodes / MANIFEST).read_text() == manifest_of(nodes), "run `make manifest`"


def test_no_page_or_lock_file_names_a_registry():
    for path in [*CHECKOUT.glob("requirements/*.txt"), CHECKOUT / "pyproject.toml", CHECKOUT / "Makefile"]:
        assert "://" not in path.read_text(), path
