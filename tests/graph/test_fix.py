"""Fixes: certain ones alone, made at the places of nodes, the rest of the text untouched."""

import pytest

from pipeline.errors import Edit, GraphError, Place
from pipeline.graph.check import check_file, check_text
from pipeline.graph.fix import fixed, write_fixes

TEXT = """\
# keep me
tradegraph: 1   # and me
params: {p: {type: int, default: 3}}
bars:
  daily: {timeframe: 1d}
nodes:
  a: {use: smaa, in: dayly.close, with: {perod: $q}}   # misspelt
  b: {use: scale, in: a, with: {factor: 2, log: yes}}
  c: {use: held, in: d}
  d: {use: custom, in: daily, with: {param1: 3.0}}
  e: {use: corss, in: {fasst: a, slow: b}}
"""


def test_every_certain_remedy_is_carried_out_and_nothing_else(tmp_path, registry):
    file = tmp_path / "g.yaml"
    file.write_bytes(("\ufeff" + TEXT.replace("$q", "$pp").replace("\n", "\r\n")).encode())
    counts = 0
    for _ in range(9):
        try:
            check_file(file, registry)
            break
        except GraphError as error:
            counts += sum(write_fixes(error.faults).values())
    text = file.read_bytes().decode()
    assert text.startswith("\ufeff# keep me\r\ntradegraph: 1   # and me\r\n")
    for right in (
        "a: {use: sma, in: daily.close, with: {period: $pp}}   # misspelt\r\n",
        "log: true}",
        "c: {use: held, in: d.event}",
        "param1: 3}",
        "e: {use: cross, in: {fast: a, slow: b}}",
    ):
        assert right in text
    assert counts == 8


def test_a_name_is_never_mended_into_one_that_stands_beside_it(node_faults):
    (fault,) = node_faults(["a: {use: sma, in: daily.close, with: {‸perod: 3, period: 4}}"], "TG221")
    assert fault.hint == "Did you mean 'period'?"
    assert fault.fix == ()


def test_what_is_as_close_to_two_names_is_left_to_the_author(node_faults):
    (fault,) = node_faults(["ab1: {use: sma, in: daily.close}", "ab2: {use: sma, in: daily.close}", "c: {use: sma, in: ‸ab3}"], "TG202")  # fmt: skip  # noqa: E501
    assert fault.hint.startswith("Did you mean")
    assert fault.fix == ()


def test_a_missing_version_is_put_on_the_first_line(registry):
    with pytest.raises(GraphError) as caught:
        check_text("# c\nbars: {d: {timeframe: 1d}}\nnodes: {a: {use: sma, in: d.close}}\n", registry, file="g.yaml")
    (fault,) = caught.value.faults
    assert fixed("# c\nbars: x\n", fault.fix) == ("# c\ntradegraph: 1\nbars: x\n", 1)


def test_an_edit_that_does_not_fit_the_text_any_more_is_left_out():
    edits = [Edit(Place("g", 1, 1), "b", "c"), Edit(Place("g", 9, 1), "a", "c"), Edit(Place("g", 1, 2), "b", "x")]
    assert fixed("ab", edits) == ("ax", 1)
    both = [Edit(Place("g", 1, 1), "ab", "c"), Edit(Place("g", 1, 2), "b", "x")]
    assert fixed("ab", both) == ("ax", 1)
