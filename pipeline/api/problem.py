"""Problems: errors as documents of RFC 9457, with the codes, places and hints that the command has."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from pipeline.api.shape import FaultReply, Reply
from pipeline.errors import (
    CODES,
    Fault,
    GraphError,
    MarketError,
    PluginError,
    RequestError,
    TradegraphError,
    UsageError,
    did_you_mean,
)

__all__ = ["MEDIA", "Problem", "answer", "install_handlers", "problem_of", "refusal", "status_of"]

MEDIA = "application/problem+json"
_log = logging.getLogger("tradegraph.api")

_STATUS = {
    "TG110": 404,
    "TG416": 409,
    "TG404": 409,
    "TG601": 503,
    "TG602": 503,
    "TG603": 410,
    "TG604": 422,
    "TG605": 404,
    "TG307": 503,
    "TG305": 500,
    **dict.fromkeys(("TG701", "TG702", "TG703", "TG704", "TG705"), 502),
    "TG707": 503,
    **dict.fromkeys(("TG708", "TG709", "TG723"), 404),
    **dict.fromkeys(("TG710", "TG711", "TG712", "TG719", "TG724"), 409),
    **dict.fromkeys(("TG706", "TG718", "TG721"), 422),
    "TG801": 422,
    "TG802": 404,
    "TG803": 405,
    "TG804": 401,
    "TG805": 403,
    "TG806": 403,
    "TG807": 413,
    "TG808": 422,
    "TG809": 503,
    "TG810": 409,
    "TG811": 412,
    "TG812": 422,
    "TG813": 500,
    "TG814": 500,
}
_NOT_FOUND = {MarketError: ("TG301", "TG302", "TG303"), PluginError: ("TG201",)}
_REFUSED = (GraphError, PluginError, MarketError, UsageError, RequestError)
_MOST = 200
"""Faults that a problem carries."""


class Problem(Reply):
    """An error. `code` is the one of the command, `faults` all that was found, the first of them told at the top."""

    type: str = Field(description="urn:tradegraph:error:CODE")
    title: str = Field(description="What the code means.")
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    code: str
    hint: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    faults: list[FaultReply] = Field(default_factory=list)


def status_of(error: TradegraphError) -> int:
    """The HTTP status of an error."""
    code = error.faults[0].code
    if any(isinstance(error, kind) and code in codes for kind, codes in _NOT_FOUND.items()):
        return 404
    if isinstance(error, GraphError) and code != "TG110":
        return 422
    return _STATUS.get(code, 422 if isinstance(error, _REFUSED) else 500)


def problem_of(error: TradegraphError, instance: str) -> Problem:
    """The document of an error."""
    return _problem(error.faults, status_of(error), instance)


def refusal(code: str, message: str, *, hint: str = "") -> RequestError:
    """The error of a request that is refused."""
    return RequestError(message, code=code, hint=hint)


def answer(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The response that has a problem as its body."""
    return Response(problem.model_dump_json(), status_code=problem.status, media_type=MEDIA, headers=headers)


def install_handlers(app: FastAPI) -> None:
    """Have every error of the app answered with a problem."""

    @app.exception_handler(TradegraphError)
    async def told(request: Request, error: TradegraphError) -> Response:
        return answer(problem_of(error, request.url.path))

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError) -> Response:
        faults = [Fault("TG801", _where(item)) for item in error.errors()[:_MOST]]
        return answer(_problem(faults, 422, request.url.path))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        fault = _of_http(app, request, error)
        # FastAPI has another status for a body that is no UTF-8 than for one that is no JSON
        status = 422 if error.status_code == HTTPStatus.BAD_REQUEST else error.status_code
        return answer(_problem([fault], status, request.url.path), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def mistaken(request: Request, error: Exception) -> Response:
        _log.error("%s %s", request.method, request.url.path, exc_info=error)
        said = str(error).partition("\n")[0]
        fault = Fault(
            "TG813",
            f"{type(error).__name__}: {said}".rstrip(": "),
            hint="What the server wrote to stderr has the traceback.",
        )
        return answer(_problem([fault], 500, request.url.path))


def _problem(faults: Sequence[Fault], status: int, instance: str) -> Problem:
    first = faults[0]
    place = first.place
    return Problem(
        type=f"urn:tradegraph:error:{first.code}",
        title=CODES[first.code],
        status=status,
        detail=first.message,
        instance=instance,
        code=first.code,
        hint=first.hint,
        file=place.file if place else None,
        line=place.line if place else None,
        column=place.column if place else None,
        faults=[FaultReply.model_validate(fault.as_dict()) for fault in faults[:_MOST]],
    )


def _where(item: Any) -> str:
    """One finding of pydantic in a sentence: `body.params.fast: input should be a valid string`."""
    place = ".".join(str(part) for part in item["loc"])
    said = str(item["msg"])
    return f"{place}: {said[:1].lower()}{said[1:]}"


def _of_http(app: FastAPI, request: Request, error: HTTPException) -> Fault:
    if error.status_code == HTTPStatus.NOT_FOUND:
        routes = {path for path in app.openapi()["paths"] if "{" not in path}
        hint = did_you_mean(request.url.path, routes, otherwise="`/docs` lists the routes.")
        return Fault("TG802", f"there is no route {request.url.path}", hint=hint)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        return Fault("TG803", f"{request.url.path} does not take {request.method}", hint=f"It takes {allowed}.")
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Fault("TG807", str(error.detail))
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return Fault("TG801", "the body is not JSON in UTF-8")
    return Fault("TG801", str(error.detail))
