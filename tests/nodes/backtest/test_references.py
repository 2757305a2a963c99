"""What vectorbt and backtesting.py say: once, of synthetic bars, and, where they are at hand, of real ones."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden.json").read_text())
PYTHON = os.environ.get("TRADEGRAPH_REFERENCES", "")
RAW = Path(os.environ.get("TRADEGRAPH_SHARED", HERE.parents[3] / "shared")) / "market" / "raw" / "backtesting_py"


def label(pair):
    case = pair["case"]
    stops = "".join(f" {name}" for name in ("stop_loss", "take_profit") if case.get(name))
    return f"{case['engine']} {case.get('direction', '')} {case.get('fill', '')}{stops}"


@pytest.fixture
def answer(backtest, weights, portfolio):
    """What we say of a case."""

    def of(case):
        names = ("fill", "direction", "fee", "slippage", "cash", "bars_per_year", "stop_loss", "take_profit")
        options = {name: case[name] for name in names if case.get(name) is not None}
        options |= {name: float(options[name]) for name in ("bars_per_year", "cash")}
        if case["engine"] == "shared_vectorbt":
            return portfolio(case["bars"], case["target"], **options)
        if case["engine"] == "weights_vectorbt":
            return weights(case["bars"], case["target"], **options)
        return backtest(case["bars"], case["signal"], case.get("strength"), **options)

    return of


def compare(found, said):
    """Trade count, directions and indices exactly; prices 1e-12, sizes, pnl and equity 1e-9, metrics 1e-7."""
    if "equity" in said:
        np.testing.assert_allclose(found.equity[: len(said["equity"])], said["equity"], rtol=1e-9)
    trades = found.trades.to_dicts()
    if "trades" in said:
        whole = [trade for trade in trades if "status" in (said["trades"] or [{}])[0] or trade["status"] == "closed"]
        assert len(whole) == len(said["trades"])
        for ours, theirs in zip(whole, said["trades"], strict=True):
            for name in ("direction", "status", "entry_idx", "exit_idx"):
                assert name not in theirs or ours[name] == theirs[name]
            for name in ("entry_price", "exit_price"):
                np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-12)
            for name in {"size", "entry_fee", "exit_fee", "pnl", "return"} & theirs.keys():
                np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-7)
    (metrics,) = found.metrics.to_dicts()
    for name, value in said.get("metrics", {}).items():
        if metrics[name] is None:  # undefined: what vectorbt says then is no number
            assert not np.isfinite(value), name
            continue
        np.testing.assert_allclose(metrics[name], value, rtol=1e-7, err_msg=name)


@pytest.mark.parametrize("pair", GOLDEN, ids=label)
def test_synthetic_bars_give_what_the_reference_gave(answer, pair) -> None:
    compare(answer(pair["case"]), pair["answer"])


def real(name, rows=None):
    frame = pl.read_csv(RAW / f"{name}.csv").tail(rows) if rows else pl.read_csv(RAW / f"{name}.csv")
    return {field.lower(): frame[field].cast(pl.Float64).to_list() for field in ("Open", "High", "Low", "Close")}


def monthly(name):
    """The bars of every 21 days."""
    bars = {field: np.array(values) for field, values in real(name).items()}
    cut = len(bars["close"]) // 21 * 21
    parts = {field: values[:cut].reshape(-1, 21) for field, values in bars.items()}
    found = {"open": parts["open"][:, 0], "high": parts["high"].max(1), "low": parts["low"].min(1)}
    return {name: values.tolist() for name, values in (found | {"close": parts["close"][:, -1]}).items()}


def crossings(bars, fast, slow):
    close = pl.Series(bars["close"])
    lead = close.rolling_mean(fast) - close.rolling_mean(slow)
    side = lead.sign().fill_null(0.0).to_numpy()
    return np.where(np.diff(side, prepend=0.0) != 0.0, side, 0.0).tolist()


@pytest.mark.heavy
@pytest.mark.skipif(not PYTHON, reason="TRADEGRAPH_REFERENCES names no interpreter with vectorbt and backtesting.py")
@pytest.mark.skipif(not RAW.is_dir(), reason=f"no real bars: {RAW} is absent (set TRADEGRAPH_SHARED)")
def test_real_bars_by_day_by_hour_and_by_month_agree_with_vectorbt(answer) -> None:
    cases = []
    for bars, year in ((real("GOOG"), 252), (real("EURUSD"), 6048), (monthly("GOOG"), 12)):
        noise = np.random.default_rng(1).choice([-1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0], len(bars["close"])).tolist()
        for direction in ("long", "short", "both"):
            for fill in ("next_open", "next_close", "same_close"):
                for signal in (crossings(bars, 10, 30), noise):
                    terms = {"direction": direction, "fill": fill, "fee": 0.001, "slippage": 0.0005, "cash": 1e5}
                    case = {"engine": "events_vectorbt", "bars": bars, "signal": signal, "bars_per_year": year}
                    cases.append(case | terms)
            stops = {"stop_loss": 0.02, "take_profit": 0.04, "fill": "next_close", "slippage": 0.0}
            cases.append(cases[-1] | stops)
    done = subprocess.run(
        [PYTHON, str(HERE / "reference.py")], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    for case, said in zip(cases, json.loads(done.stdout), strict=True):
        compare(answer(case), said)
