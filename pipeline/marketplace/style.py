"""Step 1, file and documentation: PEP 8, docstrings, type hints, and a page that says what a user must know."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pycodestyle

from pipeline.marketplace.step import Remark, StepReport, step
from pipeline.marketplace.submission import Submission

__all__ = ["look_at_style"]

_LENGTH = 120
_SAID = frozenset(
    {
        "calculate_position_size",
        "get_dependencies",
        "get_metadata",
        "get_parameter_bounds",
        "get_parameters",
        "get_strategy_class",
        "set_parameters",
        "validate_data",
        "validate_environment",
    }
)
"""Methods whose meaning the guide's own classes document."""


def look_at_style(submission: Submission) -> StepReport:
    """What the guide asks of a file and its documentation."""
    tree = ast.parse(submission.data["plugin"])
    page = submission.data["page"].decode("utf-8", "replace")
    remarks = [*_pep8(submission), *_docstrings(tree), *_hints(tree), *_page(submission, page), *_tests(submission)]
    whole = {"PEP 8", "docstrings", "type hints", "page", "unit tests"} - {remark.about for remark in remarks}
    return step(1, [*remarks, *(Remark(about, "ok", "as the guide asks") for about in sorted(whole))])


def _pep8(submission: Submission) -> Iterator[Remark]:
    class Report(pycodestyle.BaseReport):  # type: ignore[misc]
        """Keeps what was found instead of printing it."""

        def __init__(self, options: object) -> None:
            super().__init__(options)
            self.kept: list[tuple[int, str]] = []

        def error(self, line_number: int, offset: int, text: str, check: object) -> str | None:
            code: str | None = super().error(line_number, offset, text, check)
            if code and text[:4] not in ("E126", "E121", "E123", "E226", "E704", "W503", "W504"):
                self.kept.append((line_number, text))
            return code

    guide = pycodestyle.StyleGuide(max_line_length=_LENGTH, reporter=Report, quiet=True, parse_argv=False)
    text = submission.data["plugin"].decode("utf-8", "replace").splitlines(keepends=True)
    guide.input_file(submission.plugin.name, lines=text)
    for line, said in guide.options.report.kept[:20]:
        yield Remark("PEP 8", "wrong", said, line)


def _docstrings(tree: ast.Module) -> Iterator[Remark]:
    if not ast.get_docstring(tree):
        yield Remark("docstrings", "wrong", "the file has no docstring", 1)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield Remark("docstrings", "wrong", f"the class {node.name} has no docstring", node.lineno)
            functions = [item for item in node.body if isinstance(item, ast.FunctionDef)]
        else:
            functions = [node] if isinstance(node, ast.FunctionDef) else []
        for function in functions:
            said = function.name.startswith("_") or function.name in _SAID
            if not said and not ast.get_docstring(function):
                # what an indicator calculates stands in the docstring of its class as well as here
                verdict = "note" if function.name == "calculate" else "wrong"
                message = f"{function.name} has no docstring"
                yield Remark("docstrings", verdict, message, function.lineno)  # type: ignore[arg-type]


def _hints(tree: ast.Module) -> Iterator[Remark]:
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        if function.name.startswith("_") and function.name != "__init__":
            continue
        given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        bare = [
            argument.arg for argument in given if argument.annotation is None and argument.arg not in ("self", "cls")
        ]
        if bare:
            yield Remark("type hints", "wrong", f"{function.name}: no type for {', '.join(bare)}", function.lineno)
        gives = any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function))
        if gives and function.returns is None:
            yield Remark("type hints", "wrong", f"{function.name}: no type for what it returns", function.lineno)


def _page(submission: Submission, page: str) -> Iterator[Remark]:
    manifest = submission.manifest
    if len(page.split()) < 20:
        yield Remark("page", "wrong", "the page says next to nothing: what is it for, and when does it not work?")
    for name in manifest.parameters:
        if not re.search(rf"\b{re.escape(name)}\b", page):
            yield Remark("page", "wrong", f"the page does not say what {name!r} is")
    if not re.search(rf"use:\s*{re.escape(manifest.id)}\b", page) and f"'{manifest.id}'" not in page:
        yield Remark("page", "wrong", f"the page has no example: `{{use: {manifest.id}, in: daily}}`")
    if not re.search(r"\b(performance|speed|complexity)\b", page, re.IGNORECASE):
        yield Remark("page", "wrong", "the page has no note about performance")
    for name, param in manifest.parameters.items():
        if param["description"] in ("", name) or "not described" in param["description"]:
            yield Remark("page", "wrong", f"the metadata do not describe the parameter {name!r}")
    if len(manifest.description) < 10:
        yield Remark("page", "wrong", "the description in the metadata is too short for anybody to find it")


def _tests(submission: Submission) -> Iterator[Remark]:
    try:
        tree = ast.parse(submission.data["test"])
    except (SyntaxError, ValueError) as error:
        yield Remark("unit tests", "wrong", f"the unit test is not valid Python: {error}")
        return
    if not any(isinstance(node, ast.FunctionDef) and node.name.startswith("test") for node in ast.walk(tree)):
        yield Remark("unit tests", "wrong", "there is no function test_…")
