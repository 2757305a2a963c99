"""The application: one project, its routes, the door before them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from pipeline.api import (
    audit,
    data,
    graphs,
    market,
    market_desk,
    nodes,
    pages,
    plugins,
    report,
    runs,
    sql,
    system,
    values,
)
from pipeline.api.access import Access
from pipeline.api.guard import Guard
from pipeline.api.openapi import install_openapi
from pipeline.api.opened import Opened
from pipeline.api.problem import install_handlers
from pipeline.api.served import Served
from pipeline.api.tasks import Tasks

__all__ = ["guarded", "make_app"]


def make_app(served: Served) -> FastAPI:
    """The routes over a project, without the door. Its tasks end with it."""

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await served.tasks.close()

    # pages are our own: those of FastAPI load their scripts from elsewhere
    app = FastAPI(title="tradegraph", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    app.state.served = served
    for room in (graphs, runs, values, report, nodes, plugins, market, market_desk, audit, data, sql, system, pages):
        app.include_router(room.router)
    install_handlers(app)
    install_openapi(app)
    return app


def guarded(root: Path, access: Access) -> tuple[ASGIApp, Served]:
    """The application behind its door, and what it serves. Raises SettingsError."""
    served = Served(Opened(root), Tasks(root), access)
    return Guard(make_app(served), access), served
