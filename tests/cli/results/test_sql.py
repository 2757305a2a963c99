"""SQL at the prompt: forms of answers, and what is no question."""

from __future__ import annotations

import json

import polars as pl
import pytest

MIXED = "select 'x' as a, null as b, '' as c, 0.1::double + 0.2 as d, [1, 2] as e, timestamptz '2024-01-31 09:30' as f"


@pytest.fixture
def asked(project, tradegraph):
    """The command `sql` in a project in which `slope` has run."""
    assert tradegraph("run", "slope", "-q").status == 0
    return lambda *args, **options: tradegraph("sql", *args, **options)


def test_a_table_tells_missing_from_empty(asked) -> None:
    head, row = asked("select 'x' as a, null as b, '' as c, 'y' as d").out.splitlines()
    assert head.split() == ["a", "b", "c", "d"]
    assert row == "x  null     y"


def test_outputs_and_timings_can_be_asked_for(asked) -> None:
    assert "2024-01-12" in asked("select * from slope.twice where symbol = 'AAA' and lag = 1").out
    nodes = asked("select node, median(ms) as ms from node_timings group by node order by node", "--json").json
    assert [row["node"] for row in nodes] == ["move", "other", "twice"]
    assert all(row["ms"] >= 0 for row in nodes)


def test_csv_has_times_in_iso_8601_and_quotes_empty_texts(asked) -> None:
    assert asked(MIXED, "--format", "csv").out.splitlines() == [
        "a,b,c,d,e,f",
        'x,,"",0.30000000000000004,"[1, 2]",2024-01-31T09:30:00+00:00',
    ]


def test_json_is_a_list_of_rows(asked) -> None:
    assert asked(MIXED, "--format", "json").json == [
        {"a": "x", "b": None, "c": "", "d": 0.30000000000000004, "e": [1, 2], "f": "2024-01-31T09:30:00+00:00"}
    ]
    assert asked("select 1 where false", "--json").json == []


def test_parquet_goes_to_a_file_or_down_a_pipe(asked, project, process) -> None:
    assert asked("select 42 as n", "-o", "n.parquet").status == 0
    assert pl.read_parquet(project / "n.parquet")["n"].to_list() == [42]
    process(script='$TRADEGRAPH sql "select 43 as n" --format parquet > piped.parquet')
    assert pl.read_parquet(project / "piped.parquet")["n"].to_list() == [43]


def test_the_name_of_the_file_says_the_form(asked, project) -> None:
    asked("select 1 as n", "-o", "n.csv")
    asked("select 1 as n", "-o", "n.json")
    assert (project / "n.csv").read_text() == "n\n1\n"
    assert json.loads((project / "n.json").read_text()) == [{"n": 1}]
    refused = asked("select 1 as n", "-o", "nowhere/n.csv")
    assert refused.status == 2
    assert "TG001 nowhere/n.csv: no such file" in refused.err
    assert sorted(path.name for path in project.glob("*n.*")) == ["n.csv", "n.json"]


def test_a_query_can_come_from_stdin(asked) -> None:
    assert "42" in asked("-", stdin="select 42 as answer\n").out
    empty = asked("-", stdin="  \n")
    assert empty.status == 2
    assert "the query is empty" in empty.err


def test_a_table_has_so_many_rows_and_says_how_many_there_are_beyond(asked) -> None:
    limited = asked("select * from range(100)", "--limit", 3).out.splitlines()
    assert len(limited) == 5
    assert "97 more rows" in limited[-1]
    assert len(asked("select * from range(100)", "--limit", 0).out.splitlines()) == 101
    assert len(asked("select * from range(100)", "-f", "csv").out.splitlines()) == 101


def test_intervals_and_sums_are_answered(asked) -> None:
    answer = asked("select max(ts) - min(ts) as span, sum(1::bigint) as n from slope.twice", "--json")
    assert answer.json == [{"span": "11 days", "n": 24}]


def test_columns_of_one_name_are_numbered(asked) -> None:
    query = "select a.value, b.value from slope.move a join slope.twice b using (symbol, ts) order by ts desc limit 1"
    assert asked(query, "-f", "csv").out == "value,value_1\n1.0,2.0\n"
    assert asked("select 1 as x, 2 as x, 3 as x_1", "-f", "csv").out == "x,x_2,x_1\n1,2,3\n"


def test_a_query_may_begin_with_a_comment(asked) -> None:
    assert asked("-", "-f", "csv", stdin="-- why\nselect 1 as x\n").out == "x\n1\n"


def test_an_explanation_is_shown_as_it_is_drawn(asked) -> None:
    assert len(asked("explain select * from runs").out.splitlines()) > 5


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("selct 1", "TG604"),
        ("select * from nowhere", "show all tables"),
        ("drop table runs", "may read"),
        ("select * from read_csv('/etc/passwd')", "may read"),
    ],
)
def test_what_is_no_question_is_refused(asked, query, said) -> None:
    answer = asked(query)
    assert answer.status == 2
    assert said in answer.err
    assert not answer.out


def test_before_the_first_run_there_is_nothing_to_ask(project, tradegraph) -> None:
    answer = tradegraph("sql", "select 1")
    assert answer.status == 2
    assert "TG605" in answer.err
    assert "tradegraph run" in answer.err


def test_json_and_another_format_contradict_each_other(asked) -> None:
    assert asked("select 1", "--json", "--format", "csv").status == 2
