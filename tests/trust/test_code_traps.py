"""Code that a digest could overlook: what runs when a module is imported, in any of its corners, is part of the key."""

import pytest

USER = """
{head}

@indicator
def user(x: Number) -> Number:
    \"\"\"Multiply.\"\"\"
    note("user")
    return x * {expression}
"""
GRAPH = "user: {use: user, in: daily.close}"
FAR = "K = 2.0\nOTHER = 1.0\n"

TRAPS = {
    "set by a module that is imported for its effect": (
        "from .lib import deep\nfrom .lib import sets",
        "deep.K",
        {"lib/sets": "from . import deep\n\nVALUE = 2.0\ndeep.K = VALUE\n"},
        ("lib/sets", "VALUE = 2.0", "VALUE = 3.0"),
    ),
    "set by a module that such a module imports": (
        "from .lib import deep\nimport lib.first",
        "deep.K",
        {"lib/first": "from . import sets\n", "lib/sets": "from . import deep\n\ndeep.K = 2.0\n"},
        ("lib/sets", "deep.K = 2.0", "deep.K = 3.0"),
    ),
    "set by a package that holds the module": (
        "from .pack import inner",
        "inner.K",
        {"pack/__init__": "from . import inner\n\ninner.K = 2.0\n", "pack/inner": "K = 0.0\n"},
        ("pack/__init__", "= 2.0", "= 3.0"),
    ),
    "in the else of a check for type checkers": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    K = 0.0\nelse:\n    K = 2.0",
        "K",
        {},
        ("user", "K = 2.0", "K = 3.0"),
    ),
    "changed by a function that is called on import": (
        "K = 0.0\ndef begin():\n    global K\n    K = 2.0\nbegin()",
        "K",
        {},
        ("user", "K = 2.0", "K = 3.0"),
    ),
    "grown by an augmented assignment": ("K = 1.0\nK += 1.0", "K", {}, ("user", "K += 1.0", "K += 2.0")),
    "a walrus": ("print(K := 2.0)", "K", {}, ("user", "K := 2.0", "K := 3.0")),
    "a loop's last value": ("for K in (1.0, 2.0):\n    pass", "K", {}, ("user", "(1.0, 2.0)", "(1.0, 3.0)")),
    "a table that another statement fills": (
        "from .lib import deep\nTABLE = {}\nTABLE.update(k=deep.K)",
        "TABLE['k']",
        {},
        ("lib/deep", "K = 2.0", "K = 3.0"),
    ),
    "an attribute set on a function": (
        "def factor():\n    return factor.k\nfactor.k = 2.0",
        "factor()",
        {},
        ("user", "factor.k = 2.0", "factor.k = 3.0"),
    ),
    "a class attribute reached by inheritance": (
        "from .lib.deep import Base\nclass Mine(Base):\n    pass",
        "Mine.K",
        {"lib/deep": "class Root:\n    K = 2.0\n\nclass Base(Root):\n    pass\n"},
        ("lib/deep", "K = 2.0", "K = 3.0"),
    ),
    "a metaclass": (
        "from .lib.deep import Meta\nclass Mine(metaclass=Meta):\n    pass",
        "Mine.K",
        {"lib/deep": "class Meta(type):\n    @property\n    def K(cls):\n        return 2.0\n"},
        ("lib/deep", "return 2.0", "return 3.0"),
    ),
    "a dataclass field": (
        "from dataclasses import dataclass\n@dataclass\nclass Settings:\n    k: float = 2.0",
        "Settings().k",
        {},
        ("user", "k: float = 2.0", "k: float = 3.0"),
    ),
    "an enumeration": (
        "import enum\nclass Size(enum.Enum):\n    K = 2.0",
        "Size.K.value",
        {},
        ("user", "K = 2.0", "K = 3.0"),
    ),
    "a module's __getattr__": (
        "from .lib import deep",
        "deep.anything",
        {"lib/deep": "def __getattr__(name):\n    return 2.0\n"},
        ("lib/deep", "return 2.0", "return 3.0"),
    ),
    "looked up in a module's dictionary": (
        "from .lib import deep",
        "deep.__dict__['K']",
        {},
        ("lib/deep", "K = 2.0", "K = 3.0"),
    ),
    "looked up by operator": (
        "import operator\nfrom .lib import deep",
        "operator.attrgetter('K')(deep)",
        {},
        ("lib/deep", "K = 2.0", "K = 3.0"),
    ),
    "a partial of a far function": (
        "import functools\nfrom .lib.deep import give\nK = functools.partial(give, 1.0)",
        "K()",
        {"lib/deep": "def give(x):\n    return x + 1.0\n"},
        ("lib/deep", "x + 1.0", "x + 2.0"),
    ),
    "a wrapper that keeps the name of what it wraps": (
        "from .lib.deep import wrapped\n@wrapped\ndef K():\n    return 1.0",
        "K()",
        {
            "lib/deep": "import functools\n\ndef wrapped(fn):\n    @functools.wraps(fn)\n    def inner():\n"
            "        return fn() * 2.0\n    return inner\n"
        },
        ("lib/deep", "* 2.0", "* 3.0"),
    ),
    "defined twice, the last one counts": (
        "def k():\n    return 0.0\ndef k():\n    return 2.0",
        "k()",
        {},
        ("user", "return 2.0", "return 3.0"),
    ),
    "a circle of imports": (
        "from .lib.one import K",
        "K()",
        {
            "lib/one": "from . import two\n\nBASE = 1.0\n\ndef K():\n    return two.more()\n",
            "lib/two": "from . import one\n\ndef more():\n    return one.BASE + 1.0\n",
        },
        ("lib/two", "+ 1.0", "+ 2.0"),
    ),
    "matched by a pattern": (
        "from .lib import deep\ndef k():\n    match 2.0:\n        case deep.K:\n            return 2.0\n    return 3.0",
        "k()",
        {},
        ("lib/deep", "K = 2.0", "K = 4.0"),
    ),
    "an exponent in a nested function": (
        "from .lib.deep import K\ndef k():\n    def inner():\n        return K\n    return inner()",
        "k()",
        {},
        ("lib/deep", "K = 2.0", "K = 3.0"),
    ),
    "text of a docstring that is read": (
        'def k():\n    """2.0"""\n    return float(k.__doc__)',
        "k()",
        {},
        ("user", '"""2.0"""', '"""3.0"""'),
    ),
}


@pytest.mark.parametrize(("head", "expression", "files", "edit"), TRAPS.values(), ids=TRAPS.keys())
def test_the_new_value_is_served(world, head, expression, files, edit) -> None:
    world.write("lib/deep", FAR)
    for name, text in files.items():
        world.write(name, text)
    world.node("user", USER.format(head=head, expression=expression))
    assert world.first(world.run(GRAPH)) == 200.0
    world.run(GRAPH)
    assert world.calls() == ["user"]
    world.edit(*edit)
    assert world.why(GRAPH) == ["CODE"]
    assert world.first(world.run(GRAPH)) == 300.0
    assert world.calls() == ["user"]


LABELS = """
class Band(NamedTuple):
    \"\"\"Two lines.\"\"\"
    upper: Price
    lower: Price

@indicator
def band(close: Price) -> Band:
    \"\"\"Above and below.\"\"\"
    note("band")
    return Band({result})

@indicator
def user(x: Number) -> Number:
    \"\"\"As it is.\"\"\"
    note("user")
    return x
"""
TWO = "band: {use: band, in: daily}\nuser: {use: user, in: band.upper}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("upper=close + 1, lower=close - 1", "upper=close - 1, lower=close + 1"),
        ("    upper: Price\n    lower: Price", "    lower: Price\n    upper: Price"),
        ("Band(upper=close + 1, lower=close - 1)", "close - 1, close + 1"),
    ],
    ids=["values", "declaration", "order"],
)
def test_swapped_labels_above_are_seen(world, old, new) -> None:
    result = "close + 1, close - 1" if old.startswith("    upper") else "upper=close + 1, lower=close - 1"
    world.node("labels", LABELS.format(result=result))
    assert world.first(world.run(TWO)) == 101.0
    world.calls()
    world.edit("labels", old, new)
    assert world.why(TWO) == ["UPSTREAM"]
    assert world.first(world.run(TWO)) == 99.0
    assert world.calls() == ["band", "user"]


def test_swapped_wires_are_seen(world) -> None:
    world.node("labels", LABELS.format(result="upper=close + 1, lower=close - 1"))
    world.run(TWO)
    world.calls()
    swapped = TWO.replace("band.upper", "band.lower")
    assert world.why(swapped) == ["UPSTREAM"]
    assert world.first(world.run(swapped)) == 99.0
    assert world.calls() == ["user"]


def test_swapped_columns_of_a_frame_are_seen(world) -> None:
    """Columns of the same names and types in another order of the author's frame, above an unchanged node."""
    world.node(
        "framed",
        """
        class Pair(NamedTuple):
            "Two lines."
            first: Price
            second: Price

        @indicator(style="frame")
        def pair(bars: Bars) -> Pair:
            "High and low."
            frame = bars[["high", "low"]]
            frame.columns = ["first", "second"]
            return frame["first"], frame["second"]
        """,
    )
    graph = "pair: {use: pair, in: daily}\nuser: {use: base, in: pair.first}"
    assert world.first(world.run(graph)) == 101.0
    world.edit("framed", '["first", "second"]', '["second", "first"]')
    assert world.why(graph) == ["UPSTREAM"]
    assert world.first(world.run(graph)) == 99.0
