"""The documentation's code blocks, and a project to run them in."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


def read_blocks(page: str, language: str) -> list[str]:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def blocks() -> Callable[[str, str], list[str]]:
    """`blocks("README.md", "sh")`: the code blocks of a page in one language."""
    return read_blocks


@pytest.fixture(scope="session")
def page() -> Callable[[str], str]:
    """`page("docs/errors.md")`: the text of a page."""
    return lambda name: (CHECKOUT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def written(page) -> Callable[[str], str]:
    """The same as `page`, for tests that use a function of that name."""
    return page


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`shell(script, folder)`: run a script as a reader would, stopping at the first command that fails."""

    def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "COLUMNS": "100"}
        env.pop("TRADEGRAPH_PROJECT", None)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture(scope="session")
def quick_start(
    tmp_path_factory: pytest.TempPathFactory, shell, blocks
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder in which the README's shell block was run, and what came of it."""
    folder = tmp_path_factory.mktemp("reader")
    (script,) = blocks("README.md", "sh")
    return folder, shell(script, folder)
