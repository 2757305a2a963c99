"""The README's commands and code, run as a newcomer runs them."""

import re
import subprocess
import sys

import pytest
import yaml

pytestmark = pytest.mark.xdist_group("reader")  # one project for all of them: kernels compile once


def test_the_quick_start_runs_from_the_first_command_to_the_last(quick_start):
    _, done = quick_start
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_quick_start_shows_what_it_promises(quick_start):
    _, done = quick_start
    for promised in ("momentum", "SPX", "NASDAQ", "total_return", "rsi", "synthetic"):
        assert promised in done.stdout + done.stderr, promised


def test_the_python_block_runs_in_the_project(quick_start, blocks):
    folder, _ = quick_start
    (code,) = blocks("README.md", "python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder / "my-project",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "sharpe" in done.stdout


def test_the_graph_is_the_one_that_ships_without_its_descriptions(blocks, page):
    (text,) = blocks("README.md", "yaml")
    shown, real = yaml.safe_load(text), yaml.safe_load(page("graphs/trend_macd.yaml"))
    del real["description"]
    for param in real["params"].values():
        del param["description"]
    assert shown == real


def test_the_make_targets_are_there(blocks, page):
    (lines,) = blocks("README.md", "make")
    for line in lines.splitlines():
        target = line.split()[1]
        assert f"\n{target}:" in page("Makefile")


def test_links_lead_to_files(page, request):
    for name in ("README.md", "docs/how-it-works.md", "docs/errors.md", "docs/settings.md", "docs/decisions.md"):
        folder = (request.config.rootpath / name).parent
        for link in re.findall(r"\]\(([^)#:]+)\)", page(name)):
            assert (folder / link).exists(), f"{name} links to {link}"
