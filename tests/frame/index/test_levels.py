"""Labels of several levels, as grouping by two keys makes them, against pandas."""

from __future__ import annotations

import pytest

import pipeline.frame as pd

# the same labels in every table, so that keys are there to be found
MADE = (
    "pd.DataFrame({'k': ['a', 'a', 'b', 'b', 'c'], 'u': [1, 2, 1, 2, 1], 'x': [1., 2., 3., 4., 5.],"
    " 'y': [9., 8., 7., 6., 5.]})"
)
FRAME = f"{MADE}.groupby(['k', 'u'])[['x', 'y']].sum()"
SERIES = f"{MADE}.groupby(['k', 'u'])['x'].sum()"


def test_labels_may_be_given_by_their_first_levels(agrees) -> None:
    agrees(
        f"{FRAME}.loc['a']",
        f"{FRAME}.loc[('a', 1)].tolist()",
        f"{FRAME}.loc['a', 'x']",
        f"{FRAME}.loc[('a', 1), 'x']",
        f"{FRAME}.at[('a', 1), 'x']",
        f"{FRAME}.loc[['a', 'c']]",
        f"{FRAME}.loc[[('a', 1), ('b', 2)]]",
        f"{FRAME}.loc['z']",
        f"{SERIES}.loc['a']",
        f"{SERIES}['a']",
        f"{SERIES}.loc[('a', 1)]",
        f"'a' in {FRAME}.index, ('a', 1) in {FRAME}.index, 'z' in {FRAME}.index",
        high=1,
    )


def test_levels_may_be_cut(agrees) -> None:
    agrees(
        f"{FRAME}.loc['a':'b']",
        f"{FRAME}.loc[('a', 1):('b', 1)]",
        f"{FRAME}.loc[(slice(None), 1), :]",
        f"{FRAME}.loc[pd.IndexSlice[:, 1], :]",
        f"{FRAME}.loc[pd.IndexSlice['a':'b', 2], 'x']",
        f"{FRAME}.loc[pd.IndexSlice[['a', 'c'], :], :]",
        f"{SERIES}.loc[:, 1]",
        f"{FRAME}.xs(1, level='u')",
        f"{FRAME}.query('u == 1')",
        high=1,
    )


def test_levels_are_put_in_another_order(agrees) -> None:
    agrees(
        f"{FRAME}.sort_index(level='u')",
        f"{FRAME}.sort_index(level='u', ascending=False)",
        f"{FRAME}.reorder_levels(['u', 'k'])",
        f"{FRAME}.swaplevel().sort_index()",
        f"{FRAME}.unstack()['x']",
        f"{FRAME}.groupby(level='k').sum()",
        high=1,
    )


@pytest.mark.parametrize(
    ("key", "column", "rows"), [(("a", 1), "x", [0]), ("a", "x", [0, 1]), (slice("a", "b"), "y", [0, 1, 2, 3])]
)
def test_writing_reaches_every_row_that_a_key_names(key: object, column: str, rows: list[int]) -> None:
    frame = eval(FRAME, {"pd": pd})
    frame.loc[key, column] = 0.0
    assert [place for place, value in enumerate(frame[column]) if value == 0.0] == rows
    assert len(frame) == 5
