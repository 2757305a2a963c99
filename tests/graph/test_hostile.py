"""Hostile files: an error, fast, in bounded memory; never another exception."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import GraphError
from pipeline.graph import markup
from pipeline.graph.check import check_text
from pipeline.graph.markup import MAX_BYTES, MAX_DEPTH, MAX_KEY, compose
from pipeline.graph.read import read_file, read_text

CHECKOUT = Path(__file__).parents[2]
PROPERTY = settings(derandomize=True, max_examples=800, deadline=None, database=None)
OF_FORM = {"TG205", "TG222", "TG223"}
"""Codes besides TG1xx that reading alone may give: two names that clash, and a bad declaration of a param."""


def bomb(levels, width):
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return "\n".join(lines)


HOSTILE = {
    "alias bomb": (bomb(30, 9), "TG103"),
    "narrow alias bomb": (bomb(60, 2), "TG103"),
    "bomb of maps": (bomb(60, 2).replace("[", "{k: ").replace(", ", ", l: ").replace("]", "}"), "TG103"),
    "echo of one long text": ("a: [&a " + "x" * 100_000 + ", *a" * 10_000 + "]", "TG103"),
    "deep flow": ("[" * 100_000, "TG103"),
    "deep maps": ("{a: " * 100_000, "TG103"),
    "deep block": ("".join(" " * i + "a:\n" for i in range(500)), "TG103"),
    "deep keys": ("? " * 100_000, "TG103"),
    "deep lists": ("- " * 100_000, "TG103"),
    "long key": ("? " + "k" * 1_000_000 + "\n: 1\n", "TG103"),
    "many documents": ("---\na: 1\n" * 10_000, "TG101"),
    "many directives": ("%TAG ! tag:x,2000:\n" * 10_000 + "---\na: 1\n", "TG101"),
    "unclosed quote": ("'" + "a" * 1_000_000, "TG101"),
    "only spaces": (" " * 1_000_000, "TG101"),
    "only comments": ("# x\n" * 300_000, "TG101"),
    "zeros": ("\0" * 10_000, "TG101"),
    "a program": (bytes(range(256)).decode("latin-1") * 100, "TG101"),
    "many tabs": ("a:\n" + "\t" * 100_000 + "b: 1\n", "TG111"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_refused_fast_and_shortly(name):
    text, code = HOSTILE[name]
    started = time.process_time()  # guards against explosions; not a timing
    item, faults = compose(text, "g.yaml")
    assert time.process_time() - started < 20.0
    assert item is None
    assert [fault.code for fault in faults] == [code]
    assert len(str(faults[0])) < 400


def test_the_limits_are_where_they_are_said_to_be(monkeypatch):
    def message(text):
        faults = compose(text, "g.yaml")[1]
        return faults[0].message if faults else ""

    assert message("[" * MAX_DEPTH + "]" * MAX_DEPTH) == ""
    assert message("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)) == "the file nests deeper than 64 levels"
    assert message("? " + "k" * MAX_KEY + "\n: 1") == ""
    assert message("? " + "k" * (MAX_KEY + 1) + "\n: 1") == "a key has more than 256 characters"
    monkeypatch.setattr(markup, "MAX_ITEMS", 1_000)
    assert message("[" + "a," * 999 + "]") == ""
    assert message("[" + "a," * 1_000 + "]") == "the file stands for more than 1,000 items"
    assert message("[&a " + "x" * 6_400 + ", *a" * 8 + "]") == ""
    assert message("[&a " + "x" * 6_400 + ", *a" * 9 + "]") == "the file stands for more than 1,000 items"


def test_a_file_that_is_too_large_is_not_even_read(tmp_path):
    file = tmp_path / "g.yaml"
    with file.open("wb") as out:
        out.truncate(4 * 2**30)
    started = time.process_time()  # guards against explosions; not a timing
    with pytest.raises(GraphError, match="the file has more than 16 MiB") as error:
        read_file(file)
    assert time.process_time() - started < 20.0
    assert [fault.code for fault in error.value.faults] == ["TG103"]
    assert compose("a" * (MAX_BYTES + 1), "g")[1][0].code == "TG103"


def test_a_file_without_end_is_not_read_to_it():
    with pytest.raises(GraphError, match="cannot read /dev/zero: it is not a regular file"):
        read_file(Path("/dev/zero"))


def test_the_worst_that_16_mib_can_do_stays_within_memory():
    code = """
import resource
from pipeline.graph.markup import MAX_BYTES, compose
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for text in ("a: {b: [" * 2_000_000, "[" + "a," * 8_000_000, "'" + "é" * 8_000_000, "a: |\\n" + " x\\n" * 4_000_000):
    assert 8_000_000 <= len(text) <= MAX_BYTES
    _, faults = compose(text, "g.yaml")
    print(faults[0].code if faults else "read")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    *codes, kilobytes = done.stdout.split()
    assert codes == ["TG103", "TG103", "TG101", "read"]
    assert int(kilobytes) < 600 * 1024


def many(line, count):
    return "tradegraph: 1\nname: g\nbars:\n  d: {timeframe: 1d}\nnodes:\n" + "".join(
        line.format(i=i) for i in range(count)
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("".join(f"k{i}: 1\n" for i in range(20_000)), 20_003),
        (many("  n{i}: {{use: sma, in: m{i}}}\n", 4_000), 4_000),
        (many("  n{i}: {{use: smaa, in: d.clos}}\n", 4_000), 8_000),
        (many("  n{i}: {{use: sma, in: d.close, with: {{period: $p{i}}}}}\n", 4_000), 4_000),
        (many("  n{i}: {{use: sma, in: d.close, colour: 3}}\n", 4_000), 4_000),
        (many("  n: {{use: sma, in: d.close}}\n", 4_000), 3_999),
        (many("  n: {{use: sma, in: d.close, with: {{", 1) + "".join(f"k{i}: 1," for i in range(999)) + "}}\n", 999),
    ],
    ids=["keys", "wires", "types", "params", "node keys", "doubles", "settings"],
)  # fmt: skip
def test_thousands_of_faults_are_all_found_fast(registry, text, count):
    started = time.process_time()  # guards against explosions; not a timing
    with pytest.raises(GraphError) as error:
        check_text(text, registry, file="g.yaml")
    assert time.process_time() - started < 20.0
    assert len(error.value.faults) == count


def test_a_million_digits_are_no_number_at_once(node_faults):
    started = time.process_time()  # guards against explosions; not a timing
    (fault,) = node_faults(["a: {use: scale, in: daily.close, with: {factor: ‸" + "1" * 1_000_000 + "x}}"], "TG222")
    assert time.process_time() - started < 20.0
    assert len(fault.message) < 200


@pytest.mark.parametrize(
    "text",
    [
        "nodes:\n  a: {use: %s, in: daily.close}\n",
        "nodes:\n  a: {use: sma, in: %s}\n",
        "nodes:\n  a: {use: sma, in: daily.%s}\n",
        "nodes:\n  a: {use: sma, in: daily.close, with: {period: %s}}\n",
        "nodes:\n  a: {use: sma, in: daily.close, with: {period: $%s}}\n",
        "nodes:\n  a: {use: sma, in: daily.close, with: {period: [%s]}}\n",
        "nodes:\n  a: {use: sma, in: daily.close}\noutputs: {x: %s}\n",
        "nodes:\n  a: {use: sma, in: daily.close}\noutputs: {x: a.%s}\n",
        "params: {p: {type: %s}}\nnodes: {a: {use: sma, in: daily.close}}\n",
        "params: {p: {type: int, default: %s}}\nnodes: {a: {use: sma, in: daily.close}}\n",
    ],
)
def test_a_value_of_a_million_letters_is_not_echoed(registry, head, text):
    started = time.process_time()  # guards against explosions; not a timing
    with pytest.raises(GraphError) as error:
        check_text(head + text % ("x" * 1_000_000), registry, file="g.yaml")
    assert time.process_time() - started < 20.0
    assert len(error.value.faults) == 1
    assert len(str(error.value)) < 400


GRAPH = """\
tradegraph: 1
name: g
params:
  p: {type: int, default: 3, min: 1}
bars:
  daily: {timeframe: 1d, symbols: [A, B], from: 2020-01-01}
nodes:
  a: &n {use: sma, in: daily.close, with: {period: $p}}
  b: {<<: *n, in: {x: a}}
outputs: {x: b}
"""
PIECES = st.sampled_from(
    [
        *"{}[]:,#'\"|>%@`~.$_?-&*",
        *(": ", "\n", "\n  ", "\t", "- ", "? ", "&n ", "*n", "<<: ", "!!int ", " #", "---\n", "...", "\r"),
        *("$p", "null", "use: ", "in: ", "with: ", "daily", "tradegraph: 1\n", "type: ", "default: ", "options: "),
        *("999", "1e999", "duration", "99999999999d", "0001-01-01T00:00+02:00", "9999-12-31", "model_dump"),
        *("\x00", "\ud800", "\ufeff", "\u2028", "é", "😀"),
    ]
)


@st.composite
def mangled(draw):
    """The graph, cut and filled at some places."""
    text = GRAPH
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + "".join(draw(st.lists(PIECES, max_size=3))) + text[stop:]
    return text


@PROPERTY
@given(st.one_of(mangled(), st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60)))
@example("%")
@example("a: \ud800")
@example(GRAPH.replace("p: {type: int, default: 3, min: 1}", "_p: {type: int, default: 3}"))
@example(GRAPH.replace("p: {type: int, default: 3, min: 1}", "model_dump: {type: int, default: 3}"))
@example(GRAPH.replace("{type: int, default: 3, min: 1}", "{type: duration, default: 99999999999d}"))
@example(GRAPH.replace("2020-01-01", "2020-01-01, to: 9999-12-31"))
@example(GRAPH.replace("2020-01-01", "0001-01-01T00:00+02:00"))
def test_any_text_gives_a_graph_or_an_error_with_codes(registry, text):
    codes, places = set(), []
    try:
        read_text(text, "g.yaml")
    except GraphError as error:
        codes = {fault.code for fault in error.faults}
    assert all(code.startswith("TG1") or code in OF_FORM for code in codes), codes
    try:
        check_text(text, registry, file="g.yaml")
    except GraphError as error:
        codes = {fault.code for fault in error.faults} | codes
        places = [fault.place for fault in error.faults]
    assert all(code.startswith(("TG1", "TG2", "TG30")) for code in codes), codes
    assert all(place is not None and place.line >= 1 and place.column >= 1 for place in places)
