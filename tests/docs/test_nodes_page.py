"""The page of node types is what the registry gives."""

from pipeline.cli.nodes.catalog import catalog
from pipeline.engine import Engine
from pipeline.laws.law import LAWS
from pipeline.plugins.discover import build_registry


def test_the_page_is_what_tradegraph_nodes_catalog_prints(page):
    # `tradegraph nodes catalog > docs/nodes.md` writes it anew
    assert page("docs/nodes.md") == catalog(build_registry([]).registry)


def test_the_question_about_certificates_is_answered(tmp_path, blocks):
    (tmp_path / "plugin_config.json").write_text("{}")
    engine = Engine.open(tmp_path)
    (certificate,) = engine.certify([(engine.registry["shift"], None)])
    assert certificate.verdict == "lawful"
    (query,) = blocks("docs/writing-nodes.md", "sql")
    assert engine.sql(query).height == 0
    assert engine.sql("select node_type from certificates").rows() == [("shift",)]


def test_every_law_is_explained(page):
    text = page("docs/writing-nodes.md")
    assert all(f"| `{law.name}` |" in text for law in LAWS)
