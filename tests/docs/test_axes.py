"""The page about axes: its graphs run on the bars that ship, its table lists the nodes that there are."""

import re

import pytest

from nodes import axes
from pipeline.engine import Engine
from pipeline.market import Market, import_files

PAGE = "docs/axes.md"


@pytest.fixture(scope="module")
def engine(tmp_path_factory, request, sharing_kernels):
    root = tmp_path_factory.mktemp("page")
    (root / "plugin_config.json").write_text("{}")
    import_files(Market(root / "market"), [request.config.rootpath / "examples" / "bars"], "1d")
    return Engine.open(sharing_kernels(root))


def test_the_graphs_of_the_page_run(engine, blocks, tmp_path):
    for number, text in enumerate(blocks(PAGE, "yaml")):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        result = engine.run(path)
        assert result.run.status == "ok", result.run.records
        assert not result.graph.warnings


def test_the_table_lists_all_axis_nodes(request, page):
    files = sorted(path.stem for path in (request.config.rootpath / "nodes" / "axes").glob("[a-z]*.py"))
    assert sorted(re.findall(r"^\| `(\w+)` \|", page(PAGE), re.MULTILINE)) == files
    assert axes.__doc__
