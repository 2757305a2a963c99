"""Keeper of runs: segments on disk, journals, and the published DuckDB file that SQL asks.

A run writes values to `segment` files and its record to a `journal`; `publish` merges journals into a
copy of `tradegraph.duckdb` and renames it into place, so readers are never blocked and a crash loses
nothing that was acknowledged. `tables` is the schema, `views` shows node outputs, `query` answers.
DuckDB lives here and nowhere else. A stranger to `plugins`, `market` and `report`.
"""
