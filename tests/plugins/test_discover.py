"""The shipped nodes and the user's on one road: what counts as shipped, and the record of every file."""

import json

import pytest

from pipeline.plugins.discover import build_registry
from pipeline.plugins.manifest import MANIFEST, manifest_of, read_manifest
from pipeline.plugins.source import shipped_nodes

NODE = '''
from pipeline import Number, indicator

@indicator
def {name}(x: Number) -> Number:
    """Doc."""
    return x + {k}
'''


@pytest.fixture
def shipped(tmp_path):
    """A shipped folder of two nodes with its manifest."""
    home = tmp_path / "nodes"
    (home / "indicators").mkdir(parents=True)
    for name in ("one", "two"):
        (home / "indicators" / f"{name}.py").write_text(NODE.format(name=name, k=1))
    (home / MANIFEST).write_text(manifest_of(home))
    return home


def origins(discovery):
    return {record.path.rpartition("/")[2]: (record.origin, record.status) for record in discovery.records}


def test_listed_files_are_shipped(shipped) -> None:
    assert origins(build_registry([], shipped=shipped)) == {
        "one.py": ("shipped", "loaded"),
        "two.py": ("shipped", "loaded"),
    }


def test_an_edited_shipped_file_is_a_users_plugin(shipped) -> None:
    (shipped / "indicators" / "two.py").write_text(NODE.format(name="two", k=2))
    discovery = build_registry([], shipped=shipped)
    assert origins(discovery)["two.py"] == ("user", "loaded")
    assert discovery.registry["two"](0) == 2


def test_a_file_that_is_added_to_the_shipped_folder_is_a_users_plugin(shipped) -> None:
    (shipped / "indicators" / "aaa.py").write_text(NODE.format(name="one", k=9))
    discovery = build_registry([], shipped=shipped)
    # it comes first by path, and yet the shipped one stays
    assert origins(discovery)["aaa.py"] == ("user", "refused")
    assert discovery.registry["one"](0) == 1


def test_a_folder_that_is_searched_twice_is_read_once(shipped) -> None:
    discovery = build_registry([shipped / "indicators", shipped / "indicators"], shipped=shipped)
    assert len(discovery.records) == 2
    assert discovery.registry.ids == ("one", "two")


def test_records_tell_path_digest_ids_and_reason(shipped, tmp_path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "bad.py").write_text("1 / 0\n")
    (mine / "good.py").write_text(NODE.format(name="good", k=1))
    records = {record.path: record for record in build_registry([mine], shipped=shipped).records}
    good, bad = records[str(mine / "good.py")], records[str(mine / "bad.py")]
    assert (good.origin, good.status, good.ids, good.reason) == ("user", "loaded", ("good",), "")
    assert len(good.digest) == 32
    assert (bad.origin, bad.status, bad.ids) == ("user", "refused", ())
    assert bad.reason == "TG406 bad: ZeroDivisionError: division by zero"


def test_the_manifest_is_sorted_and_says_nothing_of_its_place(shipped, tmp_path) -> None:
    text = manifest_of(shipped)
    listed = json.loads(text)["files"]
    assert list(listed) == ["indicators/one.py", "indicators/two.py"]
    assert str(tmp_path) not in text
    shipped.rename(tmp_path / "elsewhere")
    assert manifest_of(tmp_path / "elsewhere") == text


def test_all_files_that_ship_are_listed_with_the_digests_that_they_have() -> None:
    home = shipped_nodes()
    assert read_manifest(home) == json.loads(manifest_of(home))["files"], "run `python -m pipeline.plugins.manifest`"


def test_every_shipped_file_loads_and_declares_one_node() -> None:
    discovery = build_registry([])
    assert discovery.registry.refused == ()
    assert {record.status for record in discovery.records} == {"loaded"}
    assert all(len(record.ids) == 1 for record in discovery.records if "/talib/" not in record.path)
    assert all(node.code for node in discovery.registry)
    assert len({node.code for node in discovery.registry}) == len(discovery.registry)
