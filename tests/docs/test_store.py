"""The page on the store: its commands run, its settings are settings."""

import json

import pytest

from pipeline.settings import Settings

pytestmark = pytest.mark.xdist_group("reader")  # one project for all of them: kernels compile once


def test_the_commands_run_one_after_the_other(quick_start, answer, blocks):
    folder, _ = quick_start
    said = answer("\n".join(blocks("docs/store.md", "sh")), folder / "my-project")
    assert "would remove" in said
    assert "not needed" in said


def test_the_settings_are_settings(blocks):
    (text,) = blocks("docs/store.md", "json")
    said = Settings.model_validate_json(json.dumps(json.loads(text))).project
    assert (said.store, said.keep_days, said.keep_bytes) == ("outputs", 90, 20 * 10**9)
