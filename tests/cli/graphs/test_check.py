"""check in its four forms, and what it mends; explain and schema."""

from __future__ import annotations

import json

import pytest

from pipeline.errors import CODES


@pytest.fixture
def bad(project):
    text = (project / "graphs/slope.yaml").read_text()
    text = text.replace("use: diff", "use: dif").replace("in: move", "in: moove").replace("name: slope", "name: bad")
    file = project / "graphs/bad.yaml"
    file.write_text("# mine\n" + text)
    return file


def test_all_graphs_are_checked_when_none_is_named(project, tradegraph, bad) -> None:
    done = tradegraph("check")
    assert done.status == 2
    assert "graphs/slope.yaml: ok" in done.out
    assert "graphs/bad.yaml:9:15 TG201" in done.err
    assert tradegraph("check", "slope").status == 0


def test_certain_remedies_are_made_and_the_rest_is_told(tradegraph, bad) -> None:
    done = tradegraph("check", "bad", "--fix")
    assert done.status == 0, done.err
    assert "2 changes made" in done.err
    assert bad.read_text().startswith("# mine\n")
    assert "use: diff" in bad.read_text()
    assert "in: move" in bad.read_text()


def test_a_fault_shows_both_ends_with_their_lines(project, tradegraph, bad) -> None:
    bad.write_text((project / "graphs/slope.yaml").read_text().replace("in: move", "in: daily"))
    said = tradegraph("check", "bad").err
    assert "TG214" in said
    assert "note: graphs/bad.yaml:6:3 daily gives bars" in said
    assert said.count("^") == 3


def test_github_reads_one_line_a_fault(tradegraph, bad) -> None:
    done = tradegraph("check", "--format", "github", "bad")
    first, second = done.out.splitlines()
    assert first.startswith("::error file=graphs/bad.yaml,line=9,col=15,title=TG201::no node type 'dif'%0Ahint: Did")
    assert second.startswith("::error file=graphs/bad.yaml,line=10,")
    assert done.status == 2


def test_sarif_has_the_published_structure(tradegraph, bad, project) -> None:
    bad.write_text(bad.read_text().replace("name: bad", "name: bäd, % name") + "# ü\n")
    done = tradegraph("check", "--format", "sarif", "bad", "slope")
    log = json.loads(done.out)
    assert (log["version"], log["$schema"].rpartition("/")[2]) == ("2.1.0", "sarif-2.1.0.json")
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    driver = run["tool"]["driver"]
    assert driver["name"] == "tradegraph"
    assert {rule["id"] for rule in driver["rules"]} <= CODES.keys()
    assert run["results"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        for location in [*result["locations"], *result.get("relatedLocations", [])]:
            physical = location["physicalLocation"]
            assert physical["artifactLocation"]["uri"] == "graphs/bad.yaml"
            assert all(isinstance(value, int) and value >= 1 for value in physical["region"].values())
        for fix in result.get("fixes", []):
            assert fix["description"]["text"]
            for change in fix["artifactChanges"]:
                for replacement in change["replacements"]:
                    region = replacement["deletedRegion"]
                    assert region["endColumn"] >= region["startColumn"]
                    assert replacement["insertedContent"]["text"]
    assert any("fixes" in result for result in run["results"])


def test_json_has_every_graph(tradegraph, bad) -> None:
    document = json.loads(tradegraph("check", "--json").out)
    assert document["status"] == "error"
    by_status = {one["status"]: one for one in document["graphs"]}
    assert by_status["error"]["faults"][0]["fix"][0]["new"] == "diff"


def test_a_code_is_explained(tradegraph) -> None:
    done = tradegraph("explain", "tg214")
    assert CODES["TG214"] in done.out
    assert "Did you mean" in tradegraph("explain", "TG2144").err


def test_the_schema_is_written_and_kept_up_to_date(project, tradegraph) -> None:
    file = project / ".tradegraph/graph.schema.json"
    assert tradegraph("schema", "--write").status == 0
    first = json.loads(file.read_text())
    assert tradegraph("schema").out == file.read_text()
    (project / "nodes/custom").mkdir(parents=True, exist_ok=True)
    (project / "nodes/custom/halve.py").write_text(
        'from pipeline import Number, indicator\n\n\n@indicator\ndef halve(x: Number) -> Number:\n    """Half."""\n    return x / 2\n'  # noqa: E501
    )
    tradegraph("check", "slope")
    second = json.loads(file.read_text())
    assert first["$comment"] != second["$comment"]
    assert "halve" in second["definitions"]["node"]["properties"]["use"]["pattern"]


def test_files_of_sub_graphs_need_not_be_graphs(project, tradegraph) -> None:
    part = "{in: {x: price}, out: a, nodes: {a: {use: scale, in: $x, with: {factor: 2}}}}"
    (project / "graphs/parts.yaml").write_text(f"tradegraph: 1\ngraphs: {{t: {part}}}\n")
    (project / "graphs/one.yaml").write_text(
        "tradegraph: 1\n" + part[1:-1].replace(", out", "\nout").replace(", nodes", "\nnodes") + "\n"
    )
    done = tradegraph("check")
    assert "graphs/parts.yaml: ok, sub-graphs" in done.out
    assert "one.yaml" not in done.out + done.err
    (project / "graphs/parts.yaml").write_text(f"tradegraph: 1\ngraphs: {{t: {part.replace('scale', 'scael')}}}\n")
    done = tradegraph("check")
    assert done.status == 2
    assert "TG201" in done.err
    assert "TG108" not in done.err
