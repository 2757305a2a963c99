"""Routes of who reviews for a marketplace: what waits, its review, a rejection, whether the folder is sound.

They work on a trusted marketplace whose address is a folder of this machine. What needs a key is not here: whoever
holds this server's token must not be able to sign, so publishing, approving, yanking and revoking stay with the
command, where the keys are.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from pipeline.api.market_reply import ReviewReply, SoundnessReply, WaitingReply, told
from pipeline.api.openapi import problems
from pipeline.api.problem import refusal
from pipeline.api.served import Project, Served
from pipeline.api.shape import Body
from pipeline.api.system import TaskReply, task_reply
from pipeline.api.tasks import Task
from pipeline.errors import MarketplaceError, did_you_mean
from pipeline.execution.run import new_run_id
from pipeline.plugins.lock import read_lock

if TYPE_CHECKING:  # an extra, and a heavy import
    from pipeline.marketplace import Repository

__all__ = ["router"]

router = APIRouter(prefix="/api/market/desks/{name}", tags=["market"])

T = TypeVar("T")
AT_THE_DESK = problems(404, 409, 502)
SubmissionRef = Annotated[str, Field(max_length=300, description="author/id-version")]


class Reviewing(Body):
    """A submission."""

    ref: SubmissionRef


class Rejecting(Body):
    """A submission, and why it is turned down: the marketplace's log keeps it."""

    ref: SubmissionRef
    reason: str = Field(min_length=1, max_length=10_000)
    by: str = Field(default="", max_length=200, description="Who says so: the server's account when it is left out.")


@router.get("/submissions", responses=AT_THE_DESK)
async def list_submissions(project: Project, name: str) -> list[WaitingReply]:
    """List what waits for a review or an approval."""
    return [told(WaitingReply, one) for one in await _at(project, name, lambda desk: desk.pending())]


@router.get("/submissions/{ref:path}", responses=AT_THE_DESK)
async def show_review(project: Project, name: str, ref: str) -> ReviewReply:
    """Show the review of a submission as it is now, with the difference to the version before."""
    found = await _at(project, name, lambda desk: desk.read_review(ref))
    if found is None:
        raise refusal("TG802", f"{ref} was not reviewed as it is now", hint="`POST review` reviews it.")
    steps = [step.as_dict() for step in found.steps]
    return told(ReviewReply, found, steps=steps, passed=found.passed)


@router.post("/review", status_code=202, responses=AT_THE_DESK)
async def review_submission(project: Project, name: str, body: Reviewing) -> TaskReply:
    """Put a submission through the steps of the review: a task. Its code is run confined, or not at all."""
    folder = await run_in_threadpool(_folder, project, name)
    order = {"do": "market_review", "folder": str(folder), "ref": body.ref}
    return task_reply(project.tasks.submit(Task(new_run_id(), "review", body.ref, order)))


@router.post("/reject", responses=AT_THE_DESK)
async def reject_submission(project: Project, name: str, body: Rejecting) -> list[WaitingReply]:
    """Turn a submission down and remove its files; gives what still waits."""

    def rejected(desk: Repository) -> list[WaitingReply]:
        desk.reject(body.ref, body.reason, by=body.by)
        return [told(WaitingReply, one) for one in desk.pending()]

    return await _at(project, name, rejected)


@router.get("/verify", responses=AT_THE_DESK)
async def verify_market(project: Project, name: str) -> SoundnessReply:
    """Look at the marketplace as a client does: signatures, dates, every file, the log."""
    found = await _at(project, name, lambda desk: desk.verify())
    return told(SoundnessReply, found, sound=found.sound)


async def _at(project: Served, name: str, call: Callable[[Repository], T]) -> T:
    def called() -> T:
        from pipeline.marketplace import Repository

        return call(Repository(_folder(project, name)))

    return await project.markets.take(called)


def _folder(project: Served, name: str) -> Path:
    """Where a marketplace lies. Raises MarketplaceError TG708 for an unknown one, TG721 for one that is elsewhere."""
    markets = read_lock(project.engine.project.root).markets
    if name not in markets:
        said = f"no marketplace {name!r} is trusted here"
        raise MarketplaceError(said, code="TG708", hint=did_you_mean(name, markets))
    url = urlsplit(markets[name].url)
    if url.scheme != "file":
        raise MarketplaceError(f"{name!r} is no folder of this machine, but {markets[name].url}", code="TG721")
    return Path(unquote(url.path))
