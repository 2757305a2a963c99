"""A spec does not depend on how its text is laid out: generated specs, written in many ways, read the same."""

import json
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.graph.markup import Map, Scalar, Seq, compose
from pipeline.graph.read import read_text

PROPERTY = settings(derandomize=True, max_examples=60, deadline=None, database=None)


class Ref(str):
    """A `$param`: written plain, for a quoted one is text."""

    __slots__ = ()


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(lambda name: name != "null")
TEXTS = st.text(alphabet="aZ09_.-+ é😀:#'\"{}[],&*!|>%@`?$~=/\\", max_size=8)
REFERENCES = st.builds(lambda name, part: f"{name}.{part}" if part else name, NAMES, st.just("") | NAMES)
VALUES = st.one_of(
    TEXTS, NAMES.map(lambda name: Ref(f"${name}")), st.lists(TEXTS | NAMES.map(lambda n: Ref(f"${n}")), max_size=3)
)


@st.composite
def params(draw):
    default, span = draw(st.integers(-1000, 1000)), draw(st.integers(0, 5))
    return draw(
        st.sampled_from(
            [
                {"type": "int", "default": str(default), "min": str(default - span), "max": str(default + span)},
                {"type": "float", "default": repr(default / 7), "description": draw(TEXTS)},
                {"type": "str", "options": ["a", "ON", "000001"], "default": "ON"},
                {"type": "bool"},
                {"type": "time", "default": "9:30"},
            ]
        )
    )


@st.composite
def specs(draw):
    """A graph file as nested maps of text: form right, meaning free."""
    names = draw(st.lists(NAMES, min_size=2, max_size=7, unique=True))
    split = draw(st.integers(1, len(names) - 1))
    node = st.fixed_dictionaries(
        {"use": NAMES},
        optional={"in": REFERENCES | st.dictionaries(NAMES, REFERENCES, min_size=1, max_size=3),
                  "with": st.dictionaries(NAMES, VALUES, max_size=3)},
    )  # fmt: skip
    source = st.fixed_dictionaries(
        {"timeframe": st.sampled_from(["1d", "5m"])}, optional={"symbols": VALUES, "from": TEXTS}
    )
    return {
        "tradegraph": "1",
        "name": draw(NAMES.filter(lambda name: name not in {"main", "temp", "system"})),
        "description": draw(TEXTS),
        "params": draw(st.dictionaries(NAMES, params(), max_size=2)),
        "bars": {name: draw(source) for name in names[:split]},
        "nodes": {name: draw(node) for name in names[split:]},
        "outputs": draw(st.dictionaries(NAMES, REFERENCES, max_size=2)),
    }


class Writer:
    """Writes nested maps, lists and texts as YAML, every choice of layout drawn."""

    def __init__(self, draw):
        self.draw = draw

    def scalar(self, text):
        if isinstance(text, Ref):
            return str(text)
        safe = (
            text
            and all(c.isalnum() or c in "._-+" for c in text)
            and text[0] not in "-+."
            and text not in ("null", "~")
        )
        styles = ["single", "double", *(["plain"] * 3 if safe else [])]
        style = self.draw(st.sampled_from(styles))
        if style == "plain":
            return text
        return json.dumps(text, ensure_ascii=False) if style == "double" else "'" + text.replace("'", "''") + "'"

    def pairs(self, value):
        return self.draw(st.permutations(list(value.items())))

    def flow(self, value):
        space = self.draw(st.sampled_from([" ", "  ", "\n        "]))
        if isinstance(value, dict):
            return (
                "{"
                + f",{space}".join(f"{self.scalar(key)}: {self.flow(inner)}" for key, inner in self.pairs(value))
                + "}"
            )
        if isinstance(value, list):
            return "[" + f",{space}".join(map(self.flow, value)) + "]"
        return self.scalar(value)

    def comment(self):
        return self.draw(st.sampled_from(["", "", "  # a comment: {not, a} value", "   "]))

    def block(self, value, indent):
        """Lines of a block map or list."""
        lines = []
        step = self.draw(st.sampled_from([1, 2, 4]))
        if isinstance(value, dict):
            entries = [(f"{self.scalar(key)}:", inner) for key, inner in self.pairs(value)]
        else:
            entries = [("-", inner) for inner in value]
        for head, inner in entries:
            lines += self.draw(st.sampled_from([[], [], [""], [" " * indent + "# aside"]]))
            if inner and isinstance(inner, dict | list) and head != "-" and self.draw(st.booleans()):
                lines.append(" " * indent + head + self.comment())
                lines += self.block(inner, indent + step)
            elif (
                isinstance(inner, str)
                and not isinstance(inner, Ref)
                and self.plain_text(inner)
                and self.draw(st.booleans())
            ):
                lines += [
                    " " * indent + head + self.draw(st.sampled_from([" |-", " >-"])),
                    " " * (indent + step) + inner,
                ]
            else:
                lines.append(" " * indent + head + " " + self.flow(inner) + self.comment())
        return lines

    def plain_text(self, text):
        return text and text == text.strip()

    def write(self, value):
        lines = self.draw(st.sampled_from([[], ["---"], ["# first", ""], ["%YAML 1.1", "---"]]))
        ends = self.draw(st.sampled_from(["\n", "\r\n"]))
        return ends.join(
            [
                *lines,
                *"\n".join(self.block(value, 0)).split("\n"),
                *self.draw(st.sampled_from([[], [""], ["..."], ["", "# end"]])),
            ]
        )


def meaning(spec):
    """All that a spec says, without its places."""
    return {
        "name": spec.name,
        "description": spec.description,
        "params": {
            p.name: (str(p.type), get_args(p.type), p.default, p.param.description, p.describe_range())
            for p in spec.params
        },
        "bars": {
            name: {key: item_of(item) for key, item in source.fields.items()} for name, source in spec.bars.items()
        },
        "nodes": {
            name: (
                node.use.text,
                {port: wire.text for port, (_, wire) in node.wires.items()},
                {key: item_of(item) for key, (_, item) in node.params.items()},
            )
            for name, node in spec.nodes.items()
        },
        "outputs": {name: wire.text for name, (_, wire) in spec.outputs.items()},
    }


def item_of(item):
    if isinstance(item, Scalar):
        return Ref(item.text) if item.reference is not None else item.text
    assert not isinstance(item, Map)
    return [item_of(inner) for inner in item.items]


def expected(spec):
    """The same, from the nested maps that were written."""
    return {
        "bars": spec["bars"],
        "nodes": {
            name: (
                node["use"],
                {"": node["in"]} if isinstance(node.get("in"), str) else dict(node.get("in", {})),
                dict(node.get("with", {})),
            )
            for name, node in spec["nodes"].items()
        },
        "outputs": spec["outputs"],
        "name": spec["name"],
        "description": spec["description"],
    }


@PROPERTY
@given(specs(), st.data())
def test_layout_order_quotes_and_comments_do_not_matter(spec, data):
    one, two = (read_text(Writer(data.draw).write(spec), "g.yaml") for _ in range(2))
    assert meaning(one) == meaning(two)
    read = meaning(one)
    assert {key: read[key] for key in expected(spec)} == expected(spec)
    assert read["params"].keys() == spec["params"].keys()


def places(text):
    """Every scalar of a text by its place, found by reading it."""
    root, _ = compose(text, "g.yaml")
    waiting = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Map):
            waiting += [*item.keys.values(), *item.items.values()]
        elif isinstance(item, Seq):
            waiting += item.items
        else:
            yield item


@PROPERTY
@given(specs(), st.data())
def test_every_scalar_lies_where_its_place_says(spec, data):
    text = Writer(data.draw).write(spec)
    lines = text.replace("\r\n", "\n").split("\n")
    for scalar in places(text):
        rest = lines[scalar.place.line - 1][scalar.place.column - 1 :]
        if scalar.quoted:
            assert rest[0] in "'\"|>"
        elif scalar.text:
            assert rest.startswith(scalar.text.split("\n")[0])
