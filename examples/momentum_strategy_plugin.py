"""Momentum with a trend filter, written as the plugin guide writes strategies: pandas-style, in one file."""

from typing import Any, Dict, Type

import numpy as np
import pandas as pd

from ..strategies.base_strategy import BaseStrategy
from ..strategy_plugin_system import StrategyPlugin


class MomentumStrategy(BaseStrategy):
    """Buy when momentum turns up above the trend, sell when it turns down."""

    def __init__(self, **kwargs):
        super().__init__()
        self.name = 'Momentum Strategy'
        self.description = 'Buys rising momentum above a moving average and sells falling momentum'

        self.momentum_period = kwargs.get('momentum_period', 20)
        self.trend_period = kwargs.get('trend_period', 50)
        self.threshold = kwargs.get('threshold', 0.02)

    def generate_signals(self, df: pd.DataFrame) -> pd.DataFrame:
        """Add `signal` (1 buy, -1 sell, 0 hold) and `signal_strength` (0 to 1) to the bars."""
        result_df = df.copy()

        result_df['momentum'] = df['close'].pct_change(self.momentum_period)
        result_df['trend'] = df['close'].rolling(window=self.trend_period).mean()

        rising = (result_df['momentum'] > self.threshold) & (df['close'] > result_df['trend'])
        falling = result_df['momentum'] < -self.threshold
        result_df['signal'] = np.where(rising, 1, np.where(falling, -1, 0))

        strength = result_df['momentum'].abs() / (5 * self.threshold)
        result_df['signal_strength'] = strength.clip(0.0, 1.0).fillna(0.0)

        return result_df

    def get_parameters(self) -> Dict[str, Any]:
        return {
            'momentum_period': self.momentum_period,
            'trend_period': self.trend_period,
            'threshold': self.threshold,
        }

    def set_parameters(self, parameters: Dict[str, Any]):
        for key, value in parameters.items():
            if key == 'threshold' and not value > 0:
                raise ValueError(f"threshold must be positive, got {value}")
            if hasattr(self, key):
                setattr(self, key, value)


class MomentumPlugin(StrategyPlugin):
    """Plugin wrapper"""

    def get_strategy_class(self) -> Type:
        return MomentumStrategy

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'momentum_strategy',
            'name': 'Momentum Strategy',
            'version': '1.0.0',
            'author': 'tradegraph',
            'description': 'Buys rising momentum above a moving average and sells falling momentum',
            'type': 'strategy',
            'parameters': {
                'momentum_period': {
                    'type': 'int',
                    'default': 20,
                    'min': 1,
                    'max': 500,
                    'description': 'Bars over which momentum is measured',
                },
                'trend_period': {
                    'type': 'int',
                    'default': 50,
                    'min': 2,
                    'max': 1000,
                    'description': 'Length of the moving average that filters buys, in bars',
                },
                'threshold': {
                    'type': 'float',
                    'default': 0.02,
                    'min': 0.001,
                    'max': 1.0,
                    'description': 'Least momentum that counts: 0.02 is two percent',
                },
            },
        }
