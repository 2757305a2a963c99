"""The page on reports: its commands and its Python run one after the other."""

import pytest

PAGE = "docs/report.md"
pytestmark = pytest.mark.xdist_group("report")


def test_the_commands_and_the_python_on_the_page_run(tmp_path_factory, answer, blocks, monkeypatch, capsys):
    folder = tmp_path_factory.mktemp("reader")
    answer("tradegraph init .", folder)
    said = answer("\n".join(blocks(PAGE, "sh")), folder)
    assert "report: ema_cross.html (" in said
    assert "report: sweep.html (" in said
    kinds = [name.partition("-")[0] for name in sorted(path.name for path in (folder / "reports").iterdir())]
    assert kinds == ["batch", "ema_cross", "trend_macd"]
    (code,) = blocks(PAGE, "python")
    monkeypatch.chdir(folder)
    exec(compile(code, PAGE, "exec"), {})
    assert capsys.readouterr().out.strip() == "again.html"
    assert (folder / "again.html").read_text("utf-8").startswith("<!doctype html>")
