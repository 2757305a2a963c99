"""Where every number comes from: params, bars, code, libraries, the graph file, and the nodes one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from pipeline.plugins.source import shipped_nodes
from pipeline.report.markup import Child, Markup, element
from pipeline.report.told import Node, Told
from pipeline.report.words import counted, cut, duration, instant, short, size

__all__ = ["draw_failures", "draw_nodes", "draw_provenance", "table"]

_DIGEST = 12
"""Letters of a digest that are shown; all of it stands in its title."""
_TALL = 30
"""Rows from which on a table is scrolled by itself."""
MOST = 2_000
"""Nodes that the table lists."""


def table(heads: Sequence[str], rows: Sequence[Sequence[Child]], *, label: str, numbers: Sequence[int] = ()) -> Markup:
    """A table; the columns in `numbers` are set to the right. A row may be a finished `tr`."""

    def style(at: int) -> str | None:
        return "num" if at in numbers else None

    head = element("tr", [element("th", name, class_=style(at), scope="col") for at, name in enumerate(heads)])
    body = [
        element("tr", [element("td", cell, class_=style(at)) for at, cell in enumerate(row)])
        if not isinstance(row, Markup)
        else row
        for row in rows
    ]
    made = element("table", element("thead", head), element("tbody", body), aria_label=label)
    style_of_box = "scroll tall" if len(rows) > _TALL else "scroll"
    return element("div", made, class_=style_of_box, tabindex="0", role="region", aria_label=label)


def draw_provenance(told: Told) -> Markup:
    """What the run was made of, apart from its nodes."""
    run = told.run
    params = json.loads(run["params"] or "{}")
    settings = json.loads(run["settings"] or "{}")
    versions = json.loads(run["versions"] or "{}")
    parts: list[Child] = [
        _card(
            "Run",
            _facts(
                [
                    ("run", run["run_id"]),
                    ("graph", run["graph"]),
                    ("file", PurePath(run["file"]).name if run["file"] else "–"),
                    ("status", run["status"]),
                    ("began", f"{instant(run['started_at'])} UTC"),
                    ("took", duration(None if run["seconds"] is None else run["seconds"] * 1e3)),
                    ("compiling", duration(run["compile_ms"])),
                    ("peak memory", size(run["peak_bytes"])),
                    ("nodes", _counts(told)),
                ]
            ),
        ),
        _card("Params", _facts([(name, short(value)) for name, value in params.items()])) if params else None,
        _card("Changed for this run", _facts(_changes(settings))) if _changes(settings) else None,
        _card("Libraries", _facts([(name, str(value)) for name, value in versions.items()])),
    ]
    sources = [
        [
            name,
            asked["timeframe"],
            "all" if asked["symbols"] is None else cut(", ".join(asked["symbols"]), 60),
            instant(asked["from"]),
            instant(asked["to"]) if asked["to"] else "latest",
            asked["adjust"],
            "–" if asked["resample"] is None else f"of {asked['resample']['of']}",
            _digest(asked["digest"]),
        ]
        for name, asked in told.sources.items()
    ]
    heads = ("bars", "timeframe", "symbols", "from", "to", "adjust", "made", "data digest")
    return element(
        "div",
        element("div", parts, class_="cards"),
        table(heads, sources, label="Bars") if sources else None,
        _text(told),
    )


def draw_nodes(told: Told, drawn: bool) -> Markup:
    """The nodes with their params, times and digests; rows are what the boxes of the picture lead to."""
    rows = [
        element(
            "tr",
            element("th", node.name, scope="row"),
            element("td", node.type),
            element("td", element("span", node.status, class_=f"status {node.status}")),
            element("td", "" if node.ms is None else f"{node.ms:.2f}", class_="num"),
            element("td", "" if node.timing.get("cpu_ms") is None else f"{node.timing['cpu_ms']:.2f}", class_="num"),
            element("td", "" if node.timing.get("rows") is None else f"{node.timing['rows']:,}", class_="num"),
            element("td", _params(node), class_="params"),
            element("td", _digest(node.row["code"])),
            element("td", _digest(node.row["key"])),
            element("td", _data(node)),
            element("td", _verdict(node, told)),
            id=f"node-{at}",
            tabindex="-1" if drawn else None,
        )
        for at, node in enumerate(told.nodes[:MOST])
    ]
    heads = ("node", "type", "status", "ms", "CPU ms", "rows", "params", "code", "key", "data", "laws")
    made = table(heads, rows, label="Nodes", numbers=(3, 4, 5))
    left = len(told.nodes) - MOST
    return element("div", made, element("p", f"and {left:,} more", class_="dim") if left > 0 else None)


def draw_failures(told: Told) -> Markup | None:
    """Nodes that failed, with code, message and traceback, and what was skipped because of them."""
    if not told.failures:
        return None
    parts = []
    for row in told.failures:
        if row["cause"]:
            continue
        symbol = f" for {row['symbol']}" if row["symbol"] else ""
        trace = row["traceback"]
        parts.append(
            element(
                "article",
                element("h3", f"{row['node']}{symbol} ", element("code", row["code"])),
                element("p", row["message"]),
                element("details", element("summary", "traceback"), element("pre", trace)) if trace else None,
                _skipped(told, row["node"], row["symbol"]),
                class_="failure",
            )
        )
    return element("div", parts)


def _skipped(told: Told, cause: str, symbol: str | None) -> Markup | None:
    names = [row["node"] for row in told.failures if row["cause"] == cause and row["symbol"] == symbol]
    if not names:
        return None
    return element("p", f"Skipped because of it: {', '.join(dict.fromkeys(names))}.", class_="dim")


def _text(told: Told) -> Markup:
    text = told.run["text"]
    if not text:
        return element("p", "The text of the graph file was not kept with this run.", class_="dim")
    file = PurePath(told.run["file"]).name or "The graph file"
    title = f"{file} as it was when it ran ({counted(text.count(chr(10)) + 1, 'line')})"
    return element("details", element("summary", title), element("pre", text, class_="yaml"))


def _counts(told: Told) -> str:
    run = told.run
    named = [(run[status], status) for status in ("computed", "cached", "failed", "skipped")]
    return ", ".join(f"{count} {status}" for count, status in named if count) or "none"


def _changes(settings: Mapping[str, object], before: str = "") -> list[tuple[str, Child]]:
    """What the call changed or asked for, maps within maps as `node.param`; what it left as it was is left out."""
    found: list[tuple[str, Child]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            # params, params of nodes and the values of a sweep are named as on a command line, by their own names
            inner = before if key in _GROUPS else f"{before}{key}."
            found += _changes(value, inner)
        elif value not in (None, "", False):
            found.append((f"{before}{key}", short(value)))
    return found


_GROUPS = frozenset({"params", "set", "sweep", "values", "graphs"})


def _params(node: Node) -> str:
    return ", ".join(f"{name} {short(value)}" for name, value in json.loads(node.row["params"]).items())


def _data(node: Node) -> Child:
    found = json.loads(node.row["data"])
    return [_digest(one["digest"]) for one in found.values()]


def _verdict(node: Node, told: Told) -> Child:
    certificate = told.certificates.get(node.row["code"])
    if certificate is None:
        return "shipped" if str(node.row["origin"]).startswith(str(shipped_nodes())) else "not tried"
    return "kept" if certificate["verdict"] == "lawful" else f"broken: {certificate['broken']}"


def _digest(value: str | None) -> Child:
    return element("code", value[:_DIGEST], title=value) if value else "–"


def _card(title: str, body: Markup) -> Markup:
    return element("section", element("h3", title), body, class_="card")


def _facts(pairs: Sequence[tuple[str, Child]]) -> Markup:
    return element("dl", [[element("dt", name), element("dd", value)] for name, value in pairs])
