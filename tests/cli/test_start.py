"""Help and completion are quick: nothing heavy is imported for them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = (
    "polars",
    "duckdb",
    "networkx",
    "pydantic",
    "numba",
    "numpy",
    "rich",
    "yaml",
    "watchdog",
    "tuf",
    "bandit",
    "fastapi",
    "uvicorn",
)
CALLS = """
import sys
from pipeline.cli import main

for args in (["--help"], ["data", "--help"], ["data", "import", "-h"], ["run", "-h"], ["nodes", "show", "-h"],
             ["runs", "compare", "-h"], ["sql", "-h"], ["doctor", "-h"], ["serve", "-h"], ["init", "-h"],
             ["completion", "bash"],
             ["market", "-h"], ["market", "install", "-h"], ["--version"], ["rnu"], ["run", "--nope"]):
    assert main(args) in (0, 2), args
print("HEAVY", [name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
"""


def heavy_modules_of(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()[-1]


def test_help_version_and_usage_errors_import_nothing_heavy() -> None:
    assert heavy_modules_of(CALLS.format(heavy=HEAVY)) == "HEAVY []"


def test_a_command_that_computes_does_import_it(project) -> None:
    script = CALLS.format(heavy=HEAVY).replace('["--version"]', '["data", "list"]')
    assert "polars" in heavy_modules_of(script)


def test_a_question_needs_no_graphs_and_no_pandas(project) -> None:
    script = """
import sys
from pipeline.cli import main

main(["sql", "select 1"])
unneeded = ("networkx", "yaml", "numba", "pipeline.frame")
print("HEAVY", [name for name in unneeded if name in sys.modules], file=sys.stderr)
"""
    assert heavy_modules_of(script) == "HEAVY []"


@pytest.mark.parametrize("line", ["tradegraph ", "tradegraph nodes show r", "tradegraph data import --ti"])
def test_completion_imports_nothing_heavy(project, line) -> None:
    env = {
        **os.environ,
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
        "_TRADEGRAPH_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pipeline.cli"], capture_output=True, text=True, env=env, check=True
    )
    imported = {entry.rpartition("|")[2].strip() for entry in done.stderr.splitlines()}
    assert "pipeline.cli.app" in imported
    assert not imported & set(HEAVY)
    assert done.stdout.startswith("plain,")
