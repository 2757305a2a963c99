"""Pairs trading as a plugin: a strategy that looks at a second symbol, which the graph wires to it.

`inputs` in the metadata names columns that the plugin wants beside those of its bars:

    other: {use: of_symbol, in: daily.close, with: {symbol: SPX}}
    pair: {use: pairs_arbitrage, in: {bars: daily, other: other}}
"""

from typing import Any, Dict, Type

import numpy as np
import pandas as pd

from ..strategies.base_strategy import BaseStrategy
from ..strategy_plugin_system import StrategyPlugin


class PairsArbitrageStrategy(BaseStrategy):
    """Trade the distance between two prices that usually move together."""

    def __init__(self, **kwargs):
        super().__init__()
        self.name = 'Pairs Arbitrage'
        self.description = 'Buys a symbol that is cheap against another one, sells one that is dear'

        self.lookback = kwargs.get('lookback', 60)
        self.entry = kwargs.get('entry', 2.0)

    def generate_signals(self, df: pd.DataFrame) -> pd.DataFrame:
        """Add `signal` (1 buy, -1 sell, 0 hold) and `signal_strength` (0 to 1) to the bars."""
        result_df = df.copy()

        spread = np.log(df['close']) - np.log(df['other'])
        mean = spread.rolling(window=self.lookback).mean()
        std = spread.rolling(window=self.lookback).std()
        zscore = (spread - mean) / std.where(std > 1e-12)

        result_df['signal'] = np.where(zscore < -self.entry, 1, np.where(zscore > self.entry, -1, 0))
        result_df['signal_strength'] = (zscore.abs() / (2.0 * self.entry)).clip(0.0, 1.0).fillna(0.0)

        return result_df

    def get_parameters(self) -> Dict[str, Any]:
        return {'lookback': self.lookback, 'entry': self.entry}

    def set_parameters(self, parameters: Dict[str, Any]):
        for key, value in parameters.items():
            if hasattr(self, key):
                setattr(self, key, value)


class PairsArbitragePlugin(StrategyPlugin):
    """Plugin wrapper"""

    def get_strategy_class(self) -> Type:
        return PairsArbitrageStrategy

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'pairs_arbitrage',
            'name': 'Pairs Arbitrage',
            'version': '1.0.0',
            'author': 'tradegraph',
            'description': 'Buys a symbol that is cheap against another one, sells one that is dear',
            'type': 'strategy',
            'inputs': {'other': 'Closes of the symbol that it is compared with'},
            'parameters': {
                'lookback': {
                    'type': 'int',
                    'default': 60,
                    'min': 5,
                    'max': 1000,
                    'description': 'Bars over which the usual distance is measured',
                },
                'entry': {
                    'type': 'float',
                    'default': 2.0,
                    'min': 0.5,
                    'max': 6.0,
                    'description': 'Trade so many deviations away from the usual distance',
                },
            },
        }
