"""What the adapter lacks is run again on real pandas where it is installed, and said; else the node fails by name."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.errors import PluginError
from pipeline.execution.arguments import Argument
from pipeline.execution.attempt import Call, InProcess, Outcome
from pipeline.execution.kernel import KernelCache
from pipeline.model.bars import Panel
from pipeline.model.column import Column
from pipeline.plugins.load import Loader

# the guide's own try and except, around something that the adapter lacks
GUIDED = """
import pandas as pd
from ..strategy_plugin_system import StrategyPlugin
from ..strategies.base_strategy import BaseStrategy

class Weighted(BaseStrategy):
    def generate_signals(self, df: pd.DataFrame) -> pd.DataFrame:
        try:
            result_df = df.copy()
            calm = df['close'] * 0
            result_df['signal'] = calm.mask(df['close'] > 3, 1).set_flags()
            result_df['signal_strength'] = 0.5
            return result_df
        except Exception as e:
            result_df = df.copy()
            result_df['signal'] = 0
            result_df['signal_strength'] = 0.0
            return result_df

    def get_parameters(self):
        return {}

    def set_parameters(self, parameters):
        pass

class WeightedPlugin(StrategyPlugin):
    def get_strategy_class(self):
        return Weighted

    def get_metadata(self):
        return {'id': 'weighted', 'name': 'Weighted', 'version': '1.0.0', 'author': 'a', 'description': 'd',
                'type': 'strategy'ASKED}
"""
FRAME_NODE = """
import pandas as pd
from pipeline import Bars, Number, indicator

@indicator(style="frame")
def smooth(bars: Bars) -> Number:
    \"\"\"Half of what is high.\"\"\"
    return bars["close"].mask(bars["close"] > 3, 0.5).set_flags()
"""
CLOSE = np.array([1.0, 2.0, 4.0, 3.0, 5.0, 1.0])


def outcome(tmp_path: Path, code: str, columns: list[tuple[str, Any]]) -> Outcome:
    path = tmp_path / "plugin.py"
    path.write_text(code, encoding="utf-8")
    node = Loader().load(path, tmp_path).types[0]
    stamps = pl.Series("ts", np.arange(3).tolist() * 2, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    panel = Panel(("A", "B"), np.array([0, 3, 6]), stamps, {})
    bars: Argument = {
        name: Column(dtype="float", array=CLOSE.copy()) for name in ("open", "high", "low", "close", "volume")
    }
    return InProcess(KernelCache(None)).call(Call(node, [bars], {}, columns, panel))


def test_a_gap_that_the_plugin_swallowed_is_run_again_on_real_pandas(tmp_path: Path) -> None:
    found = outcome(tmp_path, GUIDED.replace("ASKED", ""), [("event", "event"), ("strength", "float")])
    assert found.raised is None
    assert isinstance(found.value, dict)
    assert found.value["event"].series.to_list() == [0, 0, 1, 0, 1, 0]
    assert found.value["strength"].series.to_list() == [0.5] * 6
    assert "Series.set_flags, not offered" in found.fallback
    assert f"{tmp_path / 'plugin.py'}:11" in found.fallback


def test_a_frame_node_is_run_again_too(tmp_path: Path) -> None:
    found = outcome(tmp_path, FRAME_NODE, [("value", "float")])
    assert isinstance(found.value, dict)
    assert found.value["value"].series.to_list() == [1.0, 2.0, 0.5, 3.0, 0.5, 1.0]
    assert found.fallback


def test_without_pandas_the_node_fails_and_says_attribute_and_line(tmp_path: Path, monkeypatch: Any) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pandas" else there(name, *rest)
    )
    found = outcome(tmp_path, GUIDED.replace("ASKED", ""), [("event", "event"), ("strength", "float")])
    assert found.raised is not None
    assert found.raised.code == "TG407"
    assert "Series.set_flags" in found.raised.message
    assert "plugin.py:11" in found.raised.message


def test_a_plugin_may_ask_for_real_pandas(tmp_path: Path) -> None:
    asked = GUIDED.replace("ASKED", ", 'dataframe': 'pandas'")
    found = outcome(tmp_path, asked, [("event", "event"), ("strength", "float")])
    assert isinstance(found.value, dict)
    assert found.value["event"].series.to_list() == [0, 0, 1, 0, 1, 0]
    assert not found.fallback


def test_who_asks_for_pandas_where_there_is_none_is_told_so(tmp_path: Path, monkeypatch: Any) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pandas" else there(name, *rest)
    )
    path = tmp_path / "plugin.py"
    path.write_text(GUIDED.replace("ASKED", ", 'dataframe': 'pandas'"), encoding="utf-8")
    with pytest.raises(PluginError, match="asks for real pandas"):
        Loader().load(path, tmp_path)
