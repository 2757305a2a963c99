"""The lattice of kinds: what may stand in for what."""

import itertools

import pytest

from pipeline.model import kind as kinds
from pipeline.model.kind import ANYTHING, BY_NAME, EVENT, NUMBER, PRICE, RATIO, SIGNAL, TABLE, Kind, Same

ALL = tuple(BY_NAME.values())
TREE = {
    "number": {"price", "volume", "percent", "ratio", "fraction", "returns", "weight", "event"},
    "ratio": {"fraction", "returns"},
    "table": {"equity", "trades", "metrics"},
    "signal": {"event"},
    "anything": {kind.name for kind in ALL if kind.on_axis},
}
"""What a kind takes besides itself, as the design draws it."""


@pytest.mark.parametrize("wide", ALL, ids=str)
def test_a_kind_takes_itself_and_what_lies_below_it_and_nothing_else(wide):
    taken = {narrow.name for narrow in ALL if wide.accepts(narrow)}
    assert taken == {wide.name} | TREE.get(wide.name, set())


def test_taking_is_transitive():
    for a, b, c in itertools.product(ALL, repeat=3):
        if a is not ANYTHING and a.accepts(b) and b.accepts(c):
            assert a.accepts(c), f"{a} takes {b}, {b} takes {c}"


def test_two_kinds_never_take_each_other():
    for a, b in itertools.combinations(ALL, 2):
        assert not (a.accepts(b) and b.accepts(a)), f"{a} and {b}"


def test_a_condition_is_no_number_and_a_number_no_condition():
    condition = BY_NAME["condition"]
    assert not NUMBER.accepts(condition)
    assert not condition.accepts(NUMBER)


def test_a_bundle_is_no_column():
    assert not PRICE.accepts(BY_NAME["bars"])
    assert not EVENT.accepts(SIGNAL)


def test_fields_of_bundles_have_kinds():
    assert {name: kind.name for name, kind in BY_NAME["bars"].fields} == {
        "open": "price",
        "high": "price",
        "low": "price",
        "close": "price",
        "volume": "volume",
    }
    assert [name for name, _ in SIGNAL.fields] == ["event", "strength"]


def test_only_tables_have_rows_of_their_own():
    assert {kind.name for kind in ALL if not kind.on_axis} == {"table"} | TREE["table"]
    assert all(TABLE.accepts(kind) for kind in ALL if not kind.on_axis)


def test_a_narrower_column_is_stored_as_its_wider_kind_or_as_an_event():
    for kind in ALL:
        if kind.wider is not None:
            assert kind.dtype in (kind.wider.dtype, "event")


def test_every_kind_has_an_annotation_that_names_it():
    for name, kind in BY_NAME.items():
        annotation = getattr(kinds, name.capitalize())
        assert annotation.__metadata__ == (kind,)
    assert kinds.SameKind.__metadata__ == (Same(),)


def test_a_kind_cannot_be_changed():
    with pytest.raises(AttributeError):
        RATIO.wider = None


def test_a_kind_of_ones_own_fits_below_a_known_one():
    spread = Kind("spread", "float", "ask less bid", PRICE)
    assert NUMBER.accepts(spread)
    assert not spread.accepts(PRICE)
