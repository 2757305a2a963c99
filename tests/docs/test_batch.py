"""The page on batches: its commands and its Python run one after the other, its tables say what there is."""

import json
import re

import pytest

from pipeline.cli.running.progress import EVENTS

PAGE = "docs/batch.md"


@pytest.fixture(scope="module")
def reader(tmp_path_factory, answer):
    """A project as `init` makes it."""
    folder = tmp_path_factory.mktemp("reader")
    answer("tradegraph init .", folder)
    return folder


@pytest.mark.heavy  # its commands start processes
def test_the_commands_and_the_python_on_the_page_run(reader, blocks, answer, monkeypatch):
    said = answer("\n".join(blocks(PAGE, "sh")), reader)
    assert "2 graphs, 9 cells" in said or "2 graphs, " in said
    (code,) = blocks(PAGE, "python")
    monkeypatch.chdir(reader)
    scope = {}
    exec(compile(code, PAGE, "exec"), scope)
    assert scope["done"].run.status == "ok"


def test_the_page_lists_every_event_and_their_fields(reader, page, answer):
    table = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page(PAGE), re.MULTILINE))
    assert tuple(table) == EVENTS
    for command in ("batch ema_cross --symbols SPX", "sweep ema_cross -p fast=8,9 --symbols SPX"):
        for line in answer(f"tradegraph {command} --json=stream", reader).splitlines():
            told = json.loads(line)
            fields = set(told) - {"event"}
            assert fields <= set(re.findall(r"`(\w+)`", table[told["event"]])), told["event"]
