"""What the adapter lacks is an error with a name, and on record even when a plugin swallows it."""

from __future__ import annotations

import contextlib
import threading
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest

import pipeline.frame as pd
from pipeline.errors import PluginError
from pipeline.frame.library.pandas_names import pandas_names

FRAME = pd.DataFrame(
    {"close": [1.0, 2.0, 3.0], "when": pd.date_range("2023-01-01", periods=3), "side": ["a", "b", "c"]}
)
OWNERS: dict[str, Any] = {
    "module": pd,
    "frame": FRAME,
    "series": FRAME["close"],
    "index": FRAME.index,
    "window": FRAME["close"].rolling(2),
    "group": FRAME.groupby("side"),
    "dt": FRAME["when"].dt,
    "str": FRAME["side"].str,
}


def lacks(owner: Any, name: str) -> bool:
    # a property that does not fit (a text column has no clock) is no gap
    if name in dir(type(owner)):
        return False
    with pd.recorded_gaps():
        try:
            getattr(owner, name)
        except pd.AdapterGap:
            return True
        except AttributeError:
            return False
    return False


@pytest.mark.parametrize("section", OWNERS)
def test_every_name_of_pandas_is_there_or_a_recorded_gap(section: str) -> None:
    owner = OWNERS[section]
    lost = sorted(name for name in pandas_names()[section] if lacks(owner, name))
    assert lost
    for name in lost:
        with pd.recorded_gaps() as gaps, contextlib.suppress(Exception):
            getattr(owner, name)
        assert [gap.operation.rpartition(".")[2] for gap in gaps] == [name]
        assert not hasattr(owner, name)


@pytest.mark.parametrize("section", OWNERS)
def test_a_name_that_pandas_has_not_is_a_plain_slip(section: str) -> None:
    with pd.recorded_gaps() as gaps, pytest.raises(AttributeError) as caught:
        _ = OWNERS[section].rollling
    assert not isinstance(caught.value, pd.AdapterGap)
    assert not gaps


@pytest.mark.parametrize(
    "code",
    [
        "df.close.to_sql('x', None)",
        "df.to_hdf('x', 'y')",
        "df.close.interpolate(method='spline')",
        "df.to_excel('x.xlsx')",
        "df.plot",
        "pd.read_html('x.html')",
        "pd.SparseDtype",
        "pd.merge(df, df, on='side', how='left_anti')",
        "pd.concat([df.close, df.close], levels=[[1, 2]])",
        "df.close.corr(df.close, method='kendall')",
        "df.fillna(0, axis=1)",
        "df.close.shift(1, axis=1)",
        "df.close.cumsum(axis=1)",
        "df.close.astype(float, errors='ignore')",
        "df.isin({'close': [1]})",
        "df.set_index('when').resample('ME', closed='left')",
    ],
)
def test_a_gap_is_recorded_even_when_it_is_swallowed(code: str) -> None:
    plugin = compile(f"try:\n    {code}\nexcept Exception as error:\n    caught = error\n", "plugin.py", "exec")
    names: dict[str, Any] = {"df": FRAME, "pd": pd}
    with pd.recorded_gaps() as gaps:
        exec(plugin, names)
    assert isinstance(names["caught"], pd.AdapterGap)
    assert isinstance(names["caught"], PluginError)
    assert names["caught"].code == "TG407"
    assert len(gaps) == 1
    assert gaps[0].place is not None
    assert (gaps[0].place.file, gaps[0].place.line) == ("plugin.py", 2)


def test_a_gap_names_what_is_missing_and_why() -> None:
    with pytest.raises(pd.UnsupportedCall, match=r"concat does not take this: levels=\[\[1\]\]"):
        pd.concat([FRAME.close], levels=[[1]])
    with pytest.raises(pd.MissingName, match=r"does not have DataFrame\.to_excel"):
        FRAME.to_excel("x")


def test_gaps_of_threads_are_recorded() -> None:
    def swallow() -> None:
        with contextlib.suppress(Exception):
            FRAME.to_excel("x")

    with pd.recorded_gaps() as gaps:
        thread = threading.Thread(target=swallow)
        thread.start()
        thread.join()
    assert [gap.operation for gap in gaps] == ["DataFrame.to_excel"]


def test_gaps_are_recorded_for_every_open_record_and_none_after() -> None:
    with pd.recorded_gaps() as outer:
        with pd.recorded_gaps() as inner, contextlib.suppress(AttributeError):
            FRAME.to_excel("x")
        with contextlib.suppress(AttributeError):
            FRAME.plot()
    with contextlib.suppress(AttributeError):
        FRAME.plot()
    assert [gap.operation for gap in inner] == ["DataFrame.to_excel"]
    assert [gap.operation for gap in outer] == ["DataFrame.to_excel", "DataFrame.plot"]


@pytest.mark.parametrize("zone", ["+01:15", "UTC-3", "dateutil/Europe/Berlin"])
def test_a_time_zone_that_is_no_name_of_the_database_is_a_recorded_gap(zone: str) -> None:
    times = pd.DatetimeIndex(["2024-01-01 09:30"])
    for ask in (times.tz_localize, times.tz_localize("UTC").tz_convert, lambda tz: pd.Timestamp("2024-01-01", tz=tz)):
        with pd.recorded_gaps() as gaps, pytest.raises(pd.AdapterGap, match="time zone"):
            ask(zone)
        assert [gap.operation for gap in gaps] == ["tz"]


def test_an_unknown_time_zone_is_the_error_that_pandas_raises() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        pd.DatetimeIndex(["2024-01-01"]).tz_localize("Nowhere/Nothing")
