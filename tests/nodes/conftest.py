"""Fixtures for the node types that ship: `compute` runs one on plain arrays, `bars` and `real_bars` feed it.

A test that takes `node` is run for every built-in node type.
"""

import importlib
import os
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import FunctionType, SimpleNamespace
from typing import Any

import numba
import numpy as np
import polars as pl
import pytest

import nodes.indicators
import nodes.portfolio
import nodes.strategies
from pipeline.model.column import Column, polars_dtype
from pipeline.model.node import NodeType

CHECKOUT = Path(__file__).parents[2]


def discover() -> dict[str, NodeType]:
    """Every node type that a module of the three rooms declares, by the module's name."""
    found = {}
    for room in (nodes.indicators, nodes.strategies, nodes.portfolio):
        for entry in pkgutil.iter_modules(room.__path__):
            module = importlib.import_module(f"{room.__name__}.{entry.name}")
            (found[entry.name],) = [value for value in vars(module).values() if isinstance(value, NodeType)]
    return found


BUILT_IN = discover()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "node" in metafunc.fixturenames:
        metafunc.parametrize(
            "node",
            [pytest.param(node, id=name) for name, node in sorted(BUILT_IN.items())],
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # one worker compiles the kernels and what they share, not every one
    for item in items if config.pluginmanager.hasplugin("xdist") else ():
        if {"compute", "helper"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("kernels"))


@cache
def jitted(fn: FunctionType, *, called: bool = True) -> Any:
    """A kernel compiled as the engine does it, but without the driver around it, which takes as long again.

    What is not `called` from Python, but by other kernels, gets no wrapper for that.
    """
    scope = dict(fn.__globals__)
    for name in fn.__code__.co_names:
        if isinstance(scope.get(name), FunctionType):
            scope[name] = jitted(scope[name], called=False)
    code = fn.__code__
    code = code.replace(co_argcount=code.co_argcount + code.co_kwonlyargcount, co_kwonlyargcount=0)
    options: dict[str, Any] = {"no_cpython_wrapper": not called, "no_cfunc_wrapper": True, "error_model": "numpy"}
    return numba.njit(**options)(FunctionType(code, scope, fn.__name__))


def locked(array: np.ndarray) -> np.ndarray:
    """The values as the engine hands them out: float64, contiguous, read-only."""
    view = np.ascontiguousarray(array, dtype=np.float64).view()
    view.flags.writeable = False
    return view


def compute_kernel(node: NodeType, ports: Sequence[Any], params: Mapping[str, Any]) -> list[np.ndarray]:
    found = jitted(node.fn)(*ports, *params.values())
    return list(found) if isinstance(found, tuple) else [found]


def axis_of(rows: int) -> list[pl.Series]:
    """The columns beside the ports: one bar an hour of one symbol, from a Monday on."""
    start = np.datetime64("2024-01-01", "us")
    ts = pl.Series("ts", start + np.arange(rows) * np.timedelta64(3_600_000_000, "us")).dt.replace_time_zone("UTC")
    return [ts, pl.Series("symbol", ["A"] * rows, dtype=pl.String)]


def compute_expression(node: NodeType, ports: Sequence[Any], params: Mapping[str, Any]) -> list[np.ndarray]:
    columns, args = [], []
    for port, array in zip(node.ports, ports, strict=False):
        fields = {f"{port.name}_{name}": (kind, array[name]) for name, kind in port.takes.fields}
        fields = fields or {port.name: (port.takes, array)}
        columns += [Column(dtype=kind.dtype, array=x).series.alias(name) for name, (kind, x) in fields.items()]
        bundle = {name: pl.col(f"{port.name}_{name}") for name, _ in port.takes.fields}
        args.append(bundle or pl.col(port.name))
    found = node.fn(*args, **params)
    found = found if isinstance(found, tuple) else (found,)
    rows = len(next(iter(ports[0].values()))) if isinstance(ports[0], dict) else len(ports[0])
    frame = pl.DataFrame([*columns, *axis_of(rows)]).select(
        expression.alias(str(i)) for i, expression in enumerate(found)
    )
    return [Column(series=series).array for series in frame]


@pytest.fixture(scope="session")
def compute() -> Callable[..., Any]:
    """`compute("sma", close, period=3)`: the outputs as float arrays, NaN where missing; one array, or a
    namespace by output name when there are several. Params that are not given have their defaults.
    """

    def computed(id_: str, *ports: Any, **params: Any) -> Any:
        node = BUILT_IN[id_]
        checked, faults = node.params.check(params, owner=id_)
        assert not faults, faults
        arrays = [{k: locked(x) for k, x in p.items()} if isinstance(p, dict) else locked(p) for p in ports]
        first = next(iter(arrays[0].values())) if isinstance(arrays[0], dict) else arrays[0]
        how = compute_kernel if node.style == "kernel" else compute_expression
        found = how(node, arrays, checked)
        for array in found:
            assert len(array) == len(first)
        if len(found) == 1:
            return found[0]
        bundle = node.outputs[0].kind
        names = [name for name, _ in bundle.fields] if len(node.outputs) == 1 else [o.name for o in node.outputs]
        return SimpleNamespace(**dict(zip(names, found, strict=True)))

    return computed


@pytest.fixture(scope="session")
def helper() -> Callable[[Any], Any]:
    """`helper(fn)(x, ...)`: a function of `nodes.kernels`, compiled."""
    return lambda fn: lambda x, *args: jitted(fn)(locked(x), *args)


def walk(rows: int, *, seed: int, scale: float = 1.0) -> SimpleNamespace:
    """Bars of a random walk with gaps at the open and volumes; prices around 100 times `scale`."""
    rng = np.random.default_rng(seed)
    close = scale * 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, rows)))
    opened = close * np.exp(rng.normal(0.0, 0.004, rows))
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0.0, 0.004, rows)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0.0, 0.004, rows)))
    volume = np.floor(rng.lognormal(10.0, 1.0, rows))
    return SimpleNamespace(open=opened, high=high, low=low, close=close, volume=volume)


@pytest.fixture(scope="session")
def bars() -> Callable[..., SimpleNamespace]:
    """`bars(500, seed=1)`: open, high, low, close and volume as arrays."""
    return walk


def shared_folder() -> Path:
    return Path(os.environ.get("TRADEGRAPH_SHARED", CHECKOUT.parent / "shared"))


@pytest.fixture(scope="session", params=["AAPL", "SPGI", "VAR", "BTCUSD"])
def real_bars(request: pytest.FixtureRequest) -> SimpleNamespace:
    """Bars of a real market: three shares by day (SPGI and VAR with stale bars), bitcoin by minute."""
    market = shared_folder() / "market"
    if not market.is_dir():
        pytest.skip(f"no real bars: {market} is absent (set TRADEGRAPH_SHARED)")
    if request.param == "BTCUSD":
        frame = pl.scan_parquet(market / "crypto_1m" / "BTCUSD_2019.parquet").head(100_000)
    else:
        daily = pl.scan_parquet(market / "equities_us_1d" / "ohlcv_2011-04_2021-04.parquet")
        frame = daily.filter(pl.col("symbol") == request.param)
    frame = frame.select(pl.col("open", "high", "low", "close", "volume").cast(pl.Float64)).collect()
    return SimpleNamespace(**{name: frame[name].to_numpy() for name in frame.columns})


EXAMPLES = {
    "scale": {"factor": 2.0},
    "between": {"low": 90.0, "high": 110.0},
    "above": {"level": 100.0},
    "below": {"level": 100.0},
    "spread": {"first": "A", "second": "A"},
    "pairs": {"first": "A", "second": "B"},
    "macd": {"fast": 3, "slow": 7, "signal": 4},
    "ppo": {"fast": 3, "slow": 7, "signal": 4},
    "tsi": {"first": 5, "second": 3},
    "compare": {"op": ">="},
    "hold_for": {"bars": 3},
    "of_symbol": {"symbol": "A"},
}
"""Params that make a difference on `walk`, where the defaults would not."""


@pytest.fixture(scope="session")
def example() -> Callable[..., tuple[list[np.ndarray], dict[str, Any]]]:
    """`example(node, rows)`: inputs for every port of a node, optional ones too, and params; short windows."""

    def built(node: NodeType, rows: int, *, seed: int = 7) -> tuple[list[np.ndarray], dict[str, Any]]:
        rng = np.random.default_rng(seed)
        market = walk(rows, seed=seed)
        ports = []
        for port in node.ports:
            dtype = port.takes.dtype
            if dtype == "event":
                array = rng.choice([-1.0, 0.0, 0.0, 1.0], rows)
            elif dtype == "bool":
                array = rng.choice([0.0, 0.0, 1.0], rows)
            elif dtype == "bundle":
                events = rng.choice([-1.0, 0.0, 0.0, 1.0], rows)
                array = vars(market) if port.takes.name == "bars" else {"event": events, "strength": rng.random(rows)}
            elif port.takes.name == "returns":
                array = rng.normal(0.0, 0.01, rows)
            elif port.takes.name == "weight":
                array = rng.choice([-1.0, 0.0, 0.5, 1.0], rows)
            else:
                # each port its own walk, but bars stay bars
                array = getattr(market, port.name, None)
                array = walk(rows, seed=seed + len(ports)).close if array is None else array
            ports.append(array)
        windows = {name: 5 for name in ("period", "periods") if node.params.get(name)}
        return ports, windows | EXAMPLES.get(node.id, {})

    return built


def table_of(node: NodeType, ports: Mapping[str, np.ndarray]) -> pl.DataFrame:
    """One symbol's axis (A, by the day) and its ports as series, by name, in one frame."""
    columns = {port.name: (port.takes, ports[port.name]) for port in node.ports if port.name in ports}
    for name, (kind, port) in list(columns.items()):
        if kind.fields:  # a bundle lies there by its fields
            del columns[name]
            columns |= {field: (inner, port[field]) for field, inner in kind.fields}
    rows = len(next(iter(columns.values()))[1])
    start = np.datetime64("2020-01-01", "us")
    ts = pl.Series("ts", start + np.arange(rows) * np.timedelta64(86_400_000_000, "us"))
    series = [
        Column(dtype=kind.dtype, array=array).series.cast(polars_dtype(kind.dtype)).alias(name)
        for name, (kind, array) in columns.items()
    ]
    return pl.DataFrame([pl.Series("symbol", ["A"] * rows, dtype=pl.String), ts.dt.replace_time_zone("UTC"), *series])


@pytest.fixture(scope="session")
def table() -> Callable[..., pl.DataFrame]:
    """`table(node, {"close": ...})`: symbol A's axis and ports."""
    return table_of


@pytest.fixture(scope="session")
def tabulate() -> Callable[..., pl.DataFrame]:
    """`tabulate(node, frame, **params)`: call a table node with the axis and ports that lie in one frame."""

    def called(node: NodeType, frame: pl.DataFrame, **params: Any) -> pl.DataFrame:
        ports = []
        for port in node.ports:
            if port.takes.fields:
                ports.append({field: frame[field] for field, _ in port.takes.fields})
            else:
                ports.append(frame[port.name] if port.name in frame.columns else None)
        return node(frame.select("symbol", "ts"), *ports, **params)

    return called
