"""The door: who is let in, from where, and what a server that only answers refuses."""

from __future__ import annotations

import pytest

from pipeline.api.access import QUESTIONS, Access, is_loopback
from pipeline.api.app import make_app
from pipeline.api.guard import MOST_BYTES
from pipeline.api.server import warning_of

pytestmark = pytest.mark.xdist_group("api")

BEARER = {"Authorization": "Bearer secret"}
CHANGES = [("put", "/api/graphs/x"), ("post", "/api/runs"), ("post", "/api/plugins"), ("delete", "/api/plugins/x")]


def code_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["code"]


@pytest.fixture(scope="module")
def ask(door):
    return door()


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "secret"}, {"Authorization": "Basic secret"},
     {"Authorization": "Bearer "}, {"Cookie": "tradegraph-8321=secret"}, {"Authorization": "Bearer sécret".encode()}],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"), [("get", "/api/system"), ("get", "/docs"), ("get", "/openapi.json"), *CHANGES]
)
def test_nothing_is_answered_without_the_token(ask, headers, method, path):
    answer = ask(method, path, headers=headers)
    assert code_of(answer) == (401, "TG804")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_browser_without_the_token_is_told_in_words(ask):
    answer = ask("get", "/docs", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 401
    assert "tradegraph serve" in answer.text


def test_the_link_sets_a_cookie_that_no_other_site_can_use(ask):
    assert code_of(ask("get", "/?token=wrong")) == (401, "TG804")
    opened = ask("get", "/?token=secret", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert opened.status_code == 200
    cookie = opened.headers["set-cookie"]
    assert cookie.startswith("tradegraph-8321=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "secret" not in cookie + opened.text
    mine = {"Cookie": cookie.partition(";")[0]}
    assert ask("get", "/api/system", headers=mine).status_code == 200
    # the cookie is no token
    value = cookie.partition(";")[0].partition("=")[2]
    assert code_of(ask("get", "/api/system", headers={"Authorization": f"Bearer {value}"})) == (401, "TG804")
    # a change by cookie must say that it comes from our own page
    assert code_of(ask("post", "/api/sql", headers=mine, json={"query": "select 1"})) == (401, "TG804")
    own = {**mine, "Origin": "http://127.0.0.1:8321"}
    assert ask("post", "/api/graphs/validate", headers=own, json={"text": "x"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8321", "127.0.0.1.evil.example", "10.0.0.7", "", "[::2]", "[x"]
)
def test_a_request_to_another_name_is_refused(ask, host):
    assert code_of(ask("get", "/api/system", headers={**BEARER, "Host": host})) == (403, "TG805")


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost:8321", "LOCALHOST", "[::1]:8321", "localhost:9000"])
def test_names_of_this_machine_are_ours_through_a_tunnel_too(ask, host):
    assert ask("get", "/api/system", headers={**BEARER, "Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "file://", "http://localhost:8321"]
)
@pytest.mark.parametrize("method", ["get", "post", "options"])
def test_a_page_of_another_origin_is_refused(ask, origin, method):
    assert code_of(ask(method, "/api/runs", headers={**BEARER, "Origin": origin})) == (403, "TG805")


@pytest.mark.parametrize("whence", ["cross-site", "same-site"])
def test_an_image_or_a_script_of_another_site_is_refused(ask, whence):
    fetched = {**BEARER, "Sec-Fetch-Site": whence, "Sec-Fetch-Mode": "no-cors"}
    assert code_of(ask("get", "/api/system", headers=fetched)) == (403, "TG805")
    assert code_of(ask("get", "/docs", headers=fetched)) == (403, "TG805")


@pytest.mark.parametrize("host", ["192.168.1.5:8321", "[fe80::1]:8321"])
def test_a_server_for_other_machines_is_reached_by_address_and_not_by_a_foreign_name(door, host):
    ask = door(host="0.0.0.0")
    assert ask("get", "/api/system", headers={**BEARER, "Host": host}).status_code == 200
    assert code_of(ask("get", "/api/system", headers={**BEARER, "Host": "evil.example:8321"})) == (403, "TG805")


def test_to_listen_for_other_machines_is_said_plainly():
    said = warning_of("0.0.0.0", "ann")
    assert "run any code" in said
    assert "ann" in said
    assert "not encrypted" in said
    assert [warning_of(host, "ann") for host in ("127.0.0.1", "localhost", "::1", "127.0.0.2")] == [""] * 4
    assert not is_loopback("example.org")


@pytest.fixture(scope="module")
def reader(door):
    return door(read_only=True)


def every_change(app) -> list[tuple[str, str]]:
    paths = app.openapi()["paths"]
    return [(m, p) for p, operations in paths.items() for m in operations if m not in ("get", "head")]


def test_read_only_refuses_every_change_and_answers_every_question(site, reader):
    changes = every_change(make_app(site.server.served))
    refused = {path for method, path in changes if path not in QUESTIONS}
    assert {path for _, path in changes} - refused == QUESTIONS
    assert len(refused) >= 12
    for method, path in changes:
        answer = reader(method, path.replace("{", "").replace("}", ""), headers=BEARER, json={})
        if path in QUESTIONS:
            assert answer.status_code in (200, 422)
            assert answer.status_code == 200 or answer.json()["code"] == "TG801"
        else:
            assert code_of(answer) == (403, "TG806")
    assert reader("get", "/api/system", headers=BEARER).json()["read_only"] is True


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "CONNECT", "FOO"])
def test_methods_that_nobody_has_change_nothing_either(reader, ask, method):
    assert code_of(reader(method, "/api/graphs/slope", headers=BEARER)) == (403, "TG806")
    assert code_of(ask(method, "/api/graphs/slope", headers=BEARER)) == (405, "TG803")


def test_a_large_body_is_refused_by_its_length_and_by_its_bytes(ask):
    big = b'{"text": "' + b"x" * MOST_BYTES + b'"}'
    typed = {**BEARER, "Content-Type": "application/json"}
    assert code_of(ask("put", "/api/graphs/big", headers=typed, content=big)) == (413, "TG807")

    async def pieces():
        for at in range(0, len(big), 65536):
            yield big[at : at + 65536]

    assert code_of(ask("put", "/api/graphs/big", headers=typed, content=pieces())) == (413, "TG807")
    lie = {**typed, "Content-Length": "10"}
    assert code_of(ask("put", "/api/graphs/big", headers=lie, content=pieces())) == (413, "TG807")


def test_every_answer_keeps_a_browser_careful(ask):
    for answer in (ask("get", "/docs", headers=BEARER), ask("get", "/api/nope", headers=BEARER), ask("get", "/docs")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/pages/..%2f..%2fworker.py",
        "/pages/../app.py",
        "/pages/%2e%2e/app.py",
        "/pages/docs.html%00",
        "/pages//etc/passwd",
    ],
)
def test_pages_are_those_that_there_are(ask, path):
    assert ask("get", path, headers=BEARER).status_code == 404


def test_two_servers_have_two_tokens_and_a_token_is_not_shown():
    one, other = Access(), Access()
    assert one.token != other.token
    assert len(one.token) >= 40
    assert one.token not in repr(one)
    assert one.is_token(one.token)
    assert not one.is_token(other.token)
