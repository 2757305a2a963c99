"""Plugins to begin with: a file that works, its page, and a unit test that passes as it stands."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["template_files"]

_STRATEGY = '''"""NAME: buys when a fast average stands above a slow one, sells when it stands below."""

from typing import Any, Dict, List, Type

import numpy as np
import pandas as pd

from ..strategies.base_strategy import BaseStrategy
from ..strategy_plugin_system import StrategyPlugin


class CLASS(BaseStrategy):
    """What the strategy does. Replace the logic in generate_signals by your own."""

    def __init__(self, **kwargs):
        super().__init__()
        self.name = 'NAME'
        self.description = 'Buys above a slow average, sells below it'

        self.fast_period = kwargs.get('fast_period', 10)
        self.slow_period = kwargs.get('slow_period', 30)

    def generate_signals(self, df: pd.DataFrame) -> pd.DataFrame:
        """Add `signal` (1 buy, -1 sell, 0 hold) and `signal_strength` (0 to 1) to the bars.

        A row may use the rows up to its own: no shift(-1), no centred windows, no figures over the whole column.
        """
        result_df = df.copy()

        fast = df['close'].rolling(window=self.fast_period).mean()
        slow = df['close'].rolling(window=self.slow_period).mean()
        above = fast > slow
        below = fast < slow
        result_df['signal'] = np.where(above, 1, np.where(below, -1, 0))

        distance = (fast - slow).abs() / slow
        result_df['signal_strength'] = (distance * 20).clip(0.0, 1.0).fillna(0.0)

        return result_df

    def get_parameters(self) -> Dict[str, Any]:
        return {'fast_period': self.fast_period, 'slow_period': self.slow_period}

    def set_parameters(self, parameters: Dict[str, Any]):
        for key, value in parameters.items():
            if key in ('fast_period', 'slow_period') and value < 1:
                raise ValueError(f"{key} must be at least 1, got {value}")
            if hasattr(self, key):
                setattr(self, key, value)


class CLASSPlugin(StrategyPlugin):
    """What tradegraph reads of this file."""

    def get_strategy_class(self) -> Type:
        return CLASS

    def get_dependencies(self) -> List[str]:
        """Packages and plugins, such as 'scipy>=1.10'. They are checked, never installed."""
        return ['numpy']

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'STEM',
            'name': 'NAME',
            'version': '1.0.0',
            'author': 'Your Name',
            'description': 'Buys above a slow average, sells below it',
            'type': 'strategy',
            'parameters': {
                'fast_period': {
                    'type': 'int',
                    'default': 10,
                    'min': 1,
                    'max': 200,
                    'description': 'Length of the fast average, in bars',
                },
                'slow_period': {
                    'type': 'int',
                    'default': 30,
                    'min': 2,
                    'max': 1000,
                    'description': 'Length of the slow average, in bars',
                },
            },
        }
'''
_INDICATOR = '''"""NAME: the distance of the close from its average."""

from typing import Any, Dict, List

import pandas as pd

from ..strategy_plugin_system import IndicatorPlugin


class CLASS(IndicatorPlugin):
    """What the indicator measures. Replace the calculation by your own."""

    def __init__(self, period: int = 14, **kwargs):
        self.period = period

    def calculate(self, data: pd.DataFrame, **kwargs) -> pd.Series:
        """One value per bar; a dict of series gives several outputs. A row may use the rows up to its own."""
        mean = data['close'].rolling(window=self.period).mean()
        return data['close'] / mean - 1.0

    def validate_data(self, data: pd.DataFrame) -> bool:
        return 'close' in data.columns

    def get_dependencies(self) -> List[str]:
        """Packages and plugins, such as 'scipy>=1.10'. They are checked, never installed."""
        return []

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'STEM',
            'name': 'NAME',
            'version': '1.0.0',
            'author': 'Your Name',
            'description': 'Distance of the close from its average, as a share of it',
            'type': 'indicator',
            'parameters': {
                'period': {
                    'type': 'int',
                    'default': 14,
                    'min': 1,
                    'max': 500,
                    'description': 'Length of the average, in bars',
                },
            },
        }
'''
_DATA = """        steps = np.arange(100)
        self.data = pd.DataFrame({
            'timestamp': pd.date_range('2023-01-01', periods=100, freq='1h'),
            'open': 100 + np.sin(steps / 5.0),
            'high': 102 + np.sin(steps / 5.0),
            'low': 98 + np.sin(steps / 5.0),
            'close': 100 + np.sin((steps + 1) / 5.0),
            'volume': 1000 + steps,
        })
"""
_STRATEGY_TEST = (
    '''"""The unit test of STEM. Run it: tradegraph plugin test STEM.py --unit test_STEM.py"""

import unittest

import numpy as np
import pandas as pd

from STEM import CLASS


class TestCLASS(unittest.TestCase):
    def setUp(self):
        self.strategy = CLASS(fast_period=5, slow_period=20)
'''
    + _DATA
    + """
    def test_generate_signals(self):
        result = self.strategy.generate_signals(self.data)
        self.assertTrue(result['signal'].isin([-1, 0, 1]).all())
        self.assertTrue((result['signal_strength'] >= 0).all())
        self.assertTrue((result['signal_strength'] <= 1).all())
        self.assertTrue((result['signal'] != 0).any())

    def test_the_warm_up_holds(self):
        result = self.strategy.generate_signals(self.data)
        self.assertTrue((result['signal'].head(19) == 0).all())

    def test_parameters(self):
        self.strategy.set_parameters({'fast_period': 7})
        self.assertEqual(self.strategy.get_parameters(), {'fast_period': 7, 'slow_period': 20})
        with self.assertRaises(ValueError):
            self.strategy.set_parameters({'fast_period': 0})


if __name__ == '__main__':
    unittest.main()
"""
)
_INDICATOR_TEST = (
    '''"""The unit test of STEM. Run it: tradegraph plugin test STEM.py --unit test_STEM.py"""

import unittest

import numpy as np
import pandas as pd

from STEM import CLASS


class TestCLASS(unittest.TestCase):
    def setUp(self):
        self.indicator = CLASS(period=5)
'''
    + _DATA
    + """
    def test_calculate(self):
        result = self.indicator.calculate(self.data)
        self.assertEqual(len(result), 100)
        self.assertTrue(result.head(4).isna().all())
        self.assertFalse(result.iloc[4:].isna().any())

    def test_a_flat_price_has_no_distance(self):
        self.data['close'] = 50.0
        self.assertTrue((self.indicator.calculate(self.data).iloc[4:] == 0).all())

    def test_validate_data(self):
        self.assertTrue(self.indicator.validate_data(self.data))
        self.assertFalse(self.indicator.validate_data(self.data.drop(columns=['close'])))


if __name__ == '__main__':
    unittest.main()
"""
)
_PAGE = """# NAME

What it is for, in a paragraph: which markets, which timeframe, and when it does not work.

| parameter | default | meaning |
|---|---|---|
PARAMS

In a graph, below `nodes:`

    STEM: {use: STEM, in: daily, with: {EXAMPLE}}

- Performance: vectorised, a millisecond for a thousand bars.
- Test it: `tradegraph plugin test STEM.py`, and `tradegraph plugin test STEM.py --unit test_STEM.py`.
"""
_PARAMS = {
    "strategy": (
        (
            "| `fast_period` | 10 | Length of the fast average, in bars |\n"
            "| `slow_period` | 30 | Length of the slow average, in bars |"
        ),
        "fast_period: 12",
    ),
    "indicator": ("| `period` | 14 | Length of the average, in bars |", "period: 20"),
}


def template_files(kind: Literal["strategy", "indicator"], name: str, stem: str) -> dict[str, str]:
    """The files of a plugin called `name`, whose id and file are called `stem`: itself, its test, its page."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    made = "".join(word[:1].upper() + word[1:] for word in words)
    params, example = _PARAMS[kind]
    said = {
        "CLASS": made,
        "STEM": stem,
        "NAME": name.replace("'", "").replace('"', ""),
        "PARAMS": params,
        "EXAMPLE": example,
    }
    plugin, test = (_STRATEGY, _STRATEGY_TEST) if kind == "strategy" else (_INDICATOR, _INDICATOR_TEST)
    texts = {f"{stem}.py": plugin, f"test_{stem}.py": test, f"{stem}.md": _PAGE}
    return {place: re.sub("|".join(said), lambda found: said[found[0]], text) for place, text in texts.items()}
