"""How a node is run: retry, timeout, tags and store, read and checked, in no key."""

import pytest

from pipeline.graph.graph import Node

NODE = "a: {{use: sma, in: daily.close, {}}}"


def test_a_node_says_how_it_is_run(nodes):
    node = nodes(NODE.format("retry: 2, timeout: 1.5m, tags: [slow, nightly-1, slow], store: false")).nodes["a"]
    assert (node.retry, node.timeout, node.tags, node.store) == (2, 90.0, ("slow", "nightly-1"), False)


def test_a_node_that_says_nothing_has_one_try_no_limit_no_tags_and_is_stored(nodes):
    for text in ("", "retry: , timeout: ~, tags: , store: null"):
        node: Node = nodes(NODE.format(text)).nodes["a"]
        assert (node.retry, node.timeout, node.tags, node.store) == (0, None, (), True)


def test_one_tag_needs_no_list(nodes):
    assert nodes(NODE.format("tags: slow")).nodes["a"].tags == ("slow",)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("retry: ‸-1", "TG223", "`retry` of node 'a' is -1, allowed: 0 … 100"),
        ("retry: ‸101", "TG223", "allowed: 0 … 100"),
        ("retry: ‸often", "TG222", "expected int, got 'often'"),
        ("retry: ‸[1]", "TG107", "single value"),
        ("timeout: ‸60", "TG222", "expected duration (60s, 5m, 1d), got '60'"),
        ("timeout: ‸0s", "TG223", "no time at all"),
        ("timeout: ‸$limit", "TG222", "got '$limit'"),
        ("tags: ‸Slow", "TG109", "the tag 'Slow'"),
        ("tags: [a, ‸{b: c}]", "TG107", "a list of words"),
        ("tags: [a, ‸'']", "TG109", "the tag ''"),
        ("store: ‸no", "TG222", "expected true/false, got 'no'"),
    ],
)
def test_a_bad_policy_is_one_fault(node_faults, text, code, words):
    (fault,) = node_faults([NODE.format(text)], code)
    assert words in fault.message


def test_a_policy_takes_no_param_and_says_so(node_faults):
    (fault,) = node_faults([NODE.format("retry: ‸$p")], "TG222")
    assert fault.hint.startswith("It is part of how the node is run and takes no $param.")


def test_a_declared_output_must_be_stored(faults, head):
    text = head + "nodes:\n  a: {use: sma, in: daily.close, store: false}\noutputs: {x: ‸a}\n"
    (fault,) = faults(text, "TG219")
    assert fault.message == "output 'x' is of node 'a', whose `store` is false"
