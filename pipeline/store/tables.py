"""The tables of tradegraph.duckdb, and the version of their layout."""

from __future__ import annotations

__all__ = ["DDL", "RUN_TABLES", "SCHEMA_VERSION"]

SCHEMA_VERSION = 1

RUN_TABLES = ("runs", "nodes", "node_timings", "failures", "metrics", "plugins")
"""Tables whose rows belong to a run by `run_id`; each is one Parquet file of a journal."""

DDL = """
create table if not exists store (schema_version integer, root varchar);

create table if not exists runs (
    run_id varchar, graph varchar, status varchar, started_at timestamptz, finished_at timestamptz,
    seconds double, compile_ms double, computed integer, cached integer, failed integer, skipped integer,
    params varchar, settings varchar, versions varchar, worker varchar, file varchar
);
comment on table runs is 'one row per run and graph; params, settings and versions are JSON';

create table if not exists nodes (
    run_id varchar, graph varchar, node varchar, node_type varchar, category varchar, style varchar,
    key varchar, recipe varchar, code varchar, params varchar, upstream varchar, data varchar,
    versions varchar, warmup integer, columns varchar, kinds varchar, range_start timestamptz, origin varchar
);
comment on table nodes is 'where each value comes from: code, params, upstream and data digests behind its key';

create table if not exists node_timings (
    run_id varchar, graph varchar, node varchar, node_type varchar, symbol varchar, key varchar,
    status varchar, ms double, cpu_ms double, rows bigint, bytes bigint, worker varchar, started_at timestamptz
);
comment on table node_timings is 'ms, cpu_ms: null unless computed or failed; symbol: null for all symbols at once';

create table if not exists failures (
    run_id varchar, graph varchar, node varchar, symbol varchar, code varchar, message varchar,
    cause varchar, traceback varchar
);

create table if not exists metrics (
    run_id varchar, graph varchar, node varchar, symbol varchar, metric varchar, value double
);

create table if not exists plugins (
    run_id varchar, path varchar, origin varchar, digest varchar, ids varchar, status varchar, reason varchar
);

create table if not exists certificates (
    node_type varchar, category varchar, style varchar, code varchar, params varchar, verdict varchar,
    broken varchar, law varchar, message varchar, output varchar, symbol varchar, bar bigint, ts timestamptz,
    expected double, got double, laws integer, tried integer, rows bigint, warmup bigint, measured_warmup bigint,
    drift double, settled bigint, versions varchar, ms double, verified_at timestamptz
);
comment on table certificates is 'which laws a node type keeps: the latest verdict per code digest and params';

create table if not exists outputs (run_id varchar, graph varchar, output varchar, node varchar, key varchar);
comment on table outputs is 'declared outputs that are real tables, one per graph and output: those of the latest run';

create table if not exists objects (key varchar, segment varchar, rows bigint, bytes bigint);
comment on table objects is 'which segment file holds the value of a key';

create table if not exists shown (graph varchar, name varchar, definition varchar);
comment on table shown is 'what the views and tables in graph schemas are made of; only changed ones are made again';
"""
