"""The tables of tradegraph.duckdb, and the version of their layout."""

from __future__ import annotations

__all__ = ["DDL", "NODE_TABLES", "RUN_TABLES", "SCHEMA_VERSION", "SHOWN"]

SCHEMA_VERSION = 1

RUN_TABLES = (
    "runs", "nodes", "node_timings", "retries", "failures", "metrics", "trades", "warnings", "plugins", "cells",
    "cell_keys",
)  # fmt: skip
"""Tables whose rows belong to a run by `run_id`; each is one Parquet file of a journal."""

NODE_TABLES = ("nodes", "node_timings", "retries", "failures", "metrics", "trades")
"""Those of them whose rows belong to a node."""

SHOWN = "status not in ('running', 'killed')"
"""The runs that views show: a run in progress has not all of its values yet, a killed one never will."""

DDL = """
create table if not exists store (schema_version integer, root varchar, layout varchar);
comment on table store is 'one row: the version of the tables, the folder that views point into, digest of the DDL';

create table if not exists runs (
    run_id varchar, graph varchar, status varchar, started_at timestamptz, finished_at timestamptz,
    seconds double, compile_ms double, peak_bytes bigint, computed integer, cached integer, failed integer,
    skipped integer, params varchar, settings varchar, versions varchar, worker varchar, file varchar
);
alter table runs add column if not exists bars varchar;
alter table runs add column if not exists text varchar;
comment on table runs is
    'one row per run and graph; params, settings, versions and bars (what was asked of the market) are JSON; '
    'text: the graph file as it was, null beyond 100,000 characters';

create table if not exists nodes (
    run_id varchar, graph varchar, node varchar, node_type varchar, category varchar, style varchar,
    key varchar, recipe varchar, code varchar, params varchar, upstream varchar, data varchar,
    stored varchar, versions varchar, warmup integer, columns varchar, kinds varchar, range_start timestamptz,
    origin varchar
);
comment on table nodes is 'where each value comes from: code, params, upstream and data digests behind its key';

create table if not exists node_timings (
    run_id varchar, graph varchar, node varchar, node_type varchar, symbol varchar, key varchar,
    status varchar, ms double, cpu_ms double, rows bigint, bytes bigint, worker varchar, started_at timestamptz,
    tries integer, fallback varchar
);
alter table node_timings add column if not exists tries integer;
alter table node_timings add column if not exists fallback varchar;
alter table node_timings add column if not exists isolation varchar;
comment on table node_timings is
    'ms, cpu_ms (of the last try), tries: null unless computed or failed; symbol: null for all symbols at once; '
    'fallback: what of pandas the adapter lacks, when the node was run again on real pandas; '
    'isolation: the worker that called it, and what held that in; null for the engine''s own process';

create table if not exists retries (
    run_id varchar, graph varchar, node varchar, symbol varchar, attempt integer, ms double, code varchar,
    message varchar
);
comment on table retries is 'tries that failed and were followed by another; the last one is in failures or succeeded';

create table if not exists failures (
    run_id varchar, graph varchar, node varchar, symbol varchar, code varchar, message varchar,
    cause varchar, traceback varchar
);

create table if not exists metrics (
    run_id varchar, graph varchar, node varchar, symbol varchar, metric varchar, value double
);

create table if not exists trades (
    run_id varchar, graph varchar, node varchar, symbol varchar, trade_id bigint, direction varchar, status varchar,
    entry_idx bigint, entry_time timestamptz, entry_price double, size double, entry_fee double,
    exit_idx bigint, exit_time timestamptz, exit_price double, exit_fee double, pnl double, "return" double,
    exit_reason varchar
);
comment on table trades is 'every trade of every back-test; idx counts the bars of the symbol in the range, from 0';

create table if not exists warnings (
    run_id varchar, graph varchar, code varchar, message varchar, hint varchar, file varchar, line bigint,
    "column" bigint
);
comment on table warnings is 'what was said about a graph when it ran: allowed, but worth knowing';

create table if not exists plugins (
    run_id varchar, path varchar, origin varchar, digest varchar, ids varchar, status varchar, reason varchar,
    signature varchar, code varchar, line integer, hint varchar
);
alter table plugins add column if not exists signature varchar;
alter table plugins add column if not exists code varchar;
alter table plugins add column if not exists line integer;
alter table plugins add column if not exists hint varchar;
comment on table plugins is 'the plugin files that a run found: loaded, kept in an older version, or refused and why';

create table if not exists plugin_events (
    happened_at timestamptz, event varchar, plugin varchar, path varchar, digest varchar, version varchar,
    signature varchar, code varchar, message varchar, hint varchar, line integer
);
comment on table plugin_events is
    'what happened to plugin files: loaded, refused, kept, disabled, gone, installed, removed';

create table if not exists plugin_calls (
    called_at timestamptz, plugin varchar, rows bigint, ms double, slow boolean, code varchar, message varchar
);
comment on table plugin_calls is
    'calls of plugins from Python (those of nodes are in node_timings); slow: longer than max_execution_time_ms';

create table if not exists certificates (
    node_type varchar, category varchar, style varchar, code varchar, params varchar, verdict varchar,
    broken varchar, law varchar, message varchar, output varchar, symbol varchar, bar bigint, ts timestamptz,
    expected double, got double, laws integer, tried integer, rows bigint, warmup bigint, measured_warmup bigint,
    drift double, settled bigint, versions varchar, ms double, verified_at timestamptz
);
comment on table certificates is 'which laws a node type keeps: the latest verdict per code digest and params';

create table if not exists cells (
    run_id varchar, graph varchar, cell integer, status varchar, node varchar, message varchar, params varchar
);
comment on table cells is
    'the cells of sweeps: params is JSON; node is the one that failed; the tables of nodes have the first cell of each';
alter table nodes add column if not exists cell integer;
alter table node_timings add column if not exists cell integer;
alter table retries add column if not exists cell integer;
alter table failures add column if not exists cell integer;
alter table metrics add column if not exists cell integer;
alter table trades add column if not exists cell integer;

create table if not exists cell_keys (run_id varchar, graph varchar, node varchar, key varchar, cells integer[]);
comment on table cell_keys is 'columns that a sweep keeps: under which key they rest, and which cells they are of';

create table if not exists outputs (run_id varchar, graph varchar, output varchar, node varchar, key varchar);
comment on table outputs is 'declared outputs that are real tables, one per graph and output: those of the latest run';

create table if not exists objects (
    key varchar, recipe varchar, data varchar, segment varchar, holder varchar, until timestamptz, rows bigint,
    bytes bigint
);
comment on table objects is 'which segment file holds the value of a key; with another holder it is a part of that';

create table if not exists panels (
    data varchar, symbols varchar[], digests varchar[], sources varchar[], ends varchar[]
);
comment on table panels is 'the bars below values, by data digest: symbols, a digest of each, sources and their ends';

create table if not exists landed (journal varchar);
comment on table landed is 'journals that are in here and may still lie in the project';

create table if not exists shown (graph varchar, name varchar, definition varchar);
comment on table shown is 'what the views and tables in graph schemas are made of; only changed ones are made again';
"""
