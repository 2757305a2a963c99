"""The page about market data: its commands run, its list of formats is the one in the code."""

import re
import shutil

from pipeline.market.formats import FORMATS

PAGE = "docs/market-data.md"


def test_the_commands_of_the_page_run(answer, blocks, request, tmp_path):
    root = request.config.rootpath
    (tmp_path / "plugin_config.json").write_text("{}")
    shutil.copytree(root / "examples" / "bars", tmp_path / "bars")
    (script,) = blocks(PAGE, "sh")
    said = answer(script, tmp_path)
    assert "2 symbols" in said
    assert "zero_volume" in said


def test_the_page_lists_every_format(page):
    named = re.findall(r"^\| `(\w+)` \| .* \| .* \|$", page(PAGE).partition("## What is checked")[0], re.MULTILINE)
    assert sorted(named) == sorted(form.name for form in FORMATS)
