"""Make golden.json anew: small cases on synthetic bars, and what the references say of them.

    TRADEGRAPH_REFERENCES=/path/to/python python tests/nodes/backtest/golden.py

The interpreter that is named has vectorbt and backtesting.py (1.2.0 and 0.6.6 made the file that is here).
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def walk(rows, seed):
    """Bars of a random walk with gaps, prices to four digits."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, rows)))
    opened = close * np.exp(rng.normal(0.0, 0.012, rows))
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0.0, 0.01, rows)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0.0, 0.01, rows)))
    return {k: np.round(v, 4).tolist() for k, v in {"open": opened, "high": high, "low": low, "close": close}.items()}


def cases():
    """Every direction and fill case with costs, strengths, stops; weights; shared cash."""
    rng = np.random.default_rng(11)
    found = []
    terms = {"fee": 0.001, "slippage": 0.0005, "cash": 100_000.0, "bars_per_year": 252}
    for number, direction in enumerate(("long", "short", "both")):
        bars = walk(90, number)
        for fill in ("next_open", "next_close", "same_close"):
            signal = rng.choice([-1.0, 0.0, 0.0, 0.0, 1.0], 90).tolist()
            found.append(
                {"engine": "events_vectorbt", "bars": bars, "signal": signal, "direction": direction, "fill": fill}
                | terms
            )
        for stop, profit in ((0.02, None), (None, 0.03), (0.02, 0.03)):
            stops = {"stop_loss": stop, "take_profit": profit, "direction": direction}
            signal = rng.choice([-1.0, 0.0, 0.0, 0.0, 1.0], 90).tolist()
            common = {"bars": bars, "signal": signal} | stops | terms
            found.append({"engine": "events_vectorbt", "fill": "next_close"} | common | {"slippage": 0.0})
            # stops beyond the gap from close to open: backtesting.py refuses others when the order is given
            wide = {"stop_loss": stop and 0.06, "take_profit": profit and 0.06, "fee": 0.0, "slippage": 0.0}
            later = {"signal": [0.0, *signal[1:]]}  # it asks nobody on the first bar
            found.append({"engine": "events_backtesting", "fill": "next_open"} | common | wide | later)
    for seed in (5, 6):
        target = np.repeat(rng.choice([-0.5, 0.0, 0.3, 0.7, 1.0], 18), 5).tolist()
        found.append({"engine": "weights_vectorbt", "bars": walk(90, seed), "target": target} | terms)
    panel = {name: walk(60, 20 + i) for i, name in enumerate("ABC")}
    given = {name: [None] * 60 for name in panel}
    for bar in range(4, 60, 7):
        weights = rng.dirichlet(np.ones(4))[:3]
        for name, weight in zip(panel, weights, strict=True):
            given[name][bar] = round(float(weight), 6)
    found.append({"engine": "shared_vectorbt", "bars": panel, "target": given} | terms)
    return found


def main():
    """Ask the references and write the file."""
    asked = cases()
    command = [os.environ["TRADEGRAPH_REFERENCES"], str(HERE / "reference.py")]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    answers = json.loads(done.stdout)
    pairs = [{"case": case, "answer": answer} for case, answer in zip(asked, answers, strict=True)]
    (HERE / "golden.json").write_text(json.dumps(pairs) + "\n")


if __name__ == "__main__":
    main()
