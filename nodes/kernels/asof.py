"""The latest bar of another axis that is over when a bar of these rows is."""

import datetime as dt

import polars as pl


def latest(rows: pl.DataFrame, other: pl.DataFrame, *, symbol: str | None, delay: dt.timedelta) -> pl.DataFrame:
    """`rows` with `value` of `other` and `at`, the row of `other` that it is from; both null where none is over yet.

    A bar of `other` is seen by the first of `rows` that ends when it does, or later; `delay` is added to its end.
    With `symbol` that one's values are for all symbols. Ends never go back within a symbol.
    """
    known = other.with_columns(end=pl.col("end") + delay, at=pl.int_range(pl.len(), dtype=pl.Int64))
    wanted = ["symbol", "end", "value", "at"]
    if symbol is not None:
        known = known.filter(pl.col("symbol") == symbol)
        if not len(known):
            there = ", ".join(other["symbol"].unique().sort().head(8))
            raise ValueError(f"there is no {symbol!r} among the symbols of `x`: {there}")
        known = known.select("end", "value", "at")
        # sorted by end over all symbols, and back: an asof join by no key needs one order
        order = rows.with_row_index("row").sort("end")
        joined = order.join_asof(known, on="end", strategy="backward")
        return joined.sort("row").drop("row")
    return rows.join_asof(known.select(wanted), on="end", by="symbol", strategy="backward", check_sortedness=False)
