"""Columns survive being packed: exactly where they have few decimals, to two millionths elsewhere."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.pack import pack_columns, pack_json

WEB = Path(__file__).parents[2] / "web"
READ = """
import { unpackColumns, unpackJson } from "./src/unpack.js";
let text = "";
for await (const part of process.stdin) text += part;
const found = [];
for (const [packed, json] of JSON.parse(text)) {
  const columns = await unpackColumns(packed);
  const plain = (values) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));
  const told = Object.entries(columns).map(([name, values]) => [name, plain(values)]);
  found.push([Object.fromEntries(told), await unpackJson(json)]);
}
process.stdout.write(JSON.stringify(found));
"""


def unpacked(packed: list) -> list:
    """What the script of the page reads."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    done = subprocess.run(
        [node, "--input-type=module", "-e", READ],
        cwd=WEB,
        input=json.dumps(packed),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def numbers(values: list) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def test_the_script_reads_what_was_packed():
    rng = np.random.default_rng(1)
    prices = np.round(100 + np.cumsum(rng.normal(size=1000)), 2)
    gaps = np.where(rng.random(1000) < 0.2, np.nan, rng.normal(size=1000) * 10.0 ** rng.integers(-8, 9, 1000))
    gaps[:14] = np.nan
    columns = {
        "prices": prices,
        "whole": np.arange(1000.0) * 86_400,
        "gaps": gaps,
        "signs": rng.integers(-1, 2, 1000).astype(float),
        "huge": 1e12 * rng.normal(size=1000),
        "nothing": np.full(1000, np.nan),
        "odd": np.where(np.arange(1000) % 2, np.inf, 1 / 3),
    }
    told = {"a": [1, None, "</script>", "ä€"], "b": {}}
    ((found, said), (empty, _)) = unpacked(
        [[pack_columns(columns), pack_json(told)], [pack_columns({"x": np.empty(0)}), pack_json(1)]]
    )
    assert said == told
    assert empty == {"x": []}
    for name in ("prices", "whole", "signs"):
        np.testing.assert_array_equal(numbers(found[name]), columns[name])
    for name in ("gaps", "huge", "nothing"):
        np.testing.assert_allclose(numbers(found[name]), columns[name], rtol=2e-6, atol=0)
    assert numbers(found["odd"])[::2] == pytest.approx(1 / 3, rel=2e-6)
    assert np.isnan(numbers(found["odd"])[1::2]).all()


@given(st.lists(st.floats(allow_infinity=False, width=64), min_size=1, max_size=30))
def test_whatever_a_column_holds_it_is_packed(values):
    packed = pack_columns({"x": np.array(values)})
    assert packed["rows"] == len(values)
    (told,) = packed["columns"]
    known = [value for value in values if not np.isnan(value)]
    if told["decimals"] is not None:
        scale = 10.0 ** told["decimals"]
        assert all(round(value * scale) / scale == value for value in known)
    if not told["gaps"]:
        assert len(known) == len(values)


def test_a_hundred_thousand_bars_of_ten_series_are_small():
    rng = np.random.default_rng(2)
    close = np.round(1000 * np.exp(np.cumsum(rng.normal(0, 1e-3, 100_000))), 2)
    columns = {"t": np.arange(100_000) * 60.0, "o": np.roll(close, 1), "h": close + 0.5, "l": close - 0.5, "c": close}
    # the worst: values without any order
    columns |= {f"s{at}": 100 * rng.random(100_000) for at in range(6)}
    assert len(pack_columns(columns)["data"]) < 4_000_000


def test_the_same_columns_give_the_same_text():
    columns = {"x": np.sin(np.arange(1000.0))}
    assert pack_columns(columns) == pack_columns({"x": np.sin(np.arange(1000.0))})
