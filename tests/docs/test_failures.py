"""The page about failures: its example fails as it says, is replayed, mended, and replayed again."""

import shutil

import pytest

PAGE = "docs/failures.md"

pytestmark = pytest.mark.xdist_group("reader")  # shares the project of the other pages


@pytest.fixture(scope="module")
def project(quick_start, blocks, tmp_path_factory):
    """A project with the page's node file and graph."""
    folder, _ = quick_start
    root = tmp_path_factory.mktemp("failures") / "project"
    shutil.copytree(folder / "my-project", root, symlinks=True)
    node, code = blocks(PAGE, "python")
    (root / "nodes/custom").mkdir(parents=True, exist_ok=True)
    (root / "nodes/custom/relative.py").write_text(node)
    (graph,) = blocks(PAGE, "yaml")
    (root / "graphs/doubtful.yaml").write_text(graph)
    return root, node, code


def test_the_commands_and_the_code_do_what_the_page_says(project, answers, blocks, monkeypatch, capsys):
    root, node, code = project
    (script,) = blocks(PAGE, "sh")
    found = answers(script, root)
    assert [answer.returncode for answer in found] == [1, 1, 0], found
    run, replay, retries = (answer.stdout + answer.stderr for answer in found)
    assert "TG501" in run
    assert "nodes/custom/relative.py:11 in start" in replay
    assert "rows of SPX" in replay
    assert "growth" in retries
    monkeypatch.chdir(root)
    exec(compile(code, PAGE, "exec"), {})
    assert capsys.readouterr().out.endswith(" 11\n")
    (root / "nodes/custom/relative.py").write_text(node.replace('x["first"]', "x.iloc[0]"))
    exec(compile(code, PAGE, "exec"), {})
    assert "value" in capsys.readouterr().out
