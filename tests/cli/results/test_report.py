"""`tradegraph report`, and `tradegraph run --report`."""

import datetime as dt

import click
import polars as pl
import pytest

from pipeline.cli.running import run_report


def test_a_run_ends_with_its_report(project, tradegraph):
    answer = tradegraph("run", "slope", "--report")
    assert answer.status == 0
    (path,) = (project / "reports").iterdir()
    assert answer.out.splitlines()[-1].startswith(f"report: reports/{path.name}")
    document = tradegraph("run", "slope", "--report", "--json").json
    assert document["report"] != str(path)
    assert document["report"].endswith(f"slope-{document['run_id']}.html")
    assert tradegraph("run", "slope", "--json").json["report"] is None


def test_a_run_that_fails_has_a_report_too(project, tradegraph):
    answer = tradegraph("run", "trouble", "--report")
    assert answer.status == 1
    (path,) = (project / "reports").iterdir()
    assert "no luck" in path.read_text("utf-8")


def test_a_report_goes_where_it_is_told_and_can_be_opened(project, tradegraph, monkeypatch):
    opened = []
    monkeypatch.setattr(click, "launch", opened.append)
    tradegraph("run", "slope")
    answer = tradegraph("report", "slope", "-o", "mine.html", "--open")
    assert answer.out.startswith("report: mine.html (")
    assert opened == [(project / "mine.html").as_uri()]
    document = tradegraph("report", "--json", "-o", "other.html").json
    assert document["bytes"] == (project / "other.html").stat().st_size
    assert (project / "other.html").read_bytes() == (project / "mine.html").read_bytes()


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("slop",), "Did you mean 'slope'?"),
        (("latest", "--graph", "slop"), "has no graph 'slop'"),
        (("latest", "--symbols", "AAB"), "has no symbol 'AAB'"),
        (("latest", "-o", "missing/x.html"), "TG901"),
    ],
)
def test_what_cannot_be_reported_is_told(project, tradegraph, args, told):
    tradegraph("run", "slope")
    answer = tradegraph("report", *args)
    assert answer.status == 2
    assert told in answer.err
    assert not (project / "reports").exists()


def test_a_table_of_times_that_names_no_symbol_is_shown(capsys):
    curve = pl.DataFrame({"ts": [dt.datetime(2024, 1, day, tzinfo=dt.UTC) for day in range(1, 9)], "equity": 8 * [1.5]})
    run_report._echo_output(curve)
    said = capsys.readouterr().out
    assert "2024-01-08" in said
    assert "the last 5 of 8 bars" in said
