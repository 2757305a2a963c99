"""SQL over HTTP: questions are answered within limits; nothing else is read, and nothing is written."""

from __future__ import annotations

import threading

import pytest

pytestmark = pytest.mark.xdist_group("api")


def ask(site, query, **limits):
    return site.client.post("/api/sql", json={"query": query, **limits})


def test_an_answer_has_typed_columns_and_says_whether_there_is_more(site, past):
    found = ask(
        site, f"select symbol, ts, value from tested.move where run_id >= '' order by ts, symbol -- {past}", rows=3
    )
    body = found.json()
    assert [column["name"] for column in body["columns"]] == ["symbol", "ts", "value"]
    assert body["rows"][0] == ["AAA", "2024-01-01T00:00:00+00:00", None]
    assert (len(body["rows"]), body["more"]) == (3, True)
    assert ask(site, "select 1", rows=1).json()["more"] is False
    odd = ask(
        site, "select 'NaN'::double, 'inf'::double, date '2024-01-01', 1.50::decimal(5,2), [1, 2], {'a': 1}"
    ).json()
    assert odd["rows"] == [[None, None, "2024-01-01", 1.5, [1, 2], {"a": 1}]]


@pytest.mark.parametrize(
    "query", ["show all tables", "describe runs", "explain select 1", "from runs", "summarize runs"]
)
def test_every_kind_of_question_is_answered(site, past, query):
    assert ask(site, query).json()["rows"], past


def test_a_mistake_is_told_with_the_words_of_the_database(site, past):
    found = ask(site, "select nope from runs")
    assert (found.status_code, found.json()["code"]) == (422, "TG604")
    assert "nope" in found.json()["detail"]
    assert ask(site, "   ").json()["code"] == "TG801"


READS = [
    "select * from read_text('/etc/passwd')",
    "select * from read_csv('/etc/passwd')",
    "from '/etc/passwd'",
    "select * from read_blob('{root}/plugin_config.json')",
    "select * from read_text('{root}/.tradegraph/segments/../../plugin_config.json')",
    "select * from read_json('{root}/plugin_config.json')",
    "from read_parquet('{root}/market/bars/1d/AAA/*.parquet')",
    "select * from glob('/etc/*')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from read_text('http://127.0.0.1:1/x')",
    "from parquet_metadata('/etc/passwd')",
    "select getenv('HOME')",
    "select * from query('select * from read_text(''/etc/passwd'')')",
    "select * from query_table('/etc/passwd')",
]
WRITES = [
    "create table x as select 1",
    "create table memory.main.x as select 1",
    "insert into runs select * from runs",
    "delete from runs",
    "update runs set graph = 'x'",
    "drop table runs",
    "copy runs to '{root}/stolen.csv'",
    "copy runs to '{root}/.tradegraph/segments/stolen.parquet'",
    "export database '{root}/stolen'",
    "attach '{root}/stolen.duckdb'",
    "attach '/tmp/x.duckdb' as x; select 1",
    "detach tradegraph",
    "use memory",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set lock_configuration = false; select 1",
    "reset enable_external_access",
    "pragma database_list",
    "call pragma_version()",
    "checkpoint",
    "vacuum",
    "prepare q as select 1",
    "execute q",
    "begin",
    "select 1; delete from runs",
    "explain analyze delete from runs",
    "explain analyze copy runs to '{root}/stolen.csv'",
    "with x as (delete from runs returning *) select * from x",
    "with x as (insert into runs select * from runs returning *) from x",
    "/* select */ delete from runs",
    "-- select\ndelete from runs",
    "create secret s (type s3)",
    "load '{root}/nodes/custom/mine.py'",
]


@pytest.mark.parametrize("query", READS + WRITES)
def test_nothing_but_the_project_is_read_and_nothing_is_written(site, past, query):
    before = ask(site, "select count(*) from runs").json()["rows"], past
    files = {path: path.stat().st_size for path in site.root.iterdir()}
    found = ask(site, query.replace("{root}", str(site.root)))
    assert (found.status_code, found.json()["code"]) == (422, "TG604"), found.text
    assert "root:" not in found.text
    assert (ask(site, "select count(*) from runs").json()["rows"], past) == before
    assert {path: path.stat().st_size for path in site.root.iterdir()} == files
    assert not list(site.root.rglob("stolen*"))


def test_a_slow_query_is_stopped_and_others_are_answered_meanwhile(site, past):
    answers = {}

    def slow():
        with site.visitor() as client:
            body = {
                "query": "select max(a.range * b.range % 7) from range(10000000) a, range(10000000) b",
                "seconds": 0.4,
            }
            answers["slow"] = client.post("/api/sql", json=body)

    thread = threading.Thread(target=slow)
    thread.start()
    assert ask(site, "select 1").status_code == 200, past
    thread.join(60)
    assert (answers["slow"].status_code, answers["slow"].json()["code"]) == (422, "TG808")
    assert "0.4 s" in answers["slow"].json()["detail"]


@pytest.mark.parametrize("limits", [{"rows": 0}, {"rows": 10**9}, {"seconds": 0}, {"seconds": 1e9}, {"more": 1}])
def test_limits_have_limits(site, limits):
    assert ask(site, "select 1", **limits).json()["code"] == "TG801"
