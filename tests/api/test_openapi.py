"""The description: complete, true for whatever requests are made of it, and readable."""

from __future__ import annotations

import json

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from pipeline.api.problem import MEDIA

pytestmark = pytest.mark.xdist_group("api")

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
STREAMS = "/events"


@pytest.fixture(scope="module")
def page(site):
    return site.client.get("/openapi.json").json()


def operations(page):
    return [(m, path, one) for path, found in page["paths"].items() for m, one in found.items()]


def test_every_route_is_described_and_belongs_to_a_group(page):
    groups = [tag["name"] for tag in page["tags"]]
    assert len(operations(page)) >= 40
    for method, path, one in operations(page):
        assert one["tags"][0] in groups, path
        assert one["description"].strip().endswith((".", "`.")), (method, path)
        assert all("description" in answer for answer in one["responses"].values())
    names = [one["operationId"] for _, _, one in operations(page)]
    assert len(names) == len(set(names))


def test_every_route_says_that_it_may_answer_with_problems(page):
    for method, path, one in operations(page):
        for status in ("401", "403", "422"):
            assert MEDIA in one["responses"][status]["content"], (method, path)
    assert page["components"]["schemas"]["Problem"]["required"][:2] == ["type", "title"]
    assert "HTTPValidationError" not in json.dumps(page)
    assert page["security"] == [{"token": []}]


def test_replies_are_typed(page):
    """A route that answers with JSON says of what kind."""
    for method, path, one in operations(page):
        for status, answer in one["responses"].items():
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            if "application/json" in answer.get("content", {}):
                assert "$ref" in schema or schema.get("type") == "array", (method, path, status)


QUICK = ("/api/runs/{run}/nodes/{node}/series", "/api/sql", "/api/graphs/{name}", "/api/runs", "/api/data/bars")
"""Routes with much to get wrong, for every test run; all of them take a while."""


def _asked(site, *, examples, modes, paths=None):
    """Ask routes what their description allows, and what it does not; gives how often."""
    headers = {"Authorization": site.client.headers["Authorization"]}
    schema = schemathesis.openapi.from_url(f"{site.server.listening.address}/openapi.json", headers=headers)
    session = requests.Session()
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if paths is not None and operation.path not in paths:
            continue
        if operation.path.endswith(STREAMS):  # a stream ends with its task: followed in test_runs
            continue
        if operation.path == "/api/market/trust" and operation.method == "post":  # it would look for invented servers
            continue
        taken = bool([*operation.iter_parameters(), *operation.body])
        cases = st.one_of([operation.as_strategy(mode) for mode in (modes if taken else modes[:1])])

        @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
        @given(case=cases)
        def ask(case):
            nonlocal asked
            asked += 1
            case.call_and_validate(checks=CHECKS, headers=headers, session=session, timeout=60)

        ask()
        for task in site.get("/api/tasks"):  # what was asked for is not waited for
            if task["state"] in ("queued", "running"):
                site.client.post(f"/api/tasks/{task['id']}/cancel")
    session.close()
    return asked


def test_whatever_is_asked_is_answered_as_described(site, past):
    assert _asked(site, examples=4, modes=[GenerationMode.POSITIVE], paths=QUICK) >= 20, past


@pytest.mark.heavy
def test_whatever_is_asked_at_length_is_answered_as_described(site, past):
    assert _asked(site, examples=60, modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE]) >= 1_000, past


def test_the_door_hides_the_description_too(site):
    with site.visitor(Authorization="Bearer wrong") as stranger:
        assert stranger.get("/openapi.json").status_code == 401
