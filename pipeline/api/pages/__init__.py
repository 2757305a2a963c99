"""Pages for people: the description of the API, and a form to try each route. Nothing is loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pipeline.api.problem import refusal

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).parent
_TYPES = {
    "docs.html": "text/html; charset=utf-8",
    "docs.css": "text/css; charset=utf-8",
    "docs.js": "text/javascript; charset=utf-8",
    "schema.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""All that there is: a name that is not here names no file."""


@router.get("/")
async def enter() -> RedirectResponse:
    """Lead to the only page."""
    return RedirectResponse("/docs", 307)


@router.get("/docs")
async def docs() -> Response:
    """The page."""
    return _file("docs.html")


@router.get("/pages/{name}")
async def asset(name: str) -> Response:
    """A part of it."""
    return _file(name)


@router.get("/openapi.json")
async def description(request: Request) -> Any:
    """The description of the API."""
    return request.app.openapi()


def _file(name: str) -> Response:
    if name not in _TYPES:
        raise refusal("TG802", f"there is no page {name!r}")
    return Response((_FOLDER / name).read_bytes(), media_type=_TYPES[name])
