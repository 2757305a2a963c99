"""Plugins of installed packages: found by their entry points, examined, trusted like the package."""

from __future__ import annotations

import importlib
import sys

import pytest

from pipeline.plugins.admit import Policy
from pipeline.plugins.discover import build_registry
from pipeline.plugins.entry import GROUP, entry_files


@pytest.fixture
def package(tmp_path, guide, monkeypatch):
    """An installed package `offering` with the guide's indicator."""
    site = tmp_path / "site"
    (site / "offering").mkdir(parents=True)
    (site / "offering/__init__.py").write_text("")
    path = site / "offering/indicator.py"
    path.write_text(guide("indicator"))
    info = site / "offering-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offering\nVersion: 1.0\n")
    points = f"[{GROUP}]\nmine = offering.indicator\ngone = offering.nothing\nbroken = no_such_package.module\n"
    (info / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    entry_files.cache_clear()
    yield path
    entry_files.cache_clear()
    sys.modules.pop("offering", None)


def test_modules_behind_entry_points_are_found_and_broken_ones_left_out(package) -> None:
    assert package in entry_files()
    assert not any("nothing" in str(path) for path in entry_files())
    assert "offering.indicator" not in sys.modules


@pytest.mark.parametrize("allow", [True, False])
def test_they_are_admitted_without_a_signature(package, world, allow) -> None:
    policy = Policy(allow_unsigned=allow, installed=entry_files())
    found = build_registry([], shipped=world.shipped, policy=policy)
    (record,) = [record for record in found.records if record.path == str(package)]
    assert (record.origin, record.status) == ("installed", "loaded")
    assert "my_custom_indicator" in found.plugins


def test_they_are_examined_like_any_other(package, world) -> None:
    package.write_text(package.read_text().replace("rolling(window=self.period).mean()", "shift(-1)"))
    found = build_registry([], shipped=world.shipped, policy=Policy(installed=entry_files()))
    assert [fault.code for fault in found.registry.refused] == ["TG414"]
