"""Folders that may not be written or read: the error says so and says where, and what can be answered is."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.engine import Engine, Overrides
from pipeline.errors import StoreError
from pipeline.plugins.discover import build_registry


@contextmanager
def nobody():
    """Rights do not bind root, so root is somebody else for a while."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def guarded(ran, monkeypatch):
    """The project that ran, in a folder that everybody can reach and that belongs to `nobody`."""
    folder = Path(tempfile.mkdtemp(prefix="tradegraph-rights-"))
    folder.chmod(0o755)
    root = folder / "site"
    monkeypatch.setenv("TRADEGRAPH_TEST_CALLS", str(folder / "calls"))
    shutil.copytree(ran.root, root, ignore=shutil.ignore_patterns("kernels"))
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, -1)
    yield root
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def opened(root):
    engine = Engine.open(root)
    engine.plugins.take(build_registry([root / "nodes" / "custom"], shipped=root / "shipped"))
    return engine


@pytest.mark.parametrize("locked", [".", ".tradegraph", ".tradegraph/segments", ".tradegraph/journal"])
def test_a_folder_that_cannot_be_written_is_tg601_and_says_where(guarded, locked) -> None:
    graph = guarded / "graphs" / "g.yaml"
    (guarded / locked).chmod(0o555)
    with nobody():
        engine = opened(guarded)
        # what is stored can be asked for and planned
        assert engine.sql("select count(*) from g.result").item() == 36
        assert [step.action for step in engine.plan(graph).steps] == ["reuse"] * 3
        with pytest.raises(StoreError) as caught:
            engine.run(graph, Overrides(settings={"c": {"by": 9.0}}))
    fault = caught.value.faults[0]
    assert fault.code == "TG601"
    assert str(guarded) in fault.message
    assert "denied" in fault.message
    assert fault.hint


def test_a_published_file_that_cannot_be_replaced_keeps_the_run_for_later(guarded) -> None:
    graph = guarded / "graphs" / "g.yaml"
    guarded.chmod(0o555)
    with nobody(), pytest.raises(StoreError) as caught:
        opened(guarded).run(graph)
    assert str(guarded / "tradegraph.duckdb") in caught.value.faults[0].message
    assert "kept" in caught.value.faults[0].hint
    guarded.chmod(0o755)
    with nobody():
        engine = opened(guarded)
        engine.run(graph)
        assert engine.sql("select count(*) from runs").item() == 3


def test_a_private_folder_of_somebody_else_is_an_error_of_the_store(guarded) -> None:
    (guarded / ".tradegraph").chmod(0o000)
    with nobody():
        engine = opened(guarded)
        with pytest.raises(StoreError) as caught:
            engine.run(guarded / "graphs" / "g.yaml")
    assert caught.value.faults[0].code == "TG601"
    assert str(guarded) in caught.value.faults[0].message
