"""An edit of code recomputes the nodes that use it and no others, however far away it is."""

import pytest

USER = """
from .near import shifted

@indicator
def uses(x: Number) -> Number:
    \"\"\"Uses a helper.\"\"\"
    note("uses")
    return shifted(x)

@indicator
def leaves(x: Number) -> Number:
    \"\"\"Does not use it.\"\"\"
    note("leaves")
    return x
"""
NODES = """
used: {use: uses, in: daily.close}
below: {use: plus, in: used, with: {by: 1}}
left: {use: leaves, in: daily.close}
"""


@pytest.fixture
def far(world):
    """`uses` → near.shifted → far.scaled → FACTOR, UNUSED beside it."""
    world.node("user", USER)
    world.write("near", "from lib.far import scaled\n\ndef shifted(x):\n    return scaled(x) + 1.0\n")
    world.write("lib/far", "FACTOR = 2.0\nUNUSED = 1\n\ndef scaled(x):\n    return x * FACTOR\n")
    run = world.run(NODES)
    assert world.calls() == ["uses", "plus 1", "leaves"]
    assert world.values(run, "below")[0] == 202.0
    return world


@pytest.mark.parametrize(
    ("file", "old", "new", "value"),
    [
        ("lib/far", "FACTOR = 2.0", "FACTOR = 3.0", 302.0),
        ("lib/far", "return x * FACTOR", "return x * FACTOR * 2", 402.0),
        ("near", "+ 1.0", "+ 2.0", 203.0),
        ("user", "return shifted(x)", "return shifted(x) + 5", 207.0),
    ],
    ids=["constant", "function", "nearer function", "own body"],
)
def test_an_edit_recomputes_exactly_the_users_and_what_follows(far, file, old, new, value) -> None:
    far.edit(file, old, new)
    run = far.run(NODES)
    assert far.calls() == ["uses", "plus 1"]
    assert far.values(run, "below")[0] == value


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("lib/far", "UNUSED = 1", "UNUSED = 2"),
        ("lib/far", "UNUSED = 1\n", "UNUSED = 1\n\ndef another(x):\n    return x\n"),
        ("lib/far", "FACTOR = 2.0", "FACTOR = 2.0  # a comment"),
        ("lib/far", "FACTOR = 2.0", "\n\nFACTOR    =   2.0"),
        ("lib/far", "    return x * FACTOR", '    """A docstring."""\n    return (x * FACTOR)'),
        ("near", "def shifted", "# a comment\ndef shifted"),
        ("near", "from lib", '"""A module docstring."""\nfrom lib'),
        ("user", '"""Uses a helper."""', '"""Uses a helper, said otherwise."""'),
        ("user", '"""Does not use it."""', '"""Does still not use it."""\n    # said again'),
    ],
    ids=[
        "unused constant",
        "unused function",
        "comment",
        "layout",
        "docstring",
        "comment above",
        "module docstring",
        "node docstring",
        "other node's docstring",
    ],
)
def test_comments_docstrings_layout_and_unused_code_change_nothing(far, file, old, new) -> None:
    far.edit(file, old, new)
    far.run(NODES)
    assert far.calls() == []


def test_the_other_node_of_a_file_is_left_alone(far) -> None:
    far.edit("user", 'note("leaves")\n    return x', 'note("leaves")\n    return x + 1')
    far.run(NODES)
    assert far.calls() == ["leaves"]


def test_an_edit_taken_back_recomputes_nothing(far) -> None:
    far.edit("lib/far", "FACTOR = 2.0", "FACTOR = 3.0")
    far.run(NODES)
    far.edit("lib/far", "FACTOR = 3.0", "FACTOR = 2.0")
    far.calls()
    far.run(NODES)
    assert far.calls() == []


def test_a_moved_project_recomputes_nothing(far, tmp_path, monkeypatch) -> None:
    moved = tmp_path / "elsewhere"
    far.root.rename(moved)
    monkeypatch.setattr(far, "nodes", moved / "nodes" / "custom")
    monkeypatch.setattr(far, "shipped", moved / "shipped")
    far.run(NODES)
    assert far.calls() == []


def test_a_renamed_node_file_recomputes_nothing(far) -> None:
    (far.nodes / "user.py").rename(far.nodes / "renamed.py")
    far.run(NODES)
    assert far.calls() == []


IMPORTS = {
    "relative": ("from .lib.far import K", "K"),
    "relative module": ("from .lib import far", "far.K"),
    "absolute sibling": ("from lib.far import K", "K"),
    "absolute module": ("import lib.far", "lib.far.K"),
    "absolute alias": ("import lib.far as away", "away.K"),
    "nodes package": ("from nodes.custom.lib.far import K", "K"),
    "nodes module": ("import nodes.custom.lib.far", "nodes.custom.lib.far.K"),
    "two of one package": (
        "import nodes.custom.lib.far\nimport nodes.custom.lib.near",
        "nodes.custom.lib.far.K + nodes.custom.lib.near.OWN",
    ),
    "star": ("from .lib.far import *", "K"),
    "re-exported": ("from .lib.near import K", "K"),
    "re-exported by star": ("from .lib.stars import K", "K"),
    "parent package": ("from ..custom.lib.far import K", "K"),
    "inside a function": ("def k():\n    from .lib.far import K\n    return K", "k()"),
    "second of two functions": (
        """
def other():
    from .lib.near import OWN as K
    return K
def k():
    from .lib.far import K
    return K
""",
        "k()",
    ),
    "fallback": ("try:\n    from not_there_at_all import K\nexcept ImportError:\n    from .lib.far import K", "K"),
    "by getattr": ("from .lib import far", "getattr(far, 'K')"),
    "assigned": ("from .lib import far\nalias = far", "alias.K"),
    "base class": ("from .lib.far import Base\nclass Mine(Base):\n    pass", "Mine().value()"),
    "decorator": ("from .lib.far import wrap\n@wrap\ndef k():\n    return 0.0", "k()"),
    "default argument": ("from .lib.far import K\ndef k(value=K):\n    return value", "k()"),
    "table": ("from .lib.far import K\nTABLE = {}\nTABLE['k'] = K", "TABLE['k']"),
    "branch": ("from .lib import far\nif True:\n    K = far.K", "K"),
    "one line": ("from .lib.far import K; A = 1; B = K; C = 2", "B"),
}
FAR = """
K = 1.0

class Base:
    def value(self):
        return K

def wrap(fn):
    return lambda: K + fn()
"""


@pytest.mark.parametrize(("statement", "expression"), IMPORTS.values(), ids=IMPORTS.keys())
def test_every_way_to_import_is_followed(world, statement, expression) -> None:
    world.write("lib/far", FAR)
    world.write("lib/near", "from .far import K\nOWN = 0.0\n")
    world.write("lib/stars", "from .far import *\n")
    body = (
        f'@indicator\ndef uses(x: Number) -> Number:\n    """Uses."""\n    note("uses")\n    return x + {expression}\n'
    )
    world.node("user", statement + "\n" + body)
    graph = "used: {use: uses, in: daily.close}"
    assert world.values(world.run(graph), "used")[0] == 101.0
    world.run(graph)
    assert world.calls() == ["uses"]
    world.edit("lib/far", "K = 1.0", "K = 2.0")
    assert world.values(world.run(graph), "used")[0] == 102.0
    assert world.calls() == ["uses"]


def test_a_helper_shared_by_two_files_recomputes_both_and_only_them(world) -> None:
    world.write("lib/far", "K = 1.0\nL = 1.0\n")
    for name, constant in (("first", "K"), ("second", "K"), ("third", "L")):
        world.node(
            name,
            f'from .lib.far import {constant}\n@indicator\ndef {name}(x: Number) -> Number:\n    """Doc."""\n'
            f'    note("{name}")\n    return x + {constant}\n',
        )
    graph = "\n".join(f"{name}: {{use: {name}, in: daily.close}}" for name in ("first", "second", "third"))
    world.run(graph)
    world.calls()
    world.edit("lib/far", "K = 1.0", "K = 2.0")
    world.run(graph)
    assert world.calls() == ["first", "second"]


def test_a_changed_declaration_recomputes(world) -> None:
    world.node("late", '@indicator\ndef late(x: Number) -> Number:\n    """Late."""\n    return x.shift(1)\n')
    graph = "a: {use: late, in: daily.close}"
    before = world.plan(graph).step("g", "a").key
    world.edit("late", "@indicator\n", '@indicator(scope="cross-section")\n')
    assert world.plan(graph).step("g", "a").key != before


def test_a_library_of_another_version_recomputes(world, upgrade) -> None:
    world.run(world.CHAIN)
    world.calls()
    upgrade("polars")
    world.run(world.CHAIN)
    assert world.calls() == ["plus 1", "plus 2", "plus 3"]


def test_a_library_that_a_style_does_not_use_recomputes_nothing(world, upgrade) -> None:
    world.run(world.CHAIN)
    world.calls()
    upgrade("numba")
    world.run(world.CHAIN)
    assert world.calls() == []
