"""The route of reports: a run as one page, for a browser or as a file."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from pipeline.api.openapi import problems
from pipeline.api.served import Project

__all__ = ["router"]

router = APIRouter(prefix="/api/runs/{run}", tags=["values"])

_MOST_SYMBOLS = 200


@router.get(
    "/report",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, **problems(404, 410)},
)
async def show_report(
    project: Project,
    run: str,
    *,
    graph: Annotated[str | None, Query(description="One graph of a batch.")] = None,
    batch: Annotated[bool, Query(description="The page of many, also where a batch ran a single graph.")] = False,
    symbol: Annotated[
        list[str] | None, Query(max_length=_MOST_SYMBOLS, description="Chart these; may be given several times.")
    ] = None,
    download: Annotated[bool, Query(description="Have a browser save it.")] = False,
) -> HTMLResponse:
    """Show the report of a run, a sweep or a batch: the page that `tradegraph report` writes, byte for byte.

    Nothing is written. The page brings all that it needs, and
    its policy lets it ask for nothing.
    """
    # the report is a heavy import, and few ask for one
    from pipeline.report.archive import Archive
    from pipeline.report.page import policy_of_page
    from pipeline.report.write import Wanted, draw_report

    def drawn() -> tuple[str, bytes]:
        engine = project.engine
        archive = Archive(engine.project.root, engine.database, engine.market)
        name, text = draw_report(archive, engine.database.find_run(run), Wanted(graph, batch, tuple(symbol or ())))
        return name, text.encode()

    name, page = await project.reports.take(drawn)
    disposition = "attachment" if download else "inline"
    headers = {
        "content-security-policy": f"{policy_of_page()}; frame-ancestors 'none'",
        "content-disposition": f"{disposition}; filename*=UTF-8''{quote(name)}",
    }
    return HTMLResponse(page, headers=headers)
