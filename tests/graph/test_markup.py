"""YAML to items: text is kept, places are right, nothing is lost or doubled."""

import textwrap

import pytest

from pipeline.graph.markup import Map, Scalar, Seq, compose


def composed(text):
    item, faults = compose(text, "g.yaml")
    assert faults == []
    return item


def plain(item):
    """An item as Python data: texts, lists, dicts."""
    if isinstance(item, Map):
        return {name: plain(value) for name, value in item.items.items()}
    return [plain(inner) for inner in item.items] if isinstance(item, Seq) else item.text


def place(item):
    return item.place.line, item.place.column


def refused(text):
    item, faults = compose(text, "g.yaml")
    assert item is None
    (fault,) = faults
    return fault


def test_scalars_keep_their_text():
    item = composed("a: [ON, 000001, 9:30, 1e-4, 0x10, 2024-05-31, yes, ~, 'x y', \"t\\tb\"]\n")
    assert plain(item) == {
        "a": ["ON", "000001", "9:30", "1e-4", "0x10", "2024-05-31", "yes", "~", "x y", "t\tb"],
    }


def test_quotes_tell_text_from_references_and_nulls():
    values = composed("a: [$p, '$p', \"$p\", ~, '~', null, 'null', '']\n").items["a"].items
    assert [value.reference for value in values] == ["p", None, None, None, None, None, None, None]
    assert [value.is_null for value in values] == [False, False, False, True, False, True, False, False]


def test_an_empty_value_is_null_and_a_capital_null_is_a_ticker():
    item = composed("a:\nb: NULL\n")
    assert item.items["a"].is_null
    assert not item.items["b"].is_null


def test_a_block_scalar_is_text():
    item = composed("a: |\n  $p\nb: >-\n  x\n  y\n")
    assert (item.items["a"].text, item.items["a"].reference) == ("$p\n", None)
    assert item.items["b"].text == "x y"


def test_places_count_lines_and_columns_from_one():
    item = composed("a: 1\nb:\n  c: [x,  yy]\n")
    assert place(item) == (1, 1)
    assert place(item.keys["b"]) == (2, 1)
    inner = item.items["b"]
    assert (place(inner.keys["c"]), place(inner.items["c"])) == ((3, 3), (3, 6))
    assert [place(value) for value in inner.items["c"].items] == [(3, 7), (3, 11)]


def test_columns_count_characters_not_bytes():
    item = composed("é😀: {ü: 'ß😀', x: y}\n")
    inner = item.items["é😀"]
    assert place(inner) == (1, 5)
    assert place(inner.items["ü"]) == (1, 9)
    assert place(inner.keys["x"]) == (1, 15)


@pytest.mark.parametrize(
    "before",
    [
        "a: |\n  one\n\n  three\n",
        "a: >\n  one\n  two\n\n\n",
        "a: 'one\n\n  two'\n\n",
        'a: "one\\\n  two\n  three"\n\n',
        "a: one\n  two\n   three\n\n",
        "# one\n# two\n\na: 1 # three\n",
        "a: {b: 1,\n  c: 2\n  }\n\n",
        "a: é😀\n\n\n\n",
    ],
)
def test_a_place_is_right_behind_a_value_of_several_lines(before):
    item = composed(before + "z:   end\n")
    line = before.count("\n") + 1
    assert place(item.keys["z"]) == (line, 1)
    assert place(item.items["z"]) == (line, 6)


def test_windows_line_ends_change_nothing():
    text = "a: 1\nb:\n  c: [x, y]\n  d: |\n    one\n    two\ne: 2\n"
    unix, windows = composed(text), composed(text.replace("\n", "\r\n"))
    assert plain(unix) == plain(windows)
    assert place(windows.keys["e"]) == place(unix.keys["e"]) == (7, 1)


def test_a_byte_order_mark_is_skipped():
    item = composed("\ufeffa: 1\n")
    assert plain(item) == {"a": "1"}
    assert place(item.items["a"]) == (1, 4)


def test_a_key_that_stands_twice_is_a_fault_and_the_first_one_counts():
    item, faults = compose('a: 1\nb: 2\na: 3\n"b": 4\n', "g.yaml")
    assert plain(item) == {"a": "1", "b": "2"}
    assert [(fault.code, fault.place.line, fault.message) for fault in faults] == [
        ("TG102", 3, "'a' stands twice, first in line 1"),
        ("TG102", 4, "'b' stands twice, first in line 2"),
    ]


def test_an_alias_stands_for_its_anchor():
    item = composed("a: &x {p: [1, 2]}\nb: *x\nc: &y $p\nd: *y\n")
    assert plain(item)["b"] == {"p": ["1", "2"]}
    assert item.items["d"].reference == "p"


def test_an_anchor_may_be_set_again():
    assert plain(composed("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")) == {"a": "1", "b": "1", "c": "2", "d": "2"}


@pytest.mark.parametrize("text", ["a: *x\n", "a: &x [*x]\n", "a: &x {b: *x}\n"])
def test_an_alias_without_an_anchor_before_it_is_refused(text):
    fault = refused(text)
    assert (fault.code, fault.message) == ("TG101", "the alias *x has no anchor before it")
    assert fault.place.column == text.index("*") + 1


def test_a_merge_fills_in_what_a_map_does_not_say_itself():
    text = "base: &b {period: 3, log: yes}\nmore: &m {period: 4, side: up}\n"
    own = composed(text + "a: {<<: *b, period: 5}\nb: {period: 5, <<: *b}\nc: {<<: [*b, *m]}\nd: {'<<': 1}\n")
    assert plain(own.items["a"]) == {"period": "5", "log": "yes"}
    assert plain(own.items["b"]) == {"period": "5", "log": "yes"}
    assert plain(own.items["c"]) == {"period": "3", "log": "yes", "side": "up"}
    assert plain(own.items["d"]) == {"<<": "1"}
    assert place(own.items["a"].keys["period"]) == (3, 13)
    assert place(own.items["a"].keys["log"]) == (1, 22)


def test_a_key_that_stands_twice_behind_a_merge_is_still_a_fault():
    _, faults = compose("a: {<<: {p: 1}, p: 2, p: 3}\n", "g.yaml")
    assert [(fault.code, fault.place.column) for fault in faults] == [("TG102", 23)]


def test_only_a_map_is_merged():
    assert refused("a: {<<: x}\n").code == "TG107"
    assert refused("a: {<<: [{b: 1}, x]}\n").place.column == 18


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("nodes:\n\tfast: 1\n", 2, 1),
        ("nodes:\n  \tfast: 1\n", 2, 3),
        ("nodes:\n  fast: 1\n\tslow: 2\n", 3, 1),
        ("\ta: 1\n", 1, 1),
    ],
)
def test_a_tab_in_the_indentation_is_shown(text, line, column):
    fault = refused(text)
    assert (fault.code, fault.message) == ("TG111", "a tab indents this line")
    assert place(fault) == (line, column)
    assert fault.hint == "YAML is indented with spaces."


def test_a_tab_elsewhere_is_white_space():
    assert plain(composed("a:\t1\nb: {c: 2,\n\td: 3}\n")) == {"a": "1", "b": {"c": "2", "d": "3"}}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: b: c\n", 1, 5),
        ("a: {b: 1}}\n", 1, 10),
        ("a: @x\n", 1, 4),
        ("é: 'it's'\n", 1, 8),
        ("a: 1\n- b\n", 2, 1),
        ("%YAML 3.0\n---\na: 1\n", 1, 1),
        ("a: |\n  x\n y: [\n", 3, 2),
    ],
)
def test_what_is_no_yaml_is_refused_where_it_breaks(text, line, column):
    fault = refused(text)
    assert fault.code == "TG101"
    assert fault.message.startswith("the file is not valid YAML: ")
    assert place(fault) == (line, column)
    assert fault.hint


@pytest.mark.parametrize("text", ["a: [1, 2\n", "a: {b: 1\n", "a: 'x\n", 'a: "x\n'])
def test_what_is_not_closed_is_refused_at_the_end(text):
    assert refused(text).code == "TG101"
    assert place(refused(text)) == (2, 1)


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\ud800", "\ufffe"])
@pytest.mark.parametrize("before", ["", "é😀: 1\r\nb: x"])
def test_a_character_that_does_not_belong_in_yaml_is_shown(character, before):
    fault = refused(before + character)
    assert fault.code == "TG101"
    assert repr(character) in fault.message
    assert place(fault) == ((2, 5) if before else (1, 1))


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "\ufeff", "   "])
def test_an_empty_file_is_said_to_be_empty(text):
    fault = refused(text)
    assert (fault.code, fault.message) == ("TG101", "the file is empty")
    assert "tradegraph: 1" in fault.hint


@pytest.mark.parametrize("text", ["a: 1\n---\nb: 2\n", "---\n---\n", "a: 1\n...\n---\nb: 2\n"])
def test_a_second_document_is_refused(text):
    fault = refused(text)
    assert (fault.code, fault.message) == ("TG101", "the file holds a second document")
    assert fault.place.line == text[: text.rindex("---")].count("\n") + 1


def test_one_document_may_have_its_marks():
    assert plain(composed("%YAML 1.1\n---\na: 1\n...\n")) == {"a": "1"}


@pytest.mark.parametrize("text", ["? [a]\n: 1\n", "? {a: b}\n: 1\n", "{[a]: 1}\n"])
def test_a_key_is_a_word(text):
    assert refused(text).code == "TG107"


def test_tags_execute_nothing_and_change_nothing():
    item = composed("a: !!python/object/apply:os.system [echo]\nb: !!int '3'\nc: !own x\n")
    assert plain(item) == {"a": ["echo"], "b": "3", "c": "x"}


def test_items_count_what_they_hold():
    item = composed("a: [x, y]\nb: {c: z}\n")
    assert item.size == 1 + 2 + 3 + 1 + 2
    assert Scalar("x" * 640, item.place).size == 11


def test_an_indented_document_is_one_document():
    assert plain(composed(textwrap.indent("a: 1\nb: 2\n", "    "))) == {"a": "1", "b": "2"}
