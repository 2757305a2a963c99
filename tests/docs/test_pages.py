"""Pages that list something are kept equal to what they list."""

import pytest
from pydantic import BaseModel

from pipeline.cli.console.remedy import REMEDIES, SECTIONS, page
from pipeline.errors import CODES
from pipeline.settings import Settings


def rows(text: str) -> dict[str, list[str]]:
    cells = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return {row[0]: row[1:] for row in cells}


def test_the_errors_page_is_what_the_code_says(written):
    assert written("docs/errors.md") == page(), "run `make errors`"
    assert REMEDIES.keys() == CODES.keys()
    assert all(len(remedy) > 10 for remedy in REMEDIES.values())
    assert all(any(code.startswith(prefix) for prefix, _ in SECTIONS) for code in CODES)


def settings(model: type[BaseModel], before: str = "") -> dict[str, str]:
    found = {}
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            found |= settings(info.annotation, f"{before}{name}.")
        else:
            found[before + (info.alias or name)] = info.description
    return found


def test_the_settings_page_has_every_key_with_its_meaning(written):
    listed = rows(written("docs/settings.md"))
    assert {key: row[1] for key, row in listed.items() if key in settings(Settings)} == settings(Settings)


def test_the_settings_page_has_the_defaults(written):
    listed = rows(written("docs/settings.md"))
    assert listed["plugin_timeout"][0] == str(Settings().plugin_timeout)
    assert listed["max_plugins"][0] == str(Settings().max_plugins)
    assert listed["plugin_directories"][0] == ", ".join(Settings().plugin_directories)
    assert listed["logging.log_level"][0] == Settings().logging.log_level


@pytest.mark.parametrize("line", ["tradegraph sql x | head", "tradegraph run $GRAPH", 'tradegraph run "$GRAPH"', "ls"])
def test_a_line_that_needs_a_shell_is_not_run_without_one(answers, tmp_path, line):
    with pytest.raises(AssertionError, match=r"for a shell|not a command of ours"):
        answers(line, tmp_path)
