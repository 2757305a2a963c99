"""Mean reversion: buy far below the average, sell once the price is back. Sizes are the strategy's own."""

from typing import Any, Dict, Type

import numpy as np
import pandas as pd

from ..strategies.base_strategy import BaseStrategy
from ..strategy_plugin_system import StrategyPlugin


class MeanReversionStrategy(BaseStrategy):
    """Measure how far the close is from its average, in standard deviations."""

    def __init__(self, **kwargs):
        super().__init__()
        self.name = 'Mean Reversion Strategy'
        self.description = 'Buys what fell far below its average and sells when it is back'

        self.lookback = kwargs.get('lookback', 20)
        self.entry = kwargs.get('entry', 2.0)
        self.exit = kwargs.get('exit', 0.0)
        self.max_position = kwargs.get('max_position', 1.0)

    def generate_signals(self, df: pd.DataFrame) -> pd.DataFrame:
        """Add `signal` (1 buy, -1 sell, 0 hold) and `signal_strength` (0 to 1) to the bars."""
        result_df = df.copy()

        mean = df['close'].rolling(window=self.lookback).mean()
        std = df['close'].rolling(window=self.lookback).std()
        zscore = (df['close'] - mean) / std.where(std > 0)
        result_df['zscore'] = zscore

        result_df['signal'] = np.where(zscore < -self.entry, 1, np.where(zscore > self.exit, -1, 0))
        result_df['signal_strength'] = (zscore.abs() / (2.0 * self.entry)).clip(0.0, 1.0).fillna(0.0)

        return result_df

    def calculate_position_size(self, signal_strength: float) -> float:
        """The farther away, the more, up to `max_position` of the cash."""
        return self.max_position * min(signal_strength, 1.0)

    def get_parameter_bounds(self) -> Dict[str, Dict[str, Any]]:
        return {'lookback': {'min': 3, 'max': 250}, 'entry': {'min': 0.5, 'max': 5.0}}

    def get_parameters(self) -> Dict[str, Any]:
        return {
            'lookback': self.lookback,
            'entry': self.entry,
            'exit': self.exit,
            'max_position': self.max_position,
        }

    def set_parameters(self, parameters: Dict[str, Any]):
        for key, value in parameters.items():
            if hasattr(self, key):
                setattr(self, key, value)


class MeanReversionPlugin(StrategyPlugin):
    """Plugin wrapper"""

    def get_strategy_class(self) -> Type:
        return MeanReversionStrategy

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'mean_reversion_strategy',
            'name': 'Mean Reversion Strategy',
            'version': '1.0.0',
            'author': 'tradegraph',
            'description': 'Buys what fell far below its average and sells when it is back',
            'type': 'strategy',
            'parameters': {
                'lookback': {'type': 'int', 'default': 20, 'description': 'Window of average and deviation, in bars'},
                'entry': {'type': 'float', 'default': 2.0, 'description': 'Buy so many deviations below the average'},
                'exit': {
                    'type': 'float',
                    'default': 0.0,
                    'min': -5.0,
                    'max': 5.0,
                    'description': 'Sell above so many deviations from the average',
                },
                'max_position': {
                    'type': 'float',
                    'default': 1.0,
                    'min': 0.0,
                    'max': 1.0,
                    'description': 'Share of the cash that a position takes at most',
                },
            },
        }
