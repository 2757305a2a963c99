"""`backtest`, `weights`, `portfolio` run the nodes on plain lists; `plain` is the loop to compare with."""

import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.execution.kernel import KernelCache
from pipeline.model.registry import Registry

DAY = np.timedelta64(86_400_000_000, "us")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # one process compiles the kernels, not every one
    for item in items if config.pluginmanager.hasplugin("xdist") else ():
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("backtest"))


@pytest.fixture(scope="session")
def plain() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("plain.py"))))


@pytest.fixture(scope="session")
def accounts(registries, compiled_kernels) -> Registry:
    """The node types as the engine has them, their kernels compiled."""
    registry: Registry = registries([]).registry
    for name in ("backtest", "backtest_portfolio", "backtest_weights"):
        KernelCache(compiled_kernels).attach(registry[name])
    return registry


def axis_of(lengths: dict[str, int], starts: dict[str, int] | None = None) -> pl.DataFrame:
    first = np.datetime64("2020-01-01", "us")
    symbols = [name for name, rows in lengths.items() for _ in range(rows)]
    days = [first + ((starts or {}).get(name, 0) + np.arange(rows)) * DAY for name, rows in lengths.items()]
    ts = pl.Series("ts", np.concatenate(days) if days else np.empty(0, "datetime64[us]"))
    return pl.DataFrame([pl.Series("symbol", symbols, dtype=pl.String), ts.dt.replace_time_zone("UTC")])


def series(values: Any) -> pl.Series:
    return pl.Series(np.array(values, dtype=np.float64), nan_to_null=True)


def columns(bars: dict[str, Any]) -> dict[str, pl.Series]:
    return {name: series(values) for name, values in bars.items()}


@pytest.fixture(scope="session")
def backtest(accounts):
    """`backtest(bars, signal, strength=None, **options)`: one symbol on events."""
    node = accounts["backtest"]

    def run(bars: dict[str, Any], signal: Any, strength: Any = None, **options: Any) -> Any:
        rows = len(signal)
        stops = {port: series(options.pop(port)) for port in ("stop", "profit", "trail") if port in options}
        share = series(np.ones(rows) if strength is None else strength)
        checked, faults = node.params.check(options, owner="backtest")
        assert not faults, faults
        return node.fn(
            axis_of({"A": rows}), columns(bars), {"event": series(signal), "strength": share}, **stops, **checked
        )

    return run


@pytest.fixture(scope="session")
def weights(accounts):
    """`weights(bars, target, **options)`: one symbol on target weights."""
    apart = accounts["backtest_weights"]
    return lambda bars, target, **options: apart(axis_of({"A": len(target)}), columns(bars), series(target), **options)


@pytest.fixture(scope="session")
def portfolio(accounts):
    """`portfolio({"A": bars, …}, {"A": target, …}, starts={"A": 3}, **options)`: symbols with one cash."""
    together = accounts["backtest_portfolio"]

    def run(bars: dict[str, Any], target: dict[str, Any], starts: Any = None, **options: Any) -> Any:
        joined = {name: np.concatenate([b[name] for b in bars.values()]) for name in ("open", "high", "low", "close")}
        lengths = {name: len(values) for name, values in target.items()}
        given = np.concatenate([np.array(values, dtype=np.float64) for values in target.values()])
        return together(axis_of(lengths, starts), columns(joined), series(given), **options)

    return run


@pytest.fixture(scope="session")
def market():
    """`market(rows, seed, gaps=0.0)`: bars of a wild random walk; a share of their prices is missing."""

    def walk(rows: int, seed: int, *, gaps: float = 0.0) -> dict[str, list[float]]:
        rng = np.random.default_rng(seed)
        close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.05, rows)))
        opened = close * np.exp(rng.normal(0.0, 0.03, rows))
        high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0.0, 0.02, rows)))
        low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0.0, 0.02, rows)))
        bars = {"open": opened, "high": high, "low": low, "close": close}
        return {name: np.where(rng.random(rows) < gaps, np.nan, x).tolist() for name, x in bars.items()}

    return walk


@pytest.fixture(scope="session")
def agree(plain):
    """`agree(found, expected, bars_per_year)`: a result of `backtest` says what the plain loop says."""

    def compare(found: Any, expected: dict[str, Any]) -> None:
        np.testing.assert_allclose(found.equity.to_numpy(), expected["equity"], rtol=1e-9, atol=1e-6)
        trades, orders = found.trades.to_dicts(), found.orders.to_dicts()
        assert len(trades) == len(expected["trades"])
        for ours, theirs in zip(trades, expected["trades"], strict=True):
            assert ours["direction"] == ("long" if theirs["side"] > 0 else "short")
            for name in ("entry_idx", "exit_idx", "exit_reason", "status"):
                assert ours[name] == theirs[name]
            for name in ("entry_price", "exit_price", "size", "entry_fee", "exit_fee", "pnl", "return"):
                np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-9)
        assert [(o["idx"], o["side"], o["reason"]) for o in orders] == [
            (o["idx"], "buy" if o["side"] > 0 else "sell", o["reason"]) for o in expected["orders"]
        ]
        (metrics,) = found.metrics.to_dicts()
        assert metrics["ruined"] == expected["ruined"]
        years = (len(found.equity) - 1) / 365.25
        terms = {"cash": metrics["initial_cash"], "bars_per_year": metrics["bars_per_year"], "years": years}
        for name, value in plain.measure(expected["equity"], expected["trades"], expected["orders"], **terms).items():
            assert (metrics[name] is None) == (value is None), name
            if value is not None:
                np.testing.assert_allclose(metrics[name], value, rtol=1e-7, atol=1e-9, err_msg=name)

    return compare
