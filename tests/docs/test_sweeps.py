"""The page on sweeps: its graph is written, its commands and its Python run one after the other."""

import re

import pytest

from pipeline.graph.sweep_read import SWEEP

PAGE = "docs/sweeps.md"


@pytest.fixture(scope="module")
def reader(tmp_path_factory, answer, blocks):
    """A project as `init` makes it, with the page's graph."""
    folder = tmp_path_factory.mktemp("reader")
    answer("tradegraph init .", folder)
    (text,) = blocks(PAGE, "yaml")
    (folder / text.partition("\n")[0].removeprefix("# ")).write_text(text)
    return folder


def test_the_commands_and_the_python_on_the_page_run(reader, blocks, answer, monkeypatch):
    said = answer("\n".join(blocks(PAGE, "sh")), reader)
    assert "15 cells, 13 kept" in said
    assert "best by total_return" in said
    (code,) = blocks(PAGE, "python")
    monkeypatch.chdir(reader)
    scope = {}
    exec(compile(code, PAGE, "exec"), scope)
    assert scope["best"]["slow"].unique().sort().to_list() == [48, 96]


def test_the_page_lists_every_key(page):
    table = page(PAGE).partition("| of `sweep` |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == SWEEP
