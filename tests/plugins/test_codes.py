"""Code digests made beforehand: they are those that would be worked out, and are used only while nothing changed."""

import json
import shutil

import pytest

from pipeline.plugins.codes import CODES, codes_of, read_codes
from pipeline.plugins.discover import build_registry
from pipeline.plugins.shipped import read_shipped
from pipeline.plugins.source import External, is_version, shipped_nodes


@pytest.fixture
def home(tmp_path):
    """A copy of the shipped nodes."""
    return shutil.copytree(shipped_nodes(), tmp_path / "nodes", ignore=shutil.ignore_patterns("__pycache__"))


def test_they_are_those_that_are_worked_out():
    kept = json.loads((shipped_nodes() / CODES).read_text())
    made = json.loads(codes_of(shipped_nodes()))
    assert kept["sources"] == made["sources"], "run `make manifest`"
    if (kept["python"], kept["versions"]) == (made["python"], made["versions"]):
        assert kept == made
        assert len(read_codes(read_shipped(shipped_nodes()))) > 200


def test_types_are_the_same_with_and_without_them(home):
    with_codes = build_registry([]).registry
    (home / CODES).unlink()
    without = build_registry([], shipped=home).registry
    assert {node_id: with_codes[node_id].code for node_id in with_codes.ids} == {
        node_id: without[node_id].code for node_id in without.ids
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda home: (home / "kernels" / "window.py").write_text("MORE = 1\n"),
        lambda home: (home / "kernels" / "another.py").write_text("X = 1\n"),
        lambda home: (home / CODES).write_text((home / CODES).read_text().replace('"python": "3.', '"python": "2.')),
        lambda home: (home / CODES).write_text((home / CODES).read_text().replace('"numpy": "numpy ', '"numpy": "9')),
        lambda home: (home / CODES).write_text("[]"),
        lambda home: (home / CODES).unlink(),
    ],
    ids=["edited helper", "new file", "other Python", "other numpy", "garbage", "gone"],
)
def test_none_is_used_when_anything_is_another(home, change):
    assert read_codes(read_shipped(home))
    change(home)
    assert read_codes(read_shipped(home)) == {}


@pytest.mark.parametrize("top", ["numpy", "polars", "talib", "yaml"])
def test_the_version_of_a_package_is_recognised_as_it_is_worked_out(top):
    said = External(top).version
    assert is_version(top, said)
    assert not is_version(top, f"{said}.1")
    assert not is_version("pipeline", said)
