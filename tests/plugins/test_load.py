"""Loading a file: every refusal with its code and place, and nothing left behind in the process."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import PluginError
from pipeline.plugins.load import Loader

NODE = '@indicator\ndef {name}(x: Number) -> Number:\n    """Doc."""\n    return {body}\n'


def refused(world, name: str):
    """The one fault of the file that was refused."""
    discovery = world.discover()
    (record,) = [record for record in discovery.records if record.status == "refused"]
    assert Path(record.path).stem == name
    (fault,) = discovery.registry.refused
    assert record.reason.startswith(fault.code)
    return fault


def test_a_syntax_error_has_its_place(world) -> None:
    world.write("broken", "x = 1\n\ndef half(:\n    pass\n")
    fault = refused(world, "broken")
    assert fault.code == "TG402"
    assert (fault.place.file, fault.place.line) == (str(world.nodes / "broken.py"), 3)
    assert fault.place.column > 1


def test_bytes_that_are_no_python_are_refused(world) -> None:
    (world.nodes / "binary.py").write_bytes(b"\x00\xff\xfe rubbish")
    assert refused(world, "binary").code == "TG402"


def test_a_failing_import_names_the_module_and_the_line(world) -> None:
    world.write("needs", "import os\nimport a_library_that_nobody_has\n")
    fault = refused(world, "needs")
    assert fault.code == "TG406"
    assert "a_library_that_nobody_has" in fault.message
    assert fault.place.line == 2
    assert "Install" in fault.hint


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit(7)", "SystemExit: 7"),
        ("from .nowhere import thing", "nowhere"),
        ("from pipeline import not_there", "not_there"),
        ("unknown_name", "NameError"),
    ],
)
def test_code_that_fails_while_it_is_loaded_is_refused_with_its_line(world, statement, says) -> None:
    world.write("failing", f"x = 1\n{statement}\n")
    fault = refused(world, "failing")
    assert fault.code == "TG406"
    assert says in fault.message
    assert fault.place.line == 2


def test_a_helper_that_fails_is_told_with_the_helpers_place(world) -> None:
    world.write("_helper", "\n\nraise RuntimeError('helper')\n")
    world.node("user", "from ._helper import x\n")
    fault = refused(world, "user")
    assert fault.code == "TG406"
    assert fault.place.file == str(world.nodes / "_helper.py")
    assert fault.place.line == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("@indicator\ndef nodoc(x: Number) -> Number:\n    return x\n", "docstring"),
        ('@indicator\ndef nokind(x) -> Number:\n    """Doc."""\n    return x\n', "'x'"),
        ('@indicator\ndef noreturn(x: Number):\n    """Doc."""\n    return x\n', "return"),
        ('@indicator\ndef bare(x: Number, *, n: int = 1) -> Number:\n    """Doc."""\n    return x\n', "'n'"),
        ('@strategy\ndef priced(x: Number) -> Price:\n    """Doc."""\n    return x\n', "event"),
    ],
    ids=["no docstring", "no kind", "no return", "undescribed param", "wrong output"],
)
def test_a_malformed_declaration_is_refused(world, text, says) -> None:
    world.node("malformed", text)
    fault = refused(world, "malformed")
    assert fault.code == "TG405"
    assert says in fault.message


UNDIGESTIBLE = {
    "lambda": """
def typed(fn):
    fn.__annotations__, fn.__doc__ = {"x": Number, "return": Number}, "Doc."
    return fn

wrong = indicator(id="wrong")(typed(lambda x: x))
""",
    "closure": '''
def make(k):
    @indicator(id="made")
    def inner(x: Number) -> Number:
        """Doc."""
        return x + k
    return inner

made = make(2)
''',
}


@pytest.mark.parametrize("text", UNDIGESTIBLE.values(), ids=UNDIGESTIBLE)
def test_code_that_cannot_be_digested_is_refused(world, text) -> None:
    world.node("undigestible", text)
    fault = refused(world, "undigestible")
    assert fault.code == "TG408"
    assert "def" in fault.hint


def test_an_id_declared_twice_in_a_file_refuses_the_file(world) -> None:
    world.node(
        "twice", NODE.format(name="one", body="x") + '@indicator(id="one")\n' + NODE.format(name="two", body="x")[11:]
    )
    fault = refused(world, "twice")
    assert fault.code == "TG404"
    assert "'one'" in fault.message


def test_an_id_that_two_files_claim_is_contested(world) -> None:
    world.node("a_first", NODE.format(name="one", body="x"))
    world.node("b_second", NODE.format(name="one", body="x"))
    contested = world.discover().registry.contested
    assert list(contested) == ["one"]
    assert contested["one"].endswith("b_second.py")


def test_a_second_name_for_a_node_is_no_second_declaration(world) -> None:
    world.node("aliased", NODE.format(name="one", body="x") + "other = one\n")
    (record,) = [record for record in world.discover().records if record.path.endswith("aliased.py")]
    assert record.ids == ("one",)


def test_a_node_that_is_only_imported_is_not_declared_again(world) -> None:
    world.node("first", NODE.format(name="one", body="x"))
    world.node("second", "from .first import one\n" + NODE.format(name="two", body="x + 1"))
    assert {"one", "two"} <= set(world.registry().ids)


def test_what_is_run_is_what_was_read(world) -> None:
    path = world.node("steady", NODE.format(name="steady", body="x + 1"))
    loader = Loader()
    file = loader.tree.read(path, world.nodes)
    world.edit("steady", "x + 1", "x + 2")
    (node,) = loader.load(path, world.nodes).types
    assert node(1) == 2
    assert file.data != path.read_bytes()


def test_modules_bear_the_guides_package_and_a_digest(world) -> None:
    path = world.node("named", NODE.format(name="named", body="x"))
    (node,) = Loader().load(path, world.nodes).types
    module = sys.modules[node.fn.__module__]
    assert node.fn.__module__.startswith("bot_engine.plugins.named_")
    assert module.__package__ == "bot_engine.plugins"
    assert module.__file__ == str(path)


def test_two_versions_of_a_file_live_side_by_side(world) -> None:
    path = world.node("versions", "from .helper import K\n" + NODE.format(name="versions", body="x + K"))
    world.write("helper", "K = 1\n")
    (old,) = Loader().load(path, world.nodes).types
    world.write("helper", "K = 2\n")
    (new,) = Loader().load(path, world.nodes).types
    assert (old(0), new(0)) == (1, 2)
    assert old.code != new.code


def test_plugins_of_one_name_do_not_see_each_others_helpers(world) -> None:
    for place, constant in (("left", 1), ("right", 2)):
        world.write(f"{place}/helper", f"K = {constant}\n")
        world.write(
            f"{place}/plugin",
            "from pipeline import Number, indicator\nfrom helper import K\n" + NODE.format(name=place, body="x + K"),
        )
    registry = world.registry()
    assert (registry["left"](0), registry["right"](0)) == (1, 2)


def test_a_dataclass_an_enum_and_a_named_tuple_in_a_plugin_work(world) -> None:
    world.write(
        "rich",
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom enum import Enum\n"
        "from typing import NamedTuple\nfrom pipeline import Number, indicator\n"
        "@dataclass(frozen=True)\nclass Box:\n    k: int = 3\n    again: Box | None = None\n"
        "class Side(Enum):\n    BUY = 1\nclass Pair(NamedTuple):\n    a: Number\n    b: Number\n"
        '@indicator\ndef rich(x: Number) -> Pair:\n    """Doc."""\n    return x + Box().k, x + Side.BUY.value\n',
    )
    assert world.registry()["rich"](0) == (3, 1)


def test_loading_is_repeatable(world) -> None:
    world.node("many", "".join(NODE.format(name=name, body="x") for name in ("zeta", "alpha", "mid")))
    first, second = world.discover(), world.discover()
    assert first.records == second.records
    assert first.registry.ids == second.registry.ids == ("account", "alpha", "fragile", "mid", "plus", "zeta")
    assert [node.code for node in first.registry] == [node.code for node in second.registry]


def test_a_clash_of_ids_keeps_the_first_path_and_names_both(world) -> None:
    world.node("a_first", NODE.format(name="mine", body="x + 1"))
    world.node("b_second", NODE.format(name="mine", body="x + 2") + NODE.format(name="other", body="x"))
    fault = refused(world, "b_second")
    assert fault.code == "TG404"
    assert str(world.nodes / "a_first.py") in fault.message
    assert fault.place.file == str(world.nodes / "b_second.py")
    registry = world.discover().registry
    assert registry["mine"](0) == 1
    assert registry.get("other") is None


def test_on_a_clash_with_a_shipped_node_the_shipped_one_stays(site) -> None:
    site.node("sma", NODE.format(name="sma", body="x * 0"))
    discovery = site.engine(shipped=True).discovery
    (record,) = [record for record in discovery.records if record.path == str(site.nodes / "sma.py")]
    assert (record.status, record.ids) == ("refused", ())
    assert record.reason.startswith("TG404")
    assert "nodes/indicators/sma.py" in record.reason
    assert discovery.registry["sma"].style == "kernel"


def test_a_refused_file_is_named_where_a_graph_uses_it(world) -> None:
    world.write("wanted", "raise ValueError('not today')\n")
    from pipeline.errors import GraphError
    from pipeline.graph.check import check
    from pipeline.graph.read import read_text

    with pytest.raises(GraphError) as caught:
        check(read_text(world.text("a: {use: wanted, in: daily.close}")), world.discover().registry)
    assert caught.value.faults[0].code == "TG201"
    assert "not today" in caught.value.hint


def test_nothing_is_left_behind_in_the_process(world) -> None:
    world.node(
        "plain", "import lib.far\nfrom .near import K\nimport pandas as pd\n" + NODE.format(name="plain", body="x + K")
    )
    world.write("near", "K = 1\n")
    world.write("lib/far", "K = 1\n")
    code = f"""
import builtins, sys
from pathlib import Path
import pipeline.plugins.discover as discover
path, meta, hooks = list(sys.path), list(sys.meta_path), list(sys.path_hooks)
plain, modules = builtins.__import__, set(sys.modules)
found = discover.build_registry([Path({str(world.nodes)!r})], shipped=Path({str(world.shipped)!r}))
assert "plain" in found.registry, found.records
assert (sys.path, sys.meta_path, sys.path_hooks) == (path, meta, hooks)
assert builtins.__import__ is plain
new = {{name for name in set(sys.modules) - modules if not name.startswith("bot_engine.plugins.")}}
assert not new & {{"pandas", "lib", "lib.far", "near", "plain", "helper"}}, new
assert "pandas" not in sys.modules
assert not list(Path({str(world.nodes)!r}).rglob("__pycache__"))
"""
    checkout = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=checkout, env={"PYTHONPATH": str(checkout)})


def test_a_file_outside_its_root_cannot_be_loaded_directly(world, tmp_path) -> None:
    stray = tmp_path / "stray.py"
    stray.write_text("x = 1\n")
    with pytest.raises(PluginError) as caught:
        Loader().load(stray, world.nodes)
    assert caught.value.faults[0].code == "TG401"
