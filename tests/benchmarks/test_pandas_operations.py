"""The benchmark of single operations measures each of them on both sides."""

from __future__ import annotations

from benchmarks.pandas_operations import OPERATIONS, operations


def test_every_operation_is_measured_at_every_size() -> None:
    table = operations([60], 1)
    assert [row["operation"] for row in table.rows] == list(OPERATIONS)
    assert all(row["times at 60"] > 0 and row["ms at 60"] > 0 for row in table.rows)
