"""Routes of marketplaces as a project uses them: trusted, searched, installed from, checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import APIRouter, Query
from pydantic import Field

from pipeline.api.market_orders import digest_of, plans_of
from pipeline.api.market_reply import (
    CheckedReply,
    DetailsReply,
    FoundReply,
    ListingReply,
    LockedReply,
    MarketsReply,
    PlanReply,
    PlansReply,
    RefreshedReply,
    TrustedReply,
    told,
)
from pipeline.api.openapi import problems
from pipeline.api.problem import refusal
from pipeline.api.served import Project, Served
from pipeline.api.shape import Body
from pipeline.api.system import TaskReply, task_reply
from pipeline.api.tasks import Task
from pipeline.execution.run import new_run_id
from pipeline.plugins.lock import read_lock

if TYPE_CHECKING:  # an extra, and a heavy import
    from pipeline.marketplace import Marketplace

__all__ = ["router"]

router = APIRouter(prefix="/api/market", tags=["market"])

T = TypeVar("T")

PluginId = Annotated[str, Field(min_length=1, max_length=200)]
OfMarket = Annotated[str, Field(max_length=100, description="Which marketplace; may be left out where there is one.")]
ASKED = problems(404, 409, 502)
"""What a route may answer that asks a marketplace."""


class Trusting(Body):
    """A marketplace, and the SHA-256 of its root file, which somebody gave you on another way."""

    name: str = Field(max_length=100, description="A name of your own for it.")
    url: str = Field(max_length=2_000, description="https://…, file://…, or a folder, from the project on.")
    digest: str = Field(max_length=100)


class Refreshing(Body):
    """Which marketplace: all when it is left out."""

    market: OfMarket = ""


class Wanting(Body):
    """What to install, `fast_trend` or `fast_trend==1.0.0`; with `update`, what to update: all when none is named."""

    wanted: list[PluginId] = Field(default_factory=list, max_length=200)
    market: OfMarket = ""
    update: bool = False


class Confirming(Wanting):
    """The same as was planned, and your word for it."""

    digest: str = Field(max_length=100, description="Of the plan that you have read.")
    unconfined: list[PluginId] = Field(
        default_factory=list, max_length=200, description="Let these run unconfined: they ask for network or files."
    )
    dependencies: bool = Field(default=False, description="Let pip install packages that are missing.")


class RollingBack(Body):
    """Which version: the one before when it is left out."""

    version: str = Field(default="", max_length=100)


class Allowing(Body):
    """Whether a plugin may run where nothing confines it."""

    unconfined: bool


@router.get("")
def list_markets(project: Project) -> MarketsReply:
    """List the marketplaces that are trusted, and what was installed from them. Asks none of them."""
    return _stated(project)


@router.post("/trust", status_code=201, responses=ASKED)
async def trust_market(project: Project, body: Trusting) -> RefreshedReply:
    """Trust a marketplace from the root file on that has this digest. Nothing is installed."""
    url = body.url if "://" in body.url else str(project.engine.project.root / body.url)
    return told(RefreshedReply, await _asked(project, lambda market: market.trust(body.name, url, body.digest)))


@router.delete("/trust/{name}", responses=ASKED)
async def distrust_market(project: Project, name: str) -> MarketsReply:
    """Forget a marketplace from which nothing is installed."""
    await _asked(project, lambda market: market.distrust(name))
    return _stated(project)


@router.post("/refresh", responses=ASKED)
async def refresh_markets(project: Project, body: Refreshing) -> list[RefreshedReply]:
    """Get the news: what was revoked is disabled from now on, newer versions are listed. Installs nothing."""
    return [told(RefreshedReply, one) for one in await _asked(project, lambda market: market.refresh(body.market))]


@router.get("/search", responses=ASKED)
async def search_markets(
    project: Project,
    *,
    words: Annotated[str, Query(max_length=500, description="All of them are looked for.")] = "",
    market: str = "",
    kind: Annotated[str, Query(description="indicator or strategy")] = "",
    author: str = "",
) -> list[FoundReply]:
    """Search what marketplaces have. They are asked, and market.lock notes how new their answer was."""
    found = await _asked(project, lambda shop: shop.search(words, market=market, kind=kind, author=author))
    return [
        FoundReply(market=name, plugins=[told(ListingReply, listing) for listing in listings])
        for name, listings in found.items()
    ]


@router.get("/plugins/{plugin_id}", responses=ASKED)
async def show_market_plugin(project: Project, plugin_id: str, version: str = "", market: str = "") -> DetailsReply:
    """Show a plugin: all versions, the approved page, manifest and review of one of them."""
    return told(DetailsReply, await _asked(project, lambda shop: shop.info(plugin_id, version=version, market=market)))


@router.post("/plan", responses=ASKED)
async def plan_installation(project: Project, body: Wanting) -> PlansReply:
    """Show what an installation or an update would do: permissions, dependencies, warnings. Nothing is changed."""
    plans = await _asked(project, lambda shop: plans_of(shop, body.wanted, body.market, update=body.update))
    return PlansReply(
        digest=digest_of(plans),
        plans=[told(PlanReply, plan) for plan in plans],
        unconfined=[plugin_id for plan in plans for plugin_id in plan.unconfined],
    )


@router.post("/install", status_code=202, responses=ASKED)
async def install_planned(project: Project, body: Confirming) -> TaskReply:
    """Install or update what was planned, all of it or nothing: a task.

    It fails (TG712) when the plan is not the one with this digest any more, or needs a word that is not here.
    """
    about = ", ".join(body.wanted) or "all that is installed"
    return _task(project, "market", about, {"do": "market_install", **body.model_dump()})


@router.post("/installed/{plugin_id}/rollback", status_code=202, responses=ASKED)
async def roll_back(project: Project, plugin_id: str, body: RollingBack) -> TaskReply:
    """Go back to a version that was installed before: a task. A revoked one does not come back."""
    return _task(project, "market", plugin_id, {"do": "market_rollback", "plugin": plugin_id, "version": body.version})


@router.post("/installed/{plugin_id}/allow", responses=ASKED)
async def allow_unconfined(project: Project, plugin_id: str, body: Allowing) -> MarketsReply:
    """Let an installed plugin run where nothing confines it, or take that back."""
    await _asked(project, lambda market: market.allow(plugin_id, unconfined=body.unconfined))
    return _stated(project)


@router.get("/verify", responses=ASKED)
async def verify_installed(project: Project) -> list[CheckedReply]:
    """Compare what is installed with market.lock. Asks no marketplace."""
    return [told(CheckedReply, one) for one in await _asked(project, lambda market: market.verify(), looks=True)]


@router.post("/repair", responses=ASKED)
async def repair_installed(project: Project) -> list[CheckedReply]:
    """Put changed and lost files back, from the copies that were kept."""
    return [told(CheckedReply, one) for one in await _asked(project, lambda market: market.verify(repair=True))]


async def _asked(project: Served, call: Callable[[Marketplace], T], *, looks: bool = False) -> T:
    """What a call of the façade gives. A server that changes nothing asks only what `looks` at the project."""
    if project.access.read_only and not looks:
        hint = "A marketplace that is asked leaves a trace in market.lock. Start it without --read-only."
        raise refusal("TG806", "this server changes nothing", hint=hint)

    def called() -> T:
        from pipeline.marketplace import Marketplace

        engine = project.engine
        try:
            return call(Marketplace(engine.plugins))
        finally:
            if not project.access.read_only:
                engine.publish_events()

    return await project.markets.take(called)


def _stated(project: Served) -> MarketsReply:
    lock = read_lock(project.engine.project.root)
    return MarketsReply(
        markets=[told(TrustedReply, market, name=name) for name, market in lock.markets.items()],
        plugins=[told(LockedReply, entry) for entry in lock.plugins.values()],
    )


def _task(project: Served, kind: str, about: str, order: dict[str, object]) -> TaskReply:
    return task_reply(project.tasks.submit(Task(new_run_id(), kind, about, order)))
