"""Unit tests of plugins, run as plugins are: `import pandas` is served, and the plugin is found wherever it lies."""

from __future__ import annotations

import inspect
import unittest
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PluginError
from pipeline.frame import Gap, recorded_gaps
from pipeline.frame.library.real import described
from pipeline.plugins.load import Loader

__all__ = ["UnitTests", "run_unit_tests"]

GUIDES_NAME = "your_plugin"
"""What the guide's own example calls the plugin under test."""


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


def run_unit_tests(plugin: Path, tests: Path, *, real: bool = False) -> UnitTests:
    """Run the TestCases of a file and its functions `test_…`; the plugin goes by its file's name or `your_plugin`.

    `real` runs all on pandas itself, where it is installed. Raises PluginError when one of the files cannot be used.
    """
    loader = Loader(real=real)
    file = loader.tree.read(plugin, plugin.parent)
    loader.tree.aliases.update({plugin.stem: file, GUIDES_NAME: file})
    module = loader.module(loader.tree.read(tests, tests.parent))
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    for name, function in vars(module).items():
        if name.startswith("test") and inspect.isfunction(function) and not inspect.signature(function).parameters:
            suite.addTest(unittest.FunctionTestCase(function, description=name))
    if not suite.countTestCases():
        raise PluginError(f"{tests} has no tests", code="TG416", hint="Write a unittest.TestCase, or functions test_….")
    result = unittest.TestResult()
    gaps: list[Gap]
    with recorded_gaps() as gaps:
        suite.run(result)
    wrong = [*result.errors, *result.failures]
    failures = {case.shortDescription() or case.id().rpartition(".")[2]: text for case, text in wrong}
    failures |= dict.fromkeys((case.id() for case in result.unexpectedSuccesses), "it was expected to fail")
    return UnitTests(result.testsRun, failures, described(gaps))
