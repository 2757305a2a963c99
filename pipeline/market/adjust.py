"""Adjustment: stored prices are what was traded; a read may restate them for splits and dividends.

A bar before an ex-date is multiplied by the factors of that ex-date and of all later ones before the
asked end:

- splits: prices by 1 / split, volume by split;
- dividends: prices by C / (C + dividend), C the unadjusted ex-day close, volume as it was;
- total: prices by C / ((C + dividend) * split) with C the unadjusted ex-day close, volume by split.
  This is the vendors' adjusted close (Alpha Vantage, Yahoo), which assumes that the dividend buys
  shares at the ex-day close;
- forward: the same restatement counted from the first bar on, which keeps its price: a later bar is divided by
  the total factors of the ex-dates up to it. It is what one share of the first bar grew to, and it is point-in-time:
  no bar ever changes because of what came after it.

C is the close of the bar at the ex-date where the panel has one, else the close that was stored with
the action (bars of another timeframe), else the close of the first bar after it; a dividend that has
none of them changes nothing.
"""

from __future__ import annotations

import numpy as np

from pipeline.market.action import Actions
from pipeline.market.part import Floats, Int64s

__all__ = ["factors"]


def factors(ts: Int64s, actions: Actions, closes: Floats | None, *, forward: bool = False) -> tuple[Floats, Floats]:
    """What to multiply the prices and the volume of the bars at `ts` by; `forward` counts from the first of them.

    `closes` are the unadjusted closes of these bars; they are needed only where there are dividends.
    """
    price = 1.0 / actions.split
    if closes is not None and actions.dividend.any():
        close = _ex_day_closes(ts, actions, closes)
        with np.errstate(divide="ignore", invalid="ignore"):
            paid = close / (close + actions.dividend)
        price = np.where((actions.dividend != 0.0) & np.isfinite(paid), paid, 1.0) / actions.split
    later = np.searchsorted(actions.ts, ts, side="right")
    if forward:
        # products of the earlier ones, never of later: a product of all divided by later ones would not be exact
        earlier = later - (later[0] if len(later) else 0)
        known = slice(later[0], None) if len(later) else slice(0)
        return _product_of_earlier(1.0 / price[known])[earlier], _product_of_earlier(1.0 / actions.split[known])[
            earlier
        ]
    return _product_of_later(price)[later], _product_of_later(actions.split)[later]


def _ex_day_closes(ts: Int64s, actions: Actions, closes: Floats) -> Floats:
    if not len(ts):
        return actions.close
    at = np.searchsorted(ts, actions.ts)
    beyond = at == len(ts)
    at = np.minimum(at, len(ts) - 1)
    fallback = np.where(np.isnan(actions.close), np.where(beyond, np.nan, closes[at]), actions.close)
    return np.where(~beyond & (ts[at] == actions.ts), closes[at], fallback)


def _product_of_earlier(values: Floats) -> Floats:
    """Element i is the product of values[:i]; the first, 1.0, is for bars before every action."""
    return np.append(1.0, np.cumprod(values))


def _product_of_later(values: Floats) -> Floats:
    """Element i is the product of values[i:]; one more element, 1.0, for bars after every action."""
    return np.append(np.cumprod(values[::-1])[::-1], 1.0)
