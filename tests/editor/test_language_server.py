"""What an editor shows of a graph file: completion, hover and diagnostics of yaml-language-server."""

import pytest

pytestmark = pytest.mark.xdist_group("editor")

HEAD = "tradegraph: 1\nbars:\n  daily: {timeframe: 1d}\nnodes:\n"
CURSOR = "‸"


@pytest.fixture
def opened(server):
    """`opened(text)`: the uri of a document with this text, and the position of the cursor in it."""

    def open_(text):
        text = f"# yaml-language-server: $schema={server.folder.as_uri()}/graph.schema.json\n{text}"
        before = text.partition(CURSOR)[0]
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        server.opened += 1
        return server.open(f"g{server.opened}.yaml", text.replace(CURSOR, "")), position

    return open_


@pytest.fixture
def offered(server, opened):
    def offer(text):
        uri, position = opened(text)
        found = server.ask("textDocument/completion", textDocument={"uri": uri}, position=position)
        items = found["items"] if isinstance(found, dict) else found
        return {item["label"]: item for item in items}

    return offer


@pytest.fixture
def messages(server, opened):
    def found(text):
        return [fault["message"] for fault in server.diagnostics(opened(text)[0])]

    return found


def test_node_types_are_offered_with_their_documentation(offered):
    found = offered(HEAD + "  fast:\n    use: ‸\n")
    assert {"ema", "rsi", "cross", "performance"} <= found.keys()
    assert "Exponential" in str(found["ema"].get("documentation")) or "average" in str(found["ema"])


def test_only_the_params_of_the_type_are_offered(offered):
    assert offered(HEAD + "  fast:\n    use: ema\n    in: daily.close\n    with:\n      ‸\n").keys() == {"period"}
    bands = offered(HEAD + "  b:\n    use: bollinger\n    in: daily.close\n    with:\n      ‸\n")
    assert bands.keys() == {"period", "deviations"}


def test_only_the_inputs_of_the_type_are_offered(offered):
    assert offered(HEAD + "  c:\n    use: cross\n    in:\n      ‸\n").keys() == {"fast", "slow"}


def test_options_of_a_param_are_offered(offered):
    found = offered(HEAD + "  h:\n    use: position\n    in: e.event\n    with:\n      direction: ‸\n")
    assert {"long", "short", "both"} <= found.keys()


def test_the_keys_of_a_node_are_offered_and_no_others(offered):
    found = offered(HEAD + "  fast:\n    use: ema\n    ‸\n")
    assert {"in", "with", "retry", "timeout", "tags", "store"} <= found.keys()
    assert not {"period", "nodes", "fast"} & found.keys()


def test_hover_shows_what_a_type_and_a_param_are(server, opened):
    uri, position = opened(HEAD + "  fast: {use: e‸ma, in: daily.close}\n")
    shown = server.ask("textDocument/hover", textDocument={"uri": uri}, position=position)
    assert "period" in str(shown["contents"])
    uri, position = opened(HEAD + "  fast:\n    use: ema\n    in: daily.close\n    with:\n      per‸iod: 12\n")
    shown = server.ask("textDocument/hover", textDocument={"uri": uri}, position=position)
    assert "int" in str(shown["contents"])


def test_a_sound_graph_has_no_diagnostics(messages, request):
    assert messages((request.config.rootpath / "graphs" / "ema_cross.yaml").read_text()) == []
    assert messages(
        HEAD + "  a: {use: ema, in: daily.close, with: {period: $p}, retry: 1, timeout: 60s, tags: [x], store: false}\n"
    ) == []  # fmt: skip


def test_an_unknown_type_is_one_short_message(messages):
    (message,) = messages(HEAD + "  fast: {use: emaa, in: daily.close, with: {period: 3}}\n")
    assert message == "No such node type: `tradegraph nodes list` shows all."


def test_where_a_file_has_sub_graphs_their_names_are_types(messages):
    text = "graphs:\n  trend: {in: {x: price}, out: a, nodes: {a: {use: ema, in: $x}}}\n"
    assert messages(text + HEAD + "  fast: {use: trend, in: daily.close}\n") == []


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("{use: ema, in: daily.close, with: {perid: 3}}", "perid"),
        ("{use: ema, in: daily.close, with: {period: 0}}", "below the minimum"),
        ("{use: ema, in: daily.close, with: {period: ten}}", "integer"),
        ("{use: cross, in: {fast: daily.close, slwo: daily.open}}", "slwo"),
        ("{use: ema, in: daily.close, period: 3}", "period"),
        ("{use: ema, in: daily.close, timeout: 60}", "timeout|string"),
    ],
)
def test_a_fault_of_form_is_marked(messages, node, words):
    found = messages(HEAD + f"  a: {node}\n")
    assert any(word in message for message in found for word in words.split("|")), found
