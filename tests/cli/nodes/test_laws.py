"""`tradegraph nodes verify`, `check --laws` and `nodes catalog`: verdicts on the screen and in SQL."""

import json

CHEAT = '''
from pipeline import Price, indicator

@indicator
def tomorrow(close: Price) -> Price:
    """Tomorrow's close."""
    return close.shift(-1)
'''
GRAPH = """\
tradegraph: 1
name: cheat
bars:
  daily: {timeframe: 1d}
nodes:
  slow: {use: shift, in: daily.close, with: {periods: 3}}
  soon: {use: tomorrow, in: daily}
"""


def add_cheat(project) -> None:
    (project / "nodes/custom/cheat.py").write_text(CHEAT)
    (project / "graphs/cheat.yaml").write_text(GRAPH)


def test_verdicts_are_shown_and_can_be_asked_for_in_sql(project, tradegraph) -> None:
    add_cheat(project)
    answer = tradegraph("nodes", "verify", "shift", "tomorrow")
    assert answer.status == 1
    assert "tomorrow: law 'causality' broken" in answer.err
    assert "2 node types verified: 1 node type of 2 broke a law" in answer.out
    asked = tradegraph(
        "sql", "select node_type, verdict, law, symbol, bar from certificates order by node_type", "--json"
    )
    rows = asked.json["rows"] if isinstance(asked.json, dict) else asked.json
    assert rows == [
        {"node_type": "shift", "verdict": "lawful", "law": None, "symbol": None, "bar": None},
        {"node_type": "tomorrow", "verdict": "unlawful", "law": "causality", "symbol": "AAA", "bar": 0},
    ]


def test_a_new_verdict_on_the_same_code_and_params_replaces_the_old_one(project, tradegraph) -> None:
    for _ in range(2):
        assert tradegraph("nodes", "verify", "shift").status == 0
    assert "all laws are kept" in tradegraph("nodes", "verify", "add", "shift").out
    asked = tradegraph("sql", "select count(*) as n from certificates", "--json").json
    assert (asked["rows"] if isinstance(asked, dict) else asked) == [{"n": 2}]


def test_a_pattern_names_a_group_and_an_unknown_type_is_an_error(project, tradegraph) -> None:
    answer = tradegraph("nodes", "verify", "talib.ht_*", "--json")
    assert answer.status == 0
    assert len(answer.json["certificates"]) == 6
    unknown = tradegraph("nodes", "verify", "shfit")
    assert unknown.status == 2
    assert "TG201" in unknown.err
    assert "shift" in unknown.err


def test_a_graph_is_checked_with_its_own_params(project, tradegraph) -> None:
    add_cheat(project)
    answer = tradegraph("check", "--laws", "cheat")
    assert answer.status == 1
    assert "tomorrow: law 'causality' broken" in answer.err
    assert "periods=3" in answer.out
    assert tradegraph("check", "cheat").status == 0


def test_the_catalog_lists_every_node_type(project, tradegraph) -> None:
    page = tradegraph("nodes", "catalog").out
    assert "### `rsi`" in page
    assert "| `talib.rsi` | Relative Strength Index |" in page
    assert "### `breaks`" in page
    assert json.loads(tradegraph("nodes", "list", "--json").out)["nodes"]
