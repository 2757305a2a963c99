"""How a node is run, not what it computes: `retry`, `timeout`, `tags`, `store`. None of it is in a key."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import Fault
from pipeline.graph.markup import Item, Scalar, Seq
from pipeline.model.scalar import read_scalar, shown

__all__ = ["MAX_RETRY", "NO_POLICY", "POLICY", "Policy", "over", "read_policy"]

POLICY = ("retry", "timeout", "tags", "store")
MAX_RETRY = 100
_TAG = re.compile(r"[a-z0-9][a-z0-9_-]*")
_TAG_HINT = "Tags are lower-case letters, digits, _ and -."


@dataclass(frozen=True, slots=True)
class Policy:
    """`retry`: how many more tries; `timeout`: seconds; `store`: whether the output is kept. None: not said."""

    retry: int | None = None
    timeout: float | None = None
    tags: tuple[str, ...] = ()
    store: bool | None = None


NO_POLICY = Policy()


def read_policy(entry: Mapping[str, Item], owner: str) -> tuple[Policy, list[Fault]]:
    """What the policy keys of a node's entry say, and their faults: TG107, TG109, TG222, TG223."""
    reader = _Reader(owner)
    policy = Policy(
        retry=reader.retry(entry.get("retry")),
        timeout=reader.timeout(entry.get("timeout")),
        tags=reader.tags(entry.get("tags")),
        store=reader.store(entry.get("store")),
    )
    return policy, reader.faults


def over(inner: Policy, outer: Policy) -> Policy:
    """What an entry says, with what it leaves open taken from the use of a sub-graph around it; tags add up."""
    if outer is NO_POLICY:
        return inner
    return Policy(
        retry=outer.retry if inner.retry is None else inner.retry,
        timeout=outer.timeout if inner.timeout is None else inner.timeout,
        tags=tuple(dict.fromkeys((*outer.tags, *inner.tags))),
        store=outer.store if inner.store is None else inner.store,
    )


class _Reader:
    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.faults: list[Fault] = []

    def value(self, name: str, item: Item | None, declared: Any, hint: str) -> Any:
        """The typed value, None when it is absent, null or at fault."""
        if item is None or (isinstance(item, Scalar) and item.is_null):
            return None
        if not isinstance(item, Scalar):
            self.faults.append(Fault("TG107", f"`{name}` of {self.owner} is a single value", item.place, hint))
            return None
        try:
            return read_scalar(item.text, declared)
        except ValueError as error:
            if item.reference is not None:
                hint = f"It is part of how the node is run and takes no $param. {hint}"
            self.faults.append(Fault("TG222", f"`{name}` of {self.owner}: {error}", item.place, hint))
            return None

    def retry(self, item: Item | None) -> int | None:
        value: int | None = self.value("retry", item, int, "Write how many more tries a failed node gets: `retry: 1`.")
        if value is not None and not 0 <= value <= MAX_RETRY:
            assert item is not None
            message = f"`retry` of {self.owner} is {value}, allowed: 0 … {MAX_RETRY}"
            self.faults.append(Fault("TG223", message, item.place))
        return value

    def timeout(self, item: Item | None) -> float | None:
        value: dt.timedelta | None = self.value("timeout", item, dt.timedelta, "Write `timeout: 60s`.")
        if value is not None and value <= dt.timedelta(0):
            assert item is not None
            hint = "Leave it out for no limit."
            self.faults.append(Fault("TG223", f"`timeout` of {self.owner} is no time at all", item.place, hint))
        return None if value is None else value.total_seconds()

    def tags(self, item: Item | None) -> tuple[str, ...]:
        """One tag or a list of them, doubles dropped."""
        if item is None or (isinstance(item, Scalar) and item.is_null):
            return ()
        found: dict[str, None] = {}
        for tag in item.items if isinstance(item, Seq) else [item]:
            if not isinstance(tag, Scalar):
                hint = "Write `tags: [slow, nightly]`."
                self.faults.append(Fault("TG107", f"`tags` of {self.owner} are a list of words", tag.place, hint))
            elif not _TAG.fullmatch(tag.text):
                message = f"the tag {shown(tag.text)} of {self.owner} is not well formed"
                self.faults.append(Fault("TG109", message, tag.place, _TAG_HINT))
            else:
                found[tag.text] = None
        return tuple(found)

    def store(self, item: Item | None) -> bool | None:
        value: bool | None = self.value("store", item, bool, "Write `store: false` for an output that is not kept.")
        return value
