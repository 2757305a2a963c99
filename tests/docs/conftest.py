"""The documentation's code blocks, and a project to run them in."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli.app import app

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


QUOTED = re.compile(r"""'[^']*'|"(?:[^"\\$`]|\\["\\])*"|#.*""")


def commands(script: str) -> Iterator[list[str]]:
    """The commands of a script as a shell would split them, which must be calls of the product and nothing else."""
    for line in script.splitlines():
        meaning = set(QUOTED.sub("", line)) & set("|<>;&$`*?(){}[]!~\\'\"")
        assert not meaning, f"{meaning} is for a shell: {line}"
        words = shlex.split(line, comments=True)
        if words:
            assert words[0] == "tradegraph", f"not a command of ours: {line}"
            yield words[1:]


@pytest.fixture(scope="session")
def answers(registries, sharing_kernels) -> Callable[..., list[subprocess.CompletedProcess[str]]]:
    """`answers(script, folder)`: the same for commands that need no shell, in this process, one answer for each.

    A process costs two seconds. The entry point itself is proved by the README, whose first commands are processes.
    """

    def run(script: str, folder: Path) -> list[subprocess.CompletedProcess[str]]:
        found = []
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setenv("COLUMNS", "100")
            patch.delenv("TRADEGRAPH_PROJECT", raising=False)
            patch.setattr("pipeline.plugins.system.build_registry", registries)
            for words in commands(script):
                if (folder / "plugin_config.json").exists():
                    sharing_kernels(folder)
                said = CliRunner().invoke(app, words, prog_name="tradegraph")
                if said.exception is not None and not isinstance(said.exception, SystemExit):
                    raise said.exception
                found.append(subprocess.CompletedProcess(words, said.exit_code, said.stdout, said.stderr))
        return found

    return run


@pytest.fixture(scope="session")
def answer(answers) -> Callable[..., str]:
    """`answer(script, folder)`: what such commands print, of which none may fail."""

    def run(script: str, folder: Path) -> str:
        found = answers(script, folder)
        assert [(said.args, said.stderr) for said in found if said.returncode] == []
        return "".join(said.stdout for said in found)

    return run


@pytest.fixture(scope="session")
def quick_start(
    tmp_path_factory: pytest.TempPathFactory, shell, answers, blocks, sharing_kernels
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder in which the README's shell block was run, and what came of it.

    A shell makes the project and runs a graph in it; the commands after that are carried out in this process.
    """
    folder = tmp_path_factory.mktemp("reader")
    sharing_kernels(folder / "my-project")
    (script,) = blocks("README.md", "sh")
    first, second, *others = script.splitlines(keepends=True)
    done = [shell(first + second, folder)]
    if not done[0].returncode:
        done += answers("".join(others), folder / "my-project")
    status = max(said.returncode for said in done)
    return folder, subprocess.CompletedProcess(
        script, status, "".join(said.stdout for said in done), "".join(said.stderr for said in done)
    )
