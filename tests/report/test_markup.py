"""Nothing that comes from a run is read as HTML."""

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report.markup import Markup, element, json_script


def test_text_is_escaped_and_elements_are_not():
    made = element("td", "a < b & c", element("b", "x"), None, [1, "2"], class_="n", hidden=True, title='"<', id=None)
    assert made == '<td class="n" hidden title="&quot;&lt;">a &lt; b &amp; c<b>x</b>12</td>'
    assert isinstance(made, Markup)
    assert element("meta", http_equiv="a", charset="utf-8") == '<meta http-equiv="a" charset="utf-8">'
    assert element("rect", x=1.5, y=2) == '<rect x="1.5" y="2"></rect>'


@given(st.text())
def test_no_text_makes_an_element_or_ends_an_attribute(text):
    made = element("p", text, title=text)
    assert re.fullmatch(r'<p title="[^"<>]*">[^<>]*</p>', made)


@settings(max_examples=40)
@given(st.lists(st.text() | st.dictionaries(st.text(), st.text())))
def test_no_data_ends_the_script_that_holds_it(value):
    made = json_script("data", value)
    head, tail = '<script type="application/json" id="data">', "</script>"
    inside = made.removeprefix(head).removesuffix(tail)
    assert "<" not in inside
    assert ">" not in inside
    assert "&" not in inside
    assert json.loads(inside) == value
