from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import MarketError
from pipeline.market import Market, MemoryMarket, synthesise
from pipeline.market.importing import import_frame
from pipeline.model.bars import BarsRequest

UNIVERSE = synthesise(3, "1d", dt.datetime(2019, 1, 1), 700, 3)
UNIVERSE = UNIVERSE.with_columns(
    split=pl.when(pl.col("symbol").eq("SYN0002") & pl.col("ts").eq(dt.datetime(2020, 3, 2, tzinfo=dt.UTC)))
    .then(3.0)
    .otherwise("split")
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    market = Market(tmp_path_factory.mktemp("pair") / "market")
    import_frame(market, UNIVERSE, "1d", source="test")
    return market, MemoryMarket({"1d": UNIVERSE.sample(fraction=1.0, shuffle=True, seed=1)})


@given(
    end=st.none() | st.datetimes(dt.datetime(2019, 1, 2), dt.datetime(2022, 6, 1)),
    adjust=st.sampled_from(["none", "splits", "total"]),
    symbols=st.none() | st.sets(st.sampled_from(["SYN0001", "SYN0002", "SYN0003"]), min_size=1).map(tuple),
)
@settings(derandomize=True, max_examples=40, deadline=None)
def test_memory_and_disk_give_the_same_digests_and_bars(pair, end, adjust, symbols) -> None:
    disk, memory = pair
    request = BarsRequest("1d", symbols, end=end, adjust=adjust)
    resolved = disk.resolve(request)
    assert memory.resolve(request) == resolved
    columns = ["open", "close", "volume"]
    one, two = disk.read(resolved, columns), memory.read(resolved, columns)
    assert one.offsets.tolist() == two.offsets.tolist()
    assert one.ts.equals(two.ts)
    for name in columns:
        assert one.columns[name].series.equals(two.columns[name].series)


def test_memory_knows_the_same_errors(days) -> None:
    market = MemoryMarket({"1d": days("A")})
    for request, code in [
        (BarsRequest("1h"), "TG302"),
        (BarsRequest("1d", ("B",)), "TG301"),
        (BarsRequest("1d", start=dt.datetime(2021, 1, 1)), "TG303"),
    ]:
        with pytest.raises(MarketError) as caught:
            market.resolve(request)
        assert caught.value.faults[0].code == code
    other = MemoryMarket({"1d": days("A", close=5.0)})
    with pytest.raises(MarketError) as caught:
        other.read(market.resolve(BarsRequest("1d")), ["close"])
    assert caught.value.faults[0].code == "TG307"
