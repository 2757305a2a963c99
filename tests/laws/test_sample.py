"""Samples: bars that stay bars, the same every time, whatever is cut off them."""

import numpy as np

from pipeline import Bars, Condition, Event, Number, Signal, Volume, indicator
from pipeline.laws.sample import draw


@indicator
def everything(bars: Bars, volume: Volume, event: Event, flag: Condition, signal: Signal, x: Number = None) -> Number:
    """Takes one port of every sort."""
    return x


def test_bars_are_bars_and_symbols_are_uneven():
    sample = draw(everything, 100)
    bars = {name: column.array for name, column in sample.ports[0].items()}
    assert (bars["low"] <= np.minimum(bars["open"], bars["close"])).all()
    assert (bars["high"] >= np.maximum(bars["open"], bars["close"])).all()
    lengths = [stop - start for start, stop in sample.segments]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(lengths)) == 3


def test_a_sample_is_the_same_every_time():
    first, second = draw(everything, 50), draw(everything, 50)
    for name, column in first.ports[0].items():
        np.testing.assert_array_equal(column.array, second.ports[0][name].array)


def test_cuts_take_rows_of_every_symbol():
    sample = draw(everything, 50)
    assert [stop - start for start, stop in sample.until(7).segments] == [7, 7, 7]
    assert sample.since(10).segments[0] == (0, 40)
    assert sample.alone(1).panel.symbols == ("BBB",)
    assert sample.since(10).panel.ts[0] == sample.panel.ts[10]


def test_gaps_are_missing_on_every_port_and_leave_the_last_quarter_whole():
    sample = draw(everything, 80, "gaps")
    for port in sample.ports[1:4]:
        assert np.isnan(port.array[list(sample.gaps)]).all()
        assert not np.isnan(port.array[60:80]).any()


def test_moods_are_what_they_are_called():
    flat, idle = draw(everything, 30, "flat"), draw(everything, 30, "no volume")
    assert len(set(flat.ports[0]["close"].array)) == 1
    assert set(idle.ports[1].array) == {0.0}


def test_there_may_be_no_rows_at_all():
    assert len(draw(everything, 0).panel) == 0
