"""A call in portable form comes back as it was."""

import datetime as dt
import json

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.execution.arguments import flat
from pipeline.execution.attempt import Call
from pipeline.execution.parcel import call_of, dtypes_of, head_of
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.model.kind import NUMBER
from pipeline.model.node import NodeType, Output
from pipeline.model.param import ParamSet

PROPERTY = settings(derandomize=True, max_examples=40, deadline=None, database=None)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, dt.UTC])),
    st.times(),
    st.timedeltas(),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS), st.lists(SCALARS).map(tuple))
NODE = NodeType(
    id="any", category="indicator", style="table", scope="symbol", ports=(), outputs=(Output("value", NUMBER),),
    params=ParamSet(), fn=len, code="c0de", origin="any.py",
)  # fmt: skip


def types(value):
    return [types(item) for item in value] if isinstance(value, list | tuple) else type(value)


def there_and_back(call: Call) -> Call:
    head = json.loads(json.dumps(head_of(call)))
    assert dtypes_of(head) == [column.dtype for column in flat(call.ports)]
    assert (head["node_type"], head["code"], head["origin"]) == ("any", "c0de", "any.py")
    return call_of(head, call.node, call.panel.ts, flat(call.ports))


@PROPERTY
@given(st.dictionaries(st.text(), VALUES))
def test_params_keep_value_and_type(params) -> None:
    panel = Panel((), np.array([0]), pl.Series([], dtype=pl.Datetime("us", "UTC")), {})
    back = there_and_back(Call(NODE, [], params, [], panel))
    assert back.params == params
    assert list(map(types, back.params.values())) == list(map(types, params.values()))


def test_ports_columns_and_symbols_keep_their_shape() -> None:
    number = Column(array=np.array([1.0, np.nan, 3.0]))
    event = Column(dtype="event", array=np.array([1.0, np.nan, -1.0]))
    truth = Column(dtype="bool", array=np.array([1.0, np.nan, 0.0]))
    ts = pl.Series("ts", [dt.datetime(2024, 1, n, tzinfo=dt.UTC) for n in (1, 2, 1)])
    panel = Panel(("B", "é"), np.array([0, 2, 3]), ts, {})
    ports = [number, None, {"event": event, "strength": number}, truth]
    back = there_and_back(Call(NODE, ports, {}, [("a", "event"), ("b", "float")], panel))
    assert back.ports == ports
    assert back.columns == [("a", "event"), ("b", "float")]
    assert back.panel.symbols == ("B", "é")
    assert back.panel.offsets.tolist() == [0, 2, 3]
    assert back.panel.offsets.dtype == np.int64
