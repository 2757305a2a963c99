"""The page about isolation: its commands run, and its tables are those of the code."""

import json
import re
import shutil

import pytest

from pipeline.plugins.examination.finding import FLAGS, SCHEMA

PAGE = "docs/isolation.md"

pytestmark = pytest.mark.xdist_group("reader")  # shares the project of the other pages


def table(text: str, head: str) -> dict[str, str]:
    """The rows of the table that begins with a line, the first column to the second."""
    lines = text.split(f"| {head}", 1)[1].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:3]])
    return {key.strip("`"): meaning for key, meaning in rows}


def test_the_commands_run_and_the_document_has_the_keys_of_the_page(
    quick_start, answers, blocks, written, tmp_path
) -> None:
    root = tmp_path / "project"
    shutil.copytree(quick_start[0] / "my-project", root, symlinks=True)
    (root / "nodes/custom").mkdir(parents=True, exist_ok=True)
    shutil.copy(root / "examples/custom_rsi_plugin.py", root / "nodes/custom/fast.py")
    (script,) = blocks(PAGE, "sh")
    doctor, tried, asked = answers(script, root)
    assert "isolation" in doctor.stdout
    told = json.loads(tried.stdout)
    assert (tried.returncode, told["passed"], told["load"], told["run"]) == (0, True, "ok", "ok")
    page = written(PAGE)
    assert set(told) == set(table(page, "key | what |"))
    assert told["schema"] == SCHEMA
    assert SCHEMA in page
    assert set(told["flags"]) <= set(FLAGS)
    assert asked.returncode == 0
    assert "isolation" in asked.stdout


def test_the_flags_of_the_page_are_those_of_the_code(written) -> None:
    assert table(written(PAGE), "flag | meaning |") == FLAGS
