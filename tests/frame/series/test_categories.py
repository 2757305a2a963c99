"""Columns of few values in an order of their own, against pandas."""

from __future__ import annotations

import pytest

import pipeline.frame as pd

RANKED = "df.side.astype(pd.CategoricalDtype(['sell', 'hold', 'buy'], ordered=True))"
BINNED = "pd.cut(df.price, [0, 5, 10, 15, 99], labels=['low', 'mid', 'high', 'top'])"


def test_categories_have_the_order_that_they_are_given(agrees) -> None:
    agrees(
        f"{RANKED}.cat.codes",
        f"list({RANKED}.cat.categories)",
        f"str({RANKED}.dtype)",
        f"{RANKED}.dtype == 'category'",
        f"{RANKED}.sort_values(kind='stable').astype(object)",
        f"{RANKED} == 'buy'",
        f"{RANKED} > 'sell'",
        f"{RANKED}.max()",
        f"{RANKED}.astype(str)",
        f"{RANKED}.map({{'sell': -1, 'hold': 0, 'buy': 1}}).astype(float)",
        f"df.assign(side={RANKED}).sort_values(['side', 'volume'], kind='stable').price",
        f"df.assign(side={RANKED})[df.flag].side.cat.codes",
        f"list(df.assign(side={RANKED}).select_dtypes('category').columns)",
        "df.side.astype('category').cat.codes",
        "df.volume.astype('category').cat.codes",
        "df.assign(volume=df.volume.astype('category'))[['price', 'volume']].dtypes.astype(str)",
        "df.side.cat.codes",
        low=1,
    )


def test_categories_are_changed_as_in_pandas(agrees) -> None:
    agrees(
        f"{RANKED}.cat.rename_categories({{'buy': 'long'}}).astype(object)",
        f"{RANKED}.cat.set_categories(['hold', 'buy']).astype(object)",
        f"{RANKED}.cat.reorder_categories(['buy', 'hold', 'sell']).cat.codes",
        f"list({RANKED}.cat.add_categories(['exit']).cat.categories)",
        f"list({RANKED}.cat.remove_unused_categories().cat.categories)",
        f"{RANKED}.cat.remove_categories(['hold']).astype(object)",
        f"{RANKED}.cat.as_unordered().cat.ordered",
        f"{RANKED}.ffill().astype(object)",
        f"{RANKED}.fillna('hold').cat.codes",
        low=1,
    )


def test_groups_and_tables_come_in_the_order_of_the_categories(agrees) -> None:
    agrees(
        f"df.groupby({BINNED}, observed=True).price.sum()",
        f"df.groupby({RANKED}, observed=True).volume.agg(['sum', 'max'])",
        f"df.groupby([{RANKED}, 'flag'], observed=True).price.mean()",
        f"df.groupby({BINNED}, observed=True).price.transform('mean')",
        f"{BINNED}.value_counts(sort=False)",
        f"{BINNED}.cat.codes",
        f"df.assign(bin={BINNED}).pivot_table(index='bin', columns='flag', values='price', observed=True)",
        f"pd.get_dummies({RANKED}).astype(int)",
        "pd.cut(df.price, [0, 9, 99]).cat.codes",
        low=1,
    )


def test_a_value_that_is_no_category_is_refused() -> None:
    with pytest.raises(TypeError, match="new category"):
        pd.Series(["buy", None]).astype("category").fillna("exit")


def test_groups_of_categories_without_rows_are_groups_when_asked_for_and_a_gap_among_several_keys() -> None:
    frame = pd.DataFrame({"x": [1.0], "k": pd.Categorical(["a"], categories=["a", "b"])})
    assert frame.groupby("k", observed=False)["x"].sum().to_dict() == {"a": 1.0, "b": 0.0}
    assert frame.groupby("k", observed=False).size().to_dict() == {"a": 1, "b": 0}
    with pytest.raises(pd.AdapterGap, match="a category has no rows"):
        frame.groupby(["k", "x"], observed=False)
