"""The OpenAPI page: what FastAPI makes of the routes, with the problems and the token that all of them have."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pipeline.api.problem import MEDIA, Problem
from pipeline.version import product_version

__all__ = ["TAGS", "install_openapi", "problems"]

TAGS = [
    {"name": "graphs", "description": "Graph files: list, read, save, check, plan, complete."},
    {"name": "runs", "description": "Runs, sweeps and batches: begin, follow, stop, look at, compare."},
    {"name": "values", "description": "What a run left: outputs of nodes, metrics, trades."},
    {"name": "nodes", "description": "Node types, each with the form of its params."},
    {"name": "plugins", "description": "Plugins: list, install, switch, reload; events, timings, certificates, audit."},
    {"name": "market", "description": "Marketplaces: trust, search, install, check; what waits for a review in one."},
    {"name": "data", "description": "Stored bars: symbols, coverage, defects."},
    {"name": "sql", "description": "Questions to the project's database."},
    {"name": "system", "description": "The project as a whole, and its tasks."},
]
_ABOUT = """One project of tradegraph, over HTTP. Every request needs the token that `tradegraph serve` printed: a
header `Authorization: Bearer TOKEN`, or the cookie that its link sets. Errors are problem documents (RFC 9457) with the
codes of the command."""
_PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may be answered with problems of these statuses, and with 422."""
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA: _PROBLEM}} for status in (*statuses, 422)
    }


def install_openapi(app: FastAPI) -> None:
    """Have the app describe itself so."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _described(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title="tradegraph", version=product_version() or "0", description=_ABOUT, routes=app.routes, tags=TAGS
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    of_problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schemas.update(of_problem.pop("$defs", {}))
    schemas["Problem"] = of_problem
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which nothing here gives
        schemas.pop(name, None)
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}]
    for operations in made["paths"].values():
        for method, operation in operations.items():
            common = [401, 403, 500, 503, *([413] if method in ("post", "put") else [])]
            answers = operation["responses"]
            for status in (*common, 422):
                answers.setdefault(str(status), {"description": HTTPStatus(status).phrase})
                if "content" not in answers[str(status)] or "HTTPValidationError" in str(answers[str(status)]):
                    answers[str(status)]["content"] = {MEDIA: _PROBLEM}
    return made
