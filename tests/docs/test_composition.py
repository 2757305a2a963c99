"""The pages about composing and editing graphs: their files are written, their commands run."""

import re

import pytest

from pipeline.cli.graphs.group import graph
from pipeline.graph.select import METHODS, STATES
from pipeline.graph.shelf import SUBGRAPH


@pytest.fixture(scope="module")
def reader(tmp_path_factory, answer):
    """A project as `init` makes it, with the page's graphs."""
    folder = tmp_path_factory.mktemp("reader")
    answer("tradegraph init .", folder)
    return folder


@pytest.fixture(scope="module")
def composed(reader, blocks):
    for text in blocks("docs/composition.md", "yaml"):
        name = text.partition("\n")[0].removeprefix("# ")
        (reader / name).write_text(text)
    return reader


def test_the_graphs_on_the_page_are_run_as_it_says(composed, blocks, answer):
    (script,) = blocks("docs/composition.md", "sh")
    said = answer(script, composed)
    assert "fast.smooth" in said
    assert "CODE" in said or "it uses sma" in said


def test_the_commands_about_editing_work(reader, blocks, answer):
    (script,) = blocks("docs/editing.md", "sh")
    answer(script, reader)
    assert (reader / ".tradegraph/graph.schema.json").exists()
    for command in ("new", "list", "show", "fmt", "diff", "dot"):
        assert f"graph {command}" in script
        assert command in graph.list_commands(None)


def test_the_tables_are_those_of_the_code(page):
    text = page("docs/composition.md")
    rows = re.findall(r"^\| `(\w+)` \|", text.partition("| of a sub-graph |")[2].partition("\n\n")[0], re.MULTILINE)
    assert tuple(rows) == SUBGRAPH
    assert all(f"`{method}:" in text for method in METHODS)
    (line,) = re.findall(r"^\| `state:changed`.*$", text, re.MULTILINE)
    assert all(f"`{state}`" in line for state in STATES)
