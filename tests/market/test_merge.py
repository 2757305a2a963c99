"""Merging against a model: a dict from ts to row."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.market.merge import merge
from pipeline.market.part import Part, Rows, encode_part

DAY = 86_400_000_000
HOUR = DAY // 24


def rows_of(cells: dict[int, float], unit: int) -> Rows:
    at = sorted(cells)
    return Rows(np.array(at, dtype=np.int64) * unit, tuple(np.array([cells[i] + k for i in at]) for k in range(5)))


class Shelf:
    """Parts in memory, written as a store would."""

    def __init__(self, timeframe: str) -> None:
        self.timeframe = timeframe
        self.parts: tuple[Part, ...] = ()
        self.files: dict[Part, Rows] = {}

    def put(self, rows: Rows) -> None:
        merged = merge(self.parts, rows, timeframe=self.timeframe, read=self.files.__getitem__)
        fresh = []
        for draft in merged.drafts:
            rows, spans = draft
            part = Part(f"{spans[0].first}", rows.digest(), 0, spans)
            self.files[part] = draft[0]
            fresh.append(part)
        self.counts = merged.new, merged.replaced, merged.unchanged
        self.parts = tuple(sorted([*merged.kept, *fresh], key=lambda part: part.first))

    def spans_before(self, end: int) -> list[str]:
        return [span.digest for part in self.parts for span in part.spans if span.first < end]


imports = st.lists(
    st.dictionaries(st.integers(0, 900), st.integers(1, 3).map(float), min_size=1, max_size=25), max_size=6
)


@given(imports, st.sampled_from([("1d", DAY), ("1h", HOUR), ("1m", HOUR * 7)]))
@settings(derandomize=True, max_examples=60, deadline=None)
def test_any_sequence_of_imports_leaves_the_last_row_of_each_time(batches, scale) -> None:
    timeframe, unit = scale
    shelf, model = Shelf(timeframe), {}
    for batch in batches:
        new = sum(at not in model for at in batch)
        replaced = sum(at in model and model[at] != value for at, value in batch.items())
        shelf.put(rows_of(batch, unit))
        model |= batch
        assert shelf.counts == (new, replaced, len(batch) - new - replaced)
    if not model:
        return
    joined = Rows.join([shelf.files[part] for part in shelf.parts])
    assert joined.digest() == rows_of(model, unit).digest()
    for part in shelf.parts:
        rows = shelf.files[part]
        assert part.rows == len(rows)
        for span in part.spans:
            piece = rows.take((rows.ts >= span.first) & (rows.ts <= span.last))
            assert (len(piece), piece.digest()) == (span.rows, span.digest)


@given(imports, st.integers(1, 30))
@settings(derandomize=True, max_examples=40, deadline=None)
def test_an_append_changes_no_span_before_it(batches, more) -> None:
    shelf = Shelf("1d")
    for batch in batches:
        shelf.put(rows_of(batch, DAY))
    end = 901 * DAY
    before = shelf.spans_before(end)
    for first in range(901, 901 + more):
        shelf.put(rows_of({first: 1.0}, DAY))
    assert shelf.spans_before(end) == before


def test_five_hundred_daily_appends_leave_few_parts() -> None:
    shelf = Shelf("1d")
    shelf.put(rows_of(dict.fromkeys(range(3000), 1.0), DAY))
    for day in range(3000, 3500):
        shelf.put(rows_of({day: 1.0}, DAY))
    assert len(shelf.parts) <= 10


def test_minutes_rest_in_monthly_parts_and_hours_in_yearly_ones() -> None:
    minutes, hours = Shelf("1m"), Shelf("1h")
    minutes.put(rows_of(dict.fromkeys(range(90), 1.0), DAY))
    hours.put(rows_of(dict.fromkeys(range(800), 1.0), DAY))
    names = [encode_part(minutes.files[part], part.spans)[0].period for part in minutes.parts]
    assert names == ["19700101-19700131", "19700201-19700228", "19700301-19700331"]
    assert len(hours.parts) == 3


def test_a_correction_leaves_the_digests_of_other_years() -> None:
    shelf = Shelf("1d")
    shelf.put(rows_of(dict.fromkeys(range(1200), 1.0), DAY))
    before = shelf.spans_before(2_000 * DAY)
    shelf.put(rows_of({800: 2.0}, DAY))
    after = shelf.spans_before(2_000 * DAY)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, True]
