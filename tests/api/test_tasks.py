"""Tasks and turns without a server: queues that are full, streams that wait, bodies that do not come."""

from __future__ import annotations

import asyncio
import threading

import pytest
from starlette.exceptions import HTTPException

from pipeline.api import guard
from pipeline.api.tasks import MOST_WAITING, Task, Tasks
from pipeline.api.turns import Turns
from pipeline.errors import RequestError


def waiting(number):
    return Task(str(number), "run", "g", {"do": "run"})


def test_a_queue_that_is_full_takes_no_more(tmp_path):
    async def fill():
        tasks = Tasks(tmp_path, most=0)
        for number in range(MOST_WAITING):
            tasks.submit(waiting(number))
        with pytest.raises(RequestError, match=f"{MOST_WAITING} tasks are waiting") as refused:
            tasks.submit(waiting("more"))
        assert refused.value.faults[0].code == "TG809"
        tasks.cancel(tasks.get("7"))
        tasks.submit(waiting("more"))
        assert tasks.get("7").state == "cancelled"
        with pytest.raises(RequestError, match="7 is over"):
            tasks.cancel(tasks.get("7"))
        await tasks.close()
        assert {task.state for task in tasks.all()} == {"cancelled"}
        with pytest.raises(RequestError, match="about to end"):
            tasks.submit(waiting("late"))

    asyncio.run(fill())


def test_a_task_that_is_cancelled_before_anybody_began_never_begins(tmp_path):
    async def hurry():
        tasks = Tasks(tmp_path)
        task = tasks.submit(waiting(1))
        tasks.cancel(task)  # it was handed out already, and nobody has it yet
        await tasks.close()
        return [event.name for event in task.events], task.state

    assert asyncio.run(hurry()) == (["queued", "finished"], "cancelled")


def test_who_follows_hears_that_nothing_happens_and_then_the_end():
    async def follow():
        task = waiting(1)
        task.tell("queued", waiting=1)
        heard = []
        async for event in task.follow(pause=0.0):
            heard.append(event and event.name)
            if heard == ["queued", None]:
                task.state = "ok"
                task.tell("finished")
        assert heard == ["queued", None, "finished"]
        assert [event.name async for event in task.follow(after=1)] == ["finished"]
        assert [event async for event in task.follow(after=9)] == []

    asyncio.run(follow())


def test_what_was_ordered_is_let_go():
    task = Task("1", "install", "x.py", {"do": "install", "source": "x" * 1_000})
    task.ended("ok")
    assert (task.order, task.over) == ({}, True)


def test_a_turn_that_does_not_come_is_refused():
    async def crowd():
        turns, begun, go_on = Turns(1, patience=0.05), threading.Event(), threading.Event()

        def first():
            begun.set()
            return go_on.wait(60)

        at_it = asyncio.create_task(turns.take(first))
        await asyncio.to_thread(begun.wait, 60)
        with pytest.raises(RequestError, match="1 others are being answered"):
            await turns.take(lambda: True)
        go_on.set()
        assert await at_it is True
        assert await turns.take(lambda: "mine") == "mine"

    asyncio.run(crowd())


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(guard, "_PATIENCE", 0.0)

    async def never():
        await asyncio.Event().wait()

    async def wait():
        with pytest.raises(HTTPException) as refused:
            await guard._Body({"type": "http", "headers": []}, never)()
        assert refused.value.status_code == 413

    asyncio.run(wait())


def test_node_types_are_put_through_the_laws(site):
    accepted = site.post("/api/nodes/verify", {"types": ["diff", "scal*"]}, status=202)
    with site.client.stream("GET", f"/api/tasks/{accepted['id']}/events") as answer:
        told = "".join(answer.iter_lines())
    assert '"node": "diff", "status": "lawful"' in told
    task = site.get(f"/api/tasks/{accepted['id']}")
    assert (task["state"], task["result"]["counts"]) == ("ok", {"lawful": 2, "unlawful": 0})
    assert site.get("/api/plugins/certificates", node_type="diff")[0]["verdict"] == "lawful"
    assert site.client.post("/api/nodes/verify", json={"types": ["dif"]}).json()["code"] == "TG201"
