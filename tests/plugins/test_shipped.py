"""Shipped files: loaded once for the same bytes, compiled once for a project, and an edit is always noticed."""

import os
import shutil

import pytest

from pipeline.plugins import shipped as room
from pipeline.plugins.admit import Policy
from pipeline.plugins.compiled import read_compiled, write_compiled
from pipeline.plugins.discover import build_registry
from pipeline.plugins.manifest import MANIFEST, manifest_of
from pipeline.plugins.shipped import read_shipped
from pipeline.plugins.source import shipped_nodes

DOUBLE = '''
from pipeline import Number, indicator

from nodes.kernels.factor import FACTOR


@indicator
def double(x: Number) -> Number:
    """Twice the value."""
    return x * FACTOR
'''


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder of one shipped node with a helper; nothing is kept of other tests."""
    monkeypatch.setattr(room, "_loaded", {})
    folder = tmp_path / "nodes"
    (folder / "kernels").mkdir(parents=True)
    (folder / "kernels" / "factor.py").write_text("FACTOR = 2\n")
    (folder / "double.py").write_text(DOUBLE)
    (folder / MANIFEST).write_text(manifest_of(folder))
    return folder


def built(home, compiled=None):
    return build_registry([], shipped=home, policy=Policy(examine=False, compiled=compiled))


def test_the_same_bytes_are_loaded_once(home) -> None:
    first, second = built(home).registry["double"], built(home).registry["double"]
    assert first.fn is second.fn
    assert first.shipped


def test_an_edit_is_noticed_whatever_size_and_time_say(home) -> None:
    before = built(home).registry["double"]
    helper = home / "kernels" / "factor.py"
    times = helper.stat()
    helper.write_text("FACTOR = 3\n")
    os.utime(helper, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = built(home).registry["double"]
    assert after.code != before.code
    assert after.fn is not before.fn
    helper.write_text("FACTOR = 2\n")
    assert built(home).registry["double"].code == before.code


def test_an_edited_node_is_the_users_and_what_was_kept_is_not_it(home, tmp_path) -> None:
    assert built(home, tmp_path).registry["double"].shipped
    (home / "double.py").write_text(DOUBLE.replace("Twice", "Double"))
    found = built(home, tmp_path)
    assert [record.origin for record in found.records] == ["user"]
    assert not found.registry["double"].shipped
    assert found.registry["double"].doc.startswith("Double")


def test_compiled_code_is_kept_and_found_for_the_same_bytes_alone(home, tmp_path, monkeypatch) -> None:
    code = built(home, tmp_path).registry["double"].code
    kept = read_compiled(tmp_path, read_shipped(home))
    assert {path.name for path, _ in kept} == {"double.py", "factor.py"}
    monkeypatch.setattr(room, "_loaded", {})
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.plugins.source._compiled", lambda data, name: pytest.fail("it is compiled again"))
        assert built(home, tmp_path).registry["double"].code == code
    (home / "kernels" / "factor.py").write_text("FACTOR = 3\n")
    assert read_compiled(tmp_path, read_shipped(home)) == {}
    assert built(home, tmp_path).registry["double"].code != code


@pytest.mark.parametrize("harm", [lambda data: b"", lambda data: data[:-9], lambda data: data[:-1] + b"x"])
def test_compiled_code_that_is_damaged_is_none(home, tmp_path, harm) -> None:
    shipped = read_shipped(home)
    write_compiled(tmp_path, shipped, {home / "double.py": compile("x = 1", "double.py", "exec")})
    assert len(read_compiled(tmp_path, shipped)) == 1
    (file,) = tmp_path.glob("shipped-*.code")
    file.write_bytes(harm(file.read_bytes()))
    assert read_compiled(tmp_path, shipped) == {}


def test_compiled_code_that_others_may_write_is_not_believed(home, tmp_path) -> None:
    shipped = read_shipped(home)
    write_compiled(tmp_path, shipped, {home / "double.py": compile("x = 1", "double.py", "exec")})
    (file,) = tmp_path.glob("shipped-*.code")
    file.chmod(0o666)
    assert read_compiled(tmp_path, shipped) == {}


def test_a_folder_that_moves_has_code_of_its_own(home, tmp_path) -> None:
    write_compiled(tmp_path, read_shipped(home), {home / "double.py": compile("x = 1", "double.py", "exec")})
    moved = shutil.move(home, tmp_path / "elsewhere")
    assert read_compiled(tmp_path, read_shipped(moved)) == {}


def test_shipped_nodes_are_found_where_the_folder_above_them_cannot_be_listed(monkeypatch):
    """As in a confined worker, once anything was installed beside the product."""
    monkeypatch.setattr("importlib.machinery.PathFinder.find_spec", lambda *_: None)
    assert (shipped_nodes.__wrapped__() / "manifest.json").is_file()
