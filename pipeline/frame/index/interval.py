"""What lies between two ends: `Interval`, the type of its columns, and the way from breaks to intervals."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from pipeline.frame.time.moment import is_missing

__all__ = ["Interval", "IntervalDtype", "between_breaks"]

_CLOSED = {"left", "right", "both", "neither"}


class Interval:
    """The numbers (or times) between two ends; which of them belong to it is said by `closed`."""

    __slots__ = ("closed", "left", "right")

    def __init__(self, left: Any, right: Any, closed: str = "right") -> None:
        if closed not in _CLOSED:
            raise ValueError(f"invalid option for 'closed': {closed}")
        if not left <= right:
            raise ValueError("left side of interval must be <= right side")
        self.left, self.right, self.closed = left, right, closed

    @property
    def closed_left(self) -> bool:
        return self.closed in {"left", "both"}

    @property
    def closed_right(self) -> bool:
        return self.closed in {"right", "both"}

    open_left = property(lambda self: not self.closed_left)
    open_right = property(lambda self: not self.closed_right)

    @property
    def mid(self) -> Any:
        return self.left + (self.right - self.left) / 2

    @property
    def length(self) -> Any:
        return self.right - self.left

    @property
    def is_empty(self) -> bool:
        """True when nothing lies in it."""
        return bool(self.left == self.right and self.closed != "both")

    def __contains__(self, value: Any) -> bool:
        if isinstance(value, Interval):
            above = self.left < value.left or (self.left == value.left and (self.closed_left or not value.closed_left))
            below = value.right < self.right or (
                self.right == value.right and (self.closed_right or not value.closed_right)
            )
            return bool(above and below)
        above = value >= self.left if self.closed_left else value > self.left
        return bool(above and (value <= self.right if self.closed_right else value < self.right))

    def overlaps(self, other: Interval) -> bool:
        """True when some value lies in both."""
        if not isinstance(other, Interval):
            raise TypeError(f"`other` must be an Interval, got {type(other).__name__}")
        first = self.left < other.right or (self.left == other.right and self.closed_left and other.closed_right)
        second = other.left < self.right or (other.left == self.right and other.closed_left and self.closed_right)
        return bool(first and second)

    def __add__(self, other: Any) -> Interval:
        return Interval(self.left + other, self.right + other, self.closed)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Interval:
        return Interval(self.left - other, self.right - other, self.closed)

    def __mul__(self, other: Any) -> Interval:
        return Interval(self.left * other, self.right * other, self.closed)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Interval:
        return Interval(self.left / other, self.right / other, self.closed)

    @property
    def _key(self) -> tuple[Any, ...]:
        return (self.left, not self.closed_left, self.right, self.closed_right)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Interval) and self._key == other._key

    def __lt__(self, other: Interval) -> bool:
        return bool(self._key < other._key)

    def __le__(self, other: Interval) -> bool:
        return bool(self._key <= other._key)

    def __gt__(self, other: Interval) -> bool:
        return bool(self._key > other._key)

    def __ge__(self, other: Interval) -> bool:
        return bool(self._key >= other._key)

    def __hash__(self) -> int:
        return hash((self.left, self.right, self.closed))

    def __str__(self) -> str:
        start, end = "[" if self.closed_left else "(", "]" if self.closed_right else ")"
        return f"{start}{self.left}, {self.right}{end}"

    def __repr__(self) -> str:
        return f"Interval({self.left!r}, {self.right!r}, closed={self.closed!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Interval, (self.left, self.right, self.closed)


class IntervalDtype:
    """The type of labels that are intervals."""

    kind = "O"

    def __init__(self, subtype: Any = None, closed: str | None = None) -> None:
        text = str(subtype)
        if text.startswith("interval["):
            inner = text[len("interval[") : -1].split(",")
            subtype, closed = inner[0].strip(), inner[1].strip() if len(inner) > 1 else closed
        self.subtype, self.closed = subtype, closed

    @property
    def name(self) -> str:
        return "interval"

    def __str__(self) -> str:
        closed = f", {self.closed}" if self.closed else ""
        return "interval" if self.subtype is None else f"interval[{self.subtype}{closed}]"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, IntervalDtype) and str(self) == str(other)) or other in {str(self), self.name}

    def __hash__(self) -> int:
        return hash(str(self))


def between_breaks(breaks: Iterable[Any], closed: str = "right") -> list[Interval]:
    """An interval from each break to the next."""
    return [Interval(left, right, closed) for left, right in itertools.pairwise(breaks) if not is_missing(left)]
