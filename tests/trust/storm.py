"""The nouns of a storm: what three writers do to one market, and what a reader may find at any moment of it.

Writer `w` does its operations 0, 1, 2 … again and again from the one after the last that was acknowledged: appends,
corrections, splits and removals of its symbol, drawn from a seed. Every operation but a removal is one import, which
also puts its number (and one, for no price is zero) into SHARED, the symbol of all writers: by it a reader knows
which operation it sees, and that it sees all of it. An operation that is done twice changes nothing the second time.
"""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.errors import MarketError
from pipeline.market import Market
from pipeline.market.importing import import_frame
from pipeline.model.bars import Adjust, BarsRequest

WRITERS = (0, 1, 2)
SHARED = "SHARED"
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
FAR = 1_000
"""Days of SHARED between one writer's rows and the next one's."""


@dataclass(frozen=True)
class State:
    """What a writer's symbol holds after an operation: closes by day, splits by day; no closes when it is removed."""

    closes: tuple[float, ...] = ()
    splits: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """`days` are those of its import, empty for a removal; `state` is what it leaves behind."""

    number: int
    what: str
    days: tuple[int, ...]
    state: State


def operations(seed: int, writer: int) -> Iterator[Operation]:
    """The operations of a writer, without end."""
    draw = random.Random(f"{seed}.{writer}")
    state, number = State(), 0
    while True:
        closes, splits = list(state.closes), dict(state.splits)
        what = draw.choice(["append"] * 4 + ["correct"] * 3 + ["split", "remove"]) if len(closes) > 3 else "append"
        if what == "remove":
            days, state = (), State()
        else:
            if what == "append":
                days = tuple(range(len(closes), len(closes) + draw.randint(1, 4)))
                closes += [0.0] * len(days)
            elif what == "correct":
                days = tuple(sorted(draw.sample(range(len(closes)), 2)))
            else:
                days = (len(closes) - 1,)
                splits[days[0]] = 2.0
            for day in days:
                closes[day] = float(draw.randint(1, 1_000))
            state = State(tuple(closes), splits)
        yield Operation(number, what, days, state)
        number += 1


def first_operations(seed: int, writer: int, count: int) -> list[Operation]:
    """The first `count` operations of a writer."""
    source = operations(seed, writer)
    return [next(source) for _ in range(count)]


def perform(market: Market, writer: int, operation: Operation) -> None:
    """Do an operation."""
    if operation.what == "remove":
        try:
            market.remove(name(writer), "1d")
        except MarketError as error:
            if error.faults[0].code != "TG301":  # it was done, and who did it died before saying so
                raise
        return
    number, state = operation.number, operation.state
    # the first bar comes with every import and has its number for a volume
    mine = [
        (name(writer), day, state.closes[day], float(number if day == 0 else 7), state.splits.get(day, 1.0))
        for day in sorted({0, *operation.days})
    ]
    common = [(SHARED, day, 1.0 + number, 1.0, 1.0) for day in (writer, FAR * (writer + 1) + number)]
    import_frame(market, frame([*mine, *common]), "1d", source=f"{name(writer)} {number}")


def frame(rows: list[tuple[str, int, float, float, float]]) -> pl.DataFrame:
    """Bars to import, from rows of symbol, day, close, volume and split."""
    table = pl.DataFrame(rows, schema=["symbol", "day", "close", "volume", "split"], orient="row")
    price = {name: pl.col("close") for name in ("open", "high", "low")}
    ts = (pl.lit(START) + pl.duration(days=pl.col("day"))).dt.cast_time_unit("us")
    return table.select("symbol", "close", "volume", "split", ts=ts, **price)


def name(writer: int) -> str:
    """The symbol of a writer."""
    return f"W{writer}"


class Sight:
    """A reader of the market at `root`, who knows what the writers do and remembers what it saw."""

    def __init__(self, root: Path, seed: int, most: int) -> None:
        self.market = Market(root)
        self.script = {writer: first_operations(seed, writer, most) for writer in WRITERS}
        self.seen = dict.fromkeys(WRITERS, -1)

    def look(self, adjust: Adjust = "none") -> None:
        """Read the market as it is, fresh from the disk; AssertionError when it is no state that there ever was."""
        bars = self._read(adjust)
        common, due = bars.pop(SHARED, {}), dict[int, tuple[float, float]]()
        for writer, script in self.script.items():
            number = int(common[writer][0]) - 1 if writer in common else -1
            for operation in script[: number + 1]:
                if operation.what != "remove":
                    due[FAR * (writer + 1) + operation.number] = (1.0 + operation.number, 1.0)
                    due[writer] = due[FAR * (writer + 1) + operation.number]
            found = bars.pop(name(writer), None)
            if found is None and number >= 0:
                number += 1
                assert script[number].what == "remove", (writer, number, "a symbol is missing that nobody removed")
            elif found is not None:
                assert found == expected(script[number], adjust), (writer, number, script[number].what)
            assert number >= self.seen[writer], (writer, number, self.seen, "the market went back in time")
            self.seen[writer] = number
        assert common == due, "the common symbol lacks or has rows of imports that it should not"
        assert bars == {}

    def _read(self, adjust: Adjust) -> dict[str, dict[int, tuple[float, float]]]:
        """Close and volume by symbol and day."""
        self.market = Market(self.market.root)
        try:
            panel = self.market.read(self.market.resolve(BarsRequest("1d", adjust=adjust)), ["close", "volume"])
        except MarketError as error:
            if error.faults[0].code != "TG302":  # nothing was imported yet
                raise
            return {}
        days = ((panel.ts.to_physical().to_numpy() - int(START.timestamp() * 1e6)) // 86_400_000_000).tolist()
        close, volume = (panel.columns[column].array.tolist() for column in ("close", "volume"))
        return {
            symbol: {days[i]: (close[i], volume[i]) for i in range(*panel.offsets[at : at + 2])}
            for at, symbol in enumerate(panel.symbols)
        }


def expected(operation: Operation, adjust: Adjust) -> dict[int, tuple[float, float]]:
    """Close and volume by day after an operation; a split is by two, so nothing is rounded."""
    state = operation.state
    splits = np.array([state.splits.get(day, 1.0) for day in range(len(state.closes))])
    later = np.append(np.cumprod(splits[::-1])[::-1][1:], 1.0) if adjust == "splits" else np.ones(len(splits))
    return {
        day: (close / later[day], (operation.number if day == 0 else 7.0) * later[day])
        for day, close in enumerate(state.closes)
    }


def write(root: Path, acknowledge: Callable[[str], None], *, seed: int, writer: int, begin: int, count: int) -> None:
    """A life of a writer: `count` operations from the one with the number `begin` on."""
    market = Market(root)
    for operation in first_operations(seed, writer, begin + count)[begin:]:
        perform(market, writer, operation)
        acknowledge(str(operation.number))


def watch(root: Path, acknowledge: Callable[[str], None], *, seed: int, most: int, looks: int) -> None:
    """A life of a reader."""
    sight = Sight(root, seed, most)
    for number in range(looks):
        sight.look("splits" if number % 2 else "none")
    acknowledge("saw")
