"""`extends`: maps merge, everything else replaces, `~` deletes; files are looked for inside the project only."""

import os

import pytest

from pipeline.errors import GraphError
from pipeline.graph.check import check_file

BASE = """\
tradegraph: 1
name: base
description: The parent
params:
  fast: {type: int, default: 12, min: 2, max: 200}
  slow: {type: int, default: 48}
bars:
  daily: {timeframe: 1d, symbols: [A, B], from: 2011-01-03}
nodes:
  fast: {use: sma, in: daily.close, with: {period: $fast}}
  slow: {use: sma, in: daily.close, with: {period: $slow}}
  entry: {use: cross, in: {fast: fast, slow: slow}}
outputs: {entry: entry}
"""


@pytest.fixture
def family(tmp_path, registry):
    """`family(child="extends: ./base.yaml\\n…")`: files are written, `child.yaml` is checked."""

    def checked(child, **others):
        for name, text in {"base": BASE, **others, "child": child}.items():
            file = tmp_path / f"{name.replace('__', '/')}.yaml"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return check_file(tmp_path / "child.yaml", registry)

    return checked


@pytest.fixture
def family_faults(family):
    def found(child, **others):
        with pytest.raises(GraphError) as caught:
            family(child, **others)
        return caught.value.faults

    return found


CHILD = "tradegraph: 1\nextends: ./base.yaml\n"


def test_a_child_without_more_is_its_parent_under_its_own_name(family):
    graph = family(CHILD)
    assert (graph.name, graph.description) == ("child", "The parent")
    assert list(graph.nodes) == ["fast", "slow", "entry"]
    assert graph.bars["daily"].symbols == ("A", "B")


def test_maps_merge_and_everything_else_replaces(family):
    graph = family(
        CHILD + "params: {fast: {default: 20}}\nbars: {daily: {symbols: [C]}}\n"
        "nodes:\n  slow: {use: rsi}\n  entry: {in: {slow: daily.open}}\n  more: {use: sma, in: fast}\n"
        "outputs: {more: more, slow: slow}\n"
    )
    assert graph.params == {"fast": 20, "slow": 48}
    assert graph.bars["daily"].symbols == ("C",)
    assert graph.bars["daily"].start.year == 2011
    assert graph.nodes["slow"].type.id == "rsi"
    assert [wire.source for wire in graph.nodes["entry"].wires] == ["fast", "daily"]
    assert list(graph.outputs) == ["entry", "more", "slow"]


def test_a_tilde_deletes(family):
    graph = family(
        CHILD + "params: {fast: {max: ~, default: 300}, slow: ~}\nbars: {daily: {from: ~}}\n"
        "nodes: {entry: ~, slow: ~, fast: {with: ~}}\noutputs: ~\n"
    )
    assert graph.params == {"fast": 300}
    assert (list(graph.nodes), dict(graph.outputs)) == (["fast"], {})
    assert graph.nodes["fast"].params == {"period": 14}
    assert graph.bars["daily"].start is None


def test_a_parent_may_have_a_parent_and_paths_are_relative_to_each_file(family):
    graph = family(
        "tradegraph: 1\nextends: deep/middle.yaml\nparams: {fast: {default: 7}}\n",
        deep__middle="tradegraph: 1\nextends: ../base.yaml\nparams: {fast: {default: 5}, slow: {default: 9}}\n",
    )
    assert graph.params == {"fast": 7, "slow": 9}


def test_a_fault_in_what_came_from_the_parent_is_shown_there(family_faults, tmp_path):
    (fault,) = family_faults(CHILD + "nodes: {fast: {use: rsi, with: {period: 300}}}\n".replace("300", "$slow_"))
    assert (fault.code, fault.place.file) == ("TG204", str(tmp_path / "child.yaml"))
    (fault,) = family_faults(CHILD + "nodes: {fast: {use: above}}\n")
    assert (fault.code, fault.place.file, fault.place.line) == ("TG221", str(tmp_path / "base.yaml"), 10)


@pytest.mark.parametrize(
    ("child", "message", "hint", "fixed"),
    [
        ("nodes: {fsat: ~}", "there is no node 'fsat' to delete: base.yaml has none", "Did you mean 'fast'?", "fast"),
        ("nodes: {slwo: {with: {period: 3}}}", "there is no node 'slwo' to change", "Did you mean 'slow'?", "slow"),
        ("outputs: {gone: ~}", "there is no output 'gone' to delete", "deleted from base.yaml already", ""),
        ("bars: {dayly: ~}", "there is no bars source 'dayly' to delete", "Did you mean 'daily'?", "daily"),
        ("params: {lsow: ~}", "there is no param 'lsow' to delete", "Did you mean 'slow'?", "slow"),
    ],
)
def test_an_override_of_nothing_is_a_fault(family_faults, child, message, hint, fixed):
    (fault,) = family_faults(f"{CHILD}{child}\n")
    assert fault.code == "TG124"
    assert message in fault.message
    assert hint in fault.hint
    assert [edit.new for edit in fault.fix] == ([fixed] if fixed else [])


def test_a_circle_of_parents_is_named(family_faults):
    (fault,) = family_faults(
        "tradegraph: 1\nextends: ./a.yaml\nbars: {d: {timeframe: 1d}}\nnodes: {x: {use: sma, in: d.close}}\n",
        a="tradegraph: 1\nextends: ./b.yaml\n",
        b="tradegraph: 1\nextends: ./a.yaml\n",
    )
    assert fault.code == "TG122"
    assert fault.message == "the files extend each other in a circle: a.yaml → b.yaml → a.yaml"
    assert fault.place.file.endswith("b.yaml")


def test_a_file_that_extends_itself_is_a_circle(family_faults):
    assert [f.code for f in family_faults("tradegraph: 1\nextends: ./child.yaml\n")][:1] == ["TG122"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("./bsae.yaml", "there is no such file"),
        ("../outside.yaml", "it lies outside the project"),
        ("./link.yaml", "it lies outside the project"),
        ("./loop.yaml", "too many levels of symbolic links"),
        ("./pipe.yaml", "it is no regular file"),
        ("./folder.yaml", "it is no regular file"),
        ("./nowhere/base.yaml", "there is no such file"),
        ("base", "it does not end in .yaml"),
        ("/etc/passwd.yaml", "the path is not relative"),
        ("'./a\\0.yaml'", "there is no such file"),
        ("./" + "x" * 5000 + ".yaml", "file name too long"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(family_faults, tmp_path, path, reason):
    inside = tmp_path / "project"
    inside.mkdir()
    (tmp_path / "outside.yaml").write_text(BASE)
    (tmp_path / "link.yaml").symlink_to("/etc/hostname")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    if path.startswith("../"):
        path = "../" * 30 + "etc/hostname.yaml"
    found = family_faults(f"tradegraph: 1\nextends: {path}\n")
    assert found[0].code == "TG121"
    assert reason in found[0].message or path == "./loop.yaml"
    assert len(str(found[0])) < 500


def test_a_file_that_is_a_link_may_be_checked_and_its_parents_are_beside_the_link(family, tmp_path, registry):
    family(CHILD)
    (tmp_path / "link.yaml").symlink_to(tmp_path / "child.yaml")
    assert check_file(tmp_path / "link.yaml", registry).name == "link"


def test_the_project_is_the_folder_that_parts_may_come_from(tmp_path, registry):
    (tmp_path / "plugin_config.json").write_text("{}")
    (tmp_path / "graphs").mkdir()
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "graphs" / "child.yaml").write_text("tradegraph: 1\nextends: ../base.yaml\n")
    assert check_file(tmp_path / "graphs" / "child.yaml", registry).nodes.keys() == {"fast", "slow", "entry"}
    (tmp_path / "plugin_config.json").unlink()
    with pytest.raises(GraphError, match="outside the project"):
        check_file(tmp_path / "graphs" / "child.yaml", registry)


def test_a_text_without_a_folder_extends_nothing(faults, head):
    found = faults(head + "extends: ‸./base.yaml\nnodes: {a: {use: sma, in: daily.close}}\n", "TG121")
    assert "without a folder" in found[0].message


def test_thousands_of_parents_are_too_many(family_faults):
    chain = {f"p{i}": f"tradegraph: 1\nextends: ./p{i + 1}.yaml\n" for i in range(200)}
    found = family_faults("tradegraph: 1\nextends: ./p0.yaml\n", **chain)
    assert "TG103" in {fault.code for fault in found}


def test_a_parent_has_its_own_faults_of_form(family_faults):
    found = family_faults(CHILD.replace("base", "odd"), odd=BASE.replace("tradegraph: 1", "tradegraph: 2") + "x: 1\n")
    assert [(fault.code, fault.place.line) for fault in found] == [("TG104", 1), ("TG105", 14)]
    found = family_faults(CHILD.replace("base", "odd"), odd="a: [")
    assert found[0].place.file.endswith("odd.yaml") or found[1].place.file.endswith("odd.yaml")
