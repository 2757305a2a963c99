"""What plugins require: packages by version, other plugins by id; order, circles, and what an edit computes anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import Fault


@pytest.fixture
def written(world, guide) -> Callable[..., Path]:
    """`written("name", requires, version="1.0.0")`: the guide's indicator under another id, with requirements."""

    def write(name: str, *requires: str, version: str = "1.0.0", more: str = "") -> Path:
        text = guide("indicator").replace("my_custom_indicator", name).replace("1.0.0", version)
        extra = f"\n    def get_dependencies(self):\n        return {list(requires)!r}\n{more}\n"
        return world.write(name, text.rstrip() + extra)

    return write


@pytest.fixture
def faults(world) -> Callable[[], dict[str, Fault]]:
    """The fault of each refused file, by the file's name."""
    return lambda: {Path(r.path).stem: r.fault for r in world.discover().records if r.fault is not None}


def test_packages_that_are_there_are_well(written, faults) -> None:
    written("needs", "numpy", f"numpy=={np.__version__}", "numpy>=2,<99", "polars", "pandas>=1.3", "pandas<2")
    assert faults() == {}


@pytest.mark.parametrize(
    ("requirement", "says"),
    [
        ("numpy>=99", f"there is {np.__version__}"),
        ("no_such_package_at_all", "is not installed"),
        ("pandas>=99", "there is 3.0.0"),
        ("numpy >> 2", "is no requirement"),
    ],
)
def test_packages_that_are_not_are_refused_by_name_and_never_installed(written, faults, requirement, says) -> None:
    written("needs", requirement)
    fault = faults()["needs"]
    assert fault.code == "TG409"
    assert requirement in fault.message
    assert says in fault.message


def test_a_requirement_for_another_system_does_not_count(written, faults) -> None:
    written("needs", "no_such_package_at_all; sys_platform == 'plan9'")
    assert faults() == {}


def test_plugins_are_taken_after_those_that_they_require(written, world, faults) -> None:
    written("a_last", "b_middle>=1,<2")
    written("b_middle", "c_first")
    written("c_first", version="3.4.5")
    assert faults() == {}
    codes = {node.id: node.code for node in world.registry()}
    assert "+" not in codes["c_first"]
    assert re.fullmatch(r"\w+\+\w+", codes["a_last"])


def test_an_edit_of_a_required_plugin_computes_anew_what_requires_it(written, world) -> None:
    written("a_last", "c_first")
    written("c_first")
    nodes = "a: {use: a_last, in: daily, with: {period: 2}}"
    before = world.plan(nodes).steps[0].key
    world.edit("c_first", "rolling(window=self.period).mean()", "rolling(window=self.period).max()")
    assert world.plan(nodes).steps[0].key != before
    assert world.run(nodes).exit_status == 0


@pytest.mark.parametrize(("wanted", "says"), [("other>=2", "there is other 1.0.0"), ("other==1.0.1", "1.0.0")])
def test_a_plugin_of_another_version_is_not_enough(written, faults, wanted, says) -> None:
    written("needs", wanted)
    written("other")
    fault = faults()["needs"]
    assert fault.code == "TG409"
    assert says in fault.message


def test_who_requires_a_refused_plugin_is_refused_for_that(written, faults) -> None:
    written("needs", "other")
    written("other", "no_such_package_at_all")
    found = faults()
    assert found["needs"].code == "TG409"
    assert "the plugin 'other', which was refused" in found["needs"].message


def test_a_circle_is_named_and_the_others_go_on(written, world, faults) -> None:
    written("one", "two")
    written("two", "three")
    written("three", "one")
    written("outside", "one")
    written("alone")
    found = faults()
    assert {name: fault.code for name, fault in found.items()} == {
        "one": "TG410",
        "two": "TG410",
        "three": "TG410",
        "outside": "TG409",
    }
    assert re.search(r"one requires two requires three requires one|two requires three", found["one"].message)
    assert "alone" in world.discover().registry


def test_a_plugin_that_says_it_cannot_work_here_is_refused(written, faults) -> None:
    written("needs", more="\n    def validate_environment(self):\n        return False\n")
    assert faults()["needs"].code == "TG415"


def test_two_plugins_of_one_file_are_both_there_and_may_require_each_other(world, guide) -> None:
    first = guide("indicator")
    second = first.replace("my_custom_indicator", "second").replace("MyCustomIndicator", "Second")
    second = (
        second[second.index("class ") :].rstrip()
        + "\n\n    def get_dependencies(self):\n        return ['my_custom_indicator>=1']\n"
    )
    world.write("both", f"{first}\n\n{second}")
    (record,) = [record for record in world.discover().records if record.path.endswith("both.py")]
    assert record.ids == ("my_custom_indicator", "second")
    run = world.run(
        "a: {use: my_custom_indicator, in: daily, with: {period: 3}}\nb: {use: second, in: daily, with: {period: 2}}"
    )
    assert run.exit_status == 0


def test_a_clash_of_ids_names_both_files(written, world, faults) -> None:
    first = written("one")
    second = world.write("two", first.read_text())
    fault = faults()["two"]
    assert fault.code == "TG404"
    assert str(first) in fault.message
    assert fault.place.file == str(second)
