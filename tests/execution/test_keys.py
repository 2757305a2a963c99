"""Keys: equal when and only when code, params, data, versions and upstream are."""

import struct

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.execution.plan import plan
from pipeline.execution.protocols import MemoryObjects
from pipeline.graph.check import check
from pipeline.graph.read import read_text
from pipeline.market import MemoryMarket

PROPERTY = settings(derandomize=True, max_examples=40, deadline=None, database=None)


@pytest.fixture(scope="module")
def ground(tmp_path_factory, kernels, nouns):
    """A world whose files do not change: the registry is built once."""
    world = nouns["World"](tmp_path_factory.mktemp("ground") / "world", kernels)
    world.types = world.registry()
    return world


@pytest.fixture(scope="module")
def keys_of(ground):
    """Keys by node name, of a graph's text."""

    def found(text, market=None, **overrides):
        graph = check(read_text(text), ground.types, **overrides)
        planned = plan([graph], market or ground.market, MemoryObjects())
        return {node: step.key for (_, node), step in planned.step_of.items()}

    return found


names = st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), unique=True, min_size=1, max_size=6)


@st.composite
def nodes(draw, size=6):
    """A random DAG: per node its inputs (earlier nodes, or "" for bars) and its constant."""
    found = []
    for index in range(draw(st.integers(1, size))):
        inputs = draw(st.lists(st.sampled_from(["", *range(index)]), min_size=1, max_size=2))
        found.append((tuple(inputs), float(index)))
    return found


def written(dag, label=str, order=None, column="close"):
    def end(source):
        return f"daily.{column}" if source == "" else label(source)

    lines = []
    for index in order or range(len(dag)):
        inputs, by = dag[index]
        wires = ", ".join(f"{port}: {end(source)}" for port, source in zip("xy", inputs, strict=False))
        lines.append(f"{label(index)}: {{use: plus, in: {{{wires}}}, with: {{by: {by}}}}}")
    return "\n".join(lines)


def named(index):
    return f"n{index}"


@PROPERTY
@given(dag=nodes(), edited=st.integers(0, 5))
def test_a_param_changes_the_keys_of_its_node_and_its_descendants_alone(ground, keys_of, dag, edited) -> None:
    edited %= len(dag)
    before = keys_of(ground.text(written(dag, named)))
    changed = [(inputs, 99.5 if index == edited else by) for index, (inputs, by) in enumerate(dag)]
    after = keys_of(ground.text(written(changed, named)))
    wires = nx.DiGraph()
    wires.add_nodes_from(range(len(dag)))
    wires.add_edges_from((source, index) for index, (inputs, _) in enumerate(dag) for source in inputs if source != "")
    due = {named(index) for index in {edited} | nx.descendants(wires, edited)}
    assert {name for name in before if before[name] != after[name]} == due


@PROPERTY
@given(dag=nodes(), labels=st.permutations(["zeta", "alpha", "m1", "b_2", "omega", "c"]), data=st.data())
def test_names_and_the_order_of_writing_do_not_matter(ground, keys_of, dag, labels, data) -> None:
    order = data.draw(st.permutations(range(len(dag))))
    plain = keys_of(ground.text(written(dag, named)))
    other = keys_of(ground.text(written(dag, lambda i: labels[i], order), name="other"))
    assert {labels[i]: plain[named(i)] for i in range(len(dag))} == other


@st.composite
def single(draw):
    """One node: everything that may tell it from another."""
    return {
        "by": draw(st.sampled_from([0.0, -0.0, 1.0, 1.5, 1e-300, 2.0])),
        "times": draw(st.sampled_from([0, 1, 2])),
        "column": draw(st.sampled_from(["open", "close", "volume"])),
        "symbols": tuple(sorted(draw(st.sets(st.sampled_from(["AAA", "BBB", "CCC"]), min_size=1)))),
        "adjust": draw(st.sampled_from(["none", "splits", "total"])),
        "to": draw(st.sampled_from(["2020-01-05", "2020-01-06", "latest"])),
        "second": draw(st.sampled_from(["", "daily.close", "daily.open"])),
    }


@PROPERTY
@given(first=single(), change=st.sampled_from([*"abcdefg", "nothing"]), second=single())
def test_keys_differ_exactly_when_something_that_counts_differs(ground, keys_of, first, change, second) -> None:
    # the other node differs in one respect, or in none
    fields = dict(zip("abcdefg", first, strict=True))
    if change != "nothing":
        second = {**first, fields[change]: second[fields[change]]}
    else:
        second = dict(first)

    def key(one):
        wires = f"x: daily.{one['column']}" + (f", y: {one['second']}" if one["second"] else "")
        symbols = ", ".join(one["symbols"])
        bars = f"daily: {{timeframe: 1d, symbols: [{symbols}], adjust: {one['adjust']}, to: {one['to']}}}"
        text = ground.text(f"a: {{use: plus, in: {{{wires}}}}}", bars=bars)
        return keys_of(text, settings={"a": {"by": one["by"], "times": one["times"]}})["a"]

    def counts(one):
        return {**one, "by": struct.pack(">d", one["by"])}

    assert (key(first) == key(second)) == (counts(first) == counts(second))


def test_text_and_typed_values_of_a_param_are_the_same(ground, keys_of) -> None:
    text = ground.text("a: {use: plus, in: daily.close}")
    given = [{"by": "1"}, {"by": "1.0"}, {"by": 1.0}, {"by": 1}, {"by": "1e0", "times": "1"}]
    assert len({keys_of(text, settings={"a": values})["a"] for values in given}) == 1


def test_ends_beyond_the_last_bar_are_the_same_data(ground, keys_of) -> None:
    nodes = "a: {use: plus, in: daily.close}"
    ends = ["", ", to: latest", ", to: 2020-01-12", ", to: 2021-06-01"]
    assert len({keys_of(ground.text(nodes, bars=f"daily: {{timeframe: 1d{end}}}"))["a"] for end in ends}) == 1
    cut = keys_of(ground.text(nodes, bars="daily: {timeframe: 1d, to: 2020-01-11}"))["a"]
    assert cut != keys_of(ground.text(nodes))["a"]


def test_all_symbols_and_the_list_of_them_are_the_same_data(ground, keys_of) -> None:
    nodes = "a: {use: plus, in: daily.close}"
    listed = ground.text(nodes, bars="daily: {timeframe: 1d, symbols: [CCC, AAA, BBB]}")
    assert keys_of(listed) == keys_of(ground.text(nodes))


def test_from_is_in_the_key_of_accounts_and_what_follows_only(ground, keys_of) -> None:
    nodes = """
        a: {use: plus, in: daily.close}
        b: {use: account, in: a}
        c: {use: plus, in: b}
    """
    early, late = (
        keys_of(ground.text(nodes, bars=f"daily: {{timeframe: 1d, from: 2020-01-{day}}}")) for day in ("03", "04")
    )
    assert {name for name in early if early[name] != late[name]} == {"b", "c"}


def test_another_timeframe_is_other_data(ground, keys_of) -> None:
    market = MemoryMarket({"1d": ground.bars(), "1h": ground.bars()})
    nodes = "a: {use: plus, in: daily.close}"
    daily = keys_of(ground.text(nodes), market)
    assert keys_of(ground.text(nodes, bars="daily: {timeframe: 1h}"), market) != daily


def test_the_order_in_which_wires_are_written_does_not_count(ground, keys_of) -> None:
    first = keys_of(ground.text("a: {use: plus, in: {x: daily.close, y: daily.open}}"))
    assert keys_of(ground.text("a: {use: plus, in: {y: daily.open, x: daily.close}}")) == first


def test_the_port_that_a_wire_goes_to_counts(ground, keys_of) -> None:
    first = keys_of(ground.text("a: {use: plus, in: {x: daily.close, y: daily.open}}"))
    second = keys_of(ground.text("a: {use: plus, in: {x: daily.open, y: daily.close}}"))
    assert first != second


def test_keys_are_the_same_in_every_process_whatever_its_hash_seed(site) -> None:
    site.node(
        "many",
        """
        A = 1; B = 2; C = 3; D = 4; E = 5
        from .lib.x import f, g, h; from .lib.y import k
        @indicator
        def many(x: Number) -> Number:
            \"\"\"Mentions much.\"\"\"
            return x + A + B + C + D + E + f() + g() + h() + k()
        """,
    )
    site.write("lib/x", "P = 1; Q = 2; R = 3\ndef f(): return P + Q\ndef g(): return Q + R\ndef h(): return R + P\n")
    site.write(
        "lib/y",
        "import math, json, random\ndef k(): return math.pi + len(json.dumps({})) + random.Random(1).random()\n",
    )
    path = site.graph("m: {use: many, in: daily.close}\n" + site.TREE)
    here = " ".join(step.key for step in site.engine().plan(path).steps)
    code = "print(' '.join(step.key for step in engine.plan(graph).steps), 'numba' in sys.modules)"
    assert site.process(code, seed="4242") == f"{here} False"
