"""What the pages of sweeps and batches have in common."""

from __future__ import annotations

from pipeline.report.markup import Child, Markup, element
from pipeline.report.page import page_bar, section
from pipeline.report.told import Told
from pipeline.report.words import duration, instant

__all__ = ["many_parts"]


def many_parts(
    told: Told, *, facts: str, failures: Child, stability: bool, provenance: Markup, luck: Child
) -> list[Child]:
    """The head of the page and its sections; the script fills those of results."""
    run = told.run
    links = [
        ("map", "Heat map"),
        ("ranking", "Ranking"),
        ("stability", "Stability") if stability else None,
        ("failures", "Failures") if failures else None,
        ("provenance", "Provenance") if stability else ("graphs", "Graphs"),
    ]
    name = told.graph if stability else "batch"
    took = duration(None if run["seconds"] is None else run["seconds"] * 1e3)
    said = [f"run {run['run_id']}", f"{instant(run['started_at'])} UTC", took, facts]
    head = element(
        "header",
        element(
            "div",
            element("h1", name, " ", element("span", run["status"], class_=f"status {run['status']}")),
            element("p", " · ".join(said), class_="facts"),
            luck,
            class_="title",
        ),
    )
    main = element(
        "main",
        element("div", id="figures", class_="figures", aria_live="polite"),
        section("map", "Heat map", element("div", id="heat-map")),
        section("ranking", "Ranking", element("div", id="ranking-table")),
        section("stability", "Stability", element("div", id="stability-table")) if stability else None,
        failures,
        provenance,
        id="main",
    )
    return [head, page_bar([link for link in links if link]), main]
