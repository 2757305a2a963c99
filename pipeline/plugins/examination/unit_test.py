"""Unit tests of plugins, run as plugins are: `import pandas` is served, and the plugin is found wherever it lies.

They are run in a worker that is shut in, or here for tests that read files of their own.
"""

from __future__ import annotations

import inspect
import unittest
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import PluginError
from pipeline.frame import Gap, recorded_gaps
from pipeline.frame.library.real import described
from pipeline.model.captured import Captured
from pipeline.plugins.capture import capture
from pipeline.plugins.load import Loader
from pipeline.plugins.source import SourceTree

__all__ = ["UnitTests", "capture_unit_tests", "read_unit_tests", "run_unit_tests", "tell_unit_tests"]

GUIDES_NAME = "your_plugin"
"""What the guide's own example calls the plugin under test."""
_LONGEST = 20_000
"""Characters of a failure that a worker tells."""


@dataclass(frozen=True)
class UnitTests:
    """How many tests ran, and what went wrong by the name of the test. `gaps` is what the pandas adapter lacked."""

    count: int
    failures: dict[str, str]
    gaps: str = ""

    @property
    def passed(self) -> bool:
        """True when there were tests and all went well."""
        return self.count > 0 and not self.failures and not self.gaps


class _Result(unittest.TestResult):
    """Says after each test that things go on."""

    def __init__(self, alive: Callable[[], None]) -> None:
        super().__init__()
        self._alive = alive

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().stopTest(test)
        self._alive()


def run_unit_tests(
    plugin: Path,
    tests: Path,
    *,
    real: bool = False,
    captured: Captured | None = None,
    alive: Callable[[], None] = lambda: None,
) -> UnitTests:
    """Run the TestCases of a file and its functions `test_…`; the plugin goes by its file's name or `your_plugin`.

    `real` runs all on pandas itself, where it is installed; `captured` files are taken as they were read before, and
    `alive` is told after each test. Raises PluginError when one of the files cannot be used.
    """
    loader = Loader(real=real, captured=captured)
    _named(loader.tree, plugin)
    module = loader.module(loader.tree.read(tests, tests.parent))
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    for name, function in vars(module).items():
        if name.startswith("test") and inspect.isfunction(function) and not inspect.signature(function).parameters:
            suite.addTest(unittest.FunctionTestCase(function, description=name))
    if not suite.countTestCases():
        raise PluginError(f"{tests} has no tests", code="TG416", hint="Write a unittest.TestCase, or functions test_….")
    result = _Result(alive)
    gaps: list[Gap]
    with recorded_gaps() as gaps:
        suite.run(result)
    wrong = [*result.errors, *result.failures]
    failures = {case.shortDescription() or case.id().rpartition(".")[2]: text for case, text in wrong}
    failures |= dict.fromkeys((case.id() for case in result.unexpectedSuccesses), "it was expected to fail")
    return UnitTests(result.testsRun, failures, described(gaps))


def capture_unit_tests(plugin: Path, tests: Path) -> Captured:
    """The files behind a plugin and its tests, for whoever runs them elsewhere. Raises PluginError."""
    tree = SourceTree()
    _named(tree, plugin)
    both = [capture(tree, tree.read(path, path.parent)) for path in (plugin, tests)]
    return Captured(plugin, plugin.parent, {**both[1].files, **both[0].files}, both[1].bases)


def tell_unit_tests(found: UnitTests) -> dict[str, Any]:
    """What came of tests, as plain data."""
    failures = {name: text[-_LONGEST:] for name, text in found.failures.items()}
    return {"count": found.count, "failures": failures, "gaps": found.gaps}


def read_unit_tests(told: Mapping[str, Any]) -> UnitTests:
    """What was told. Raises LookupError, TypeError or ValueError for what is nothing of the kind."""
    failures = {str(name): str(text) for name, text in dict(told["failures"]).items()}
    return UnitTests(int(told["count"]), failures, str(told["gaps"]))


def _named(tree: SourceTree, plugin: Path) -> None:
    file = tree.read(plugin, plugin.parent)
    tree.aliases.update({plugin.stem: file, GUIDES_NAME: file})
