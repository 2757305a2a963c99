"""The page about market data: its commands run, its list of formats is the one in the code."""

import re
import shutil

from pipeline.market import Market
from pipeline.market.formats import FORMATS
from pipeline.market.tables import market_tables

PAGE = "docs/market-data.md"


def test_the_commands_of_the_page_run(answer, blocks, request, tmp_path, monkeypatch, capsys):
    root = request.config.rootpath
    (tmp_path / "plugin_config.json").write_text("{}")
    shutil.copytree(root / "examples" / "bars", tmp_path / "bars")
    (script,) = blocks(PAGE, "sh")
    said = answer(script, tmp_path)
    assert "2 symbols" in said
    assert "zero_volume" in said
    (code,) = blocks(PAGE, "python")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, PAGE, "exec"), {})
    said = capsys.readouterr().out
    assert "2516 []" in said
    assert "SPX_AGAIN" in said


def test_the_page_lists_every_format(page):
    named = re.findall(r"^\| `(\w+)` \| .* \| .* \|$", page(PAGE).partition("## What is checked")[0], re.MULTILINE)
    assert sorted(named) == sorted(form.name for form in FORMATS)


def test_the_page_lists_the_columns_of_every_table(page, tmp_path):
    tables = {
        name: re.findall(r"`(\w+)`", columns)
        for name, columns in re.findall(r"^\| `(market_\w+)` \| [^|]* \| ([^|]*) \|$", page(PAGE), re.MULTILINE)
    }
    assert tables == {name: frame.columns for name, frame in market_tables(Market(tmp_path)).items()}
