"""A relative strength index of one's own: Wilder's, or with plain averages (Cutler's)."""

from typing import Any, Dict

import numpy as np
import pandas as pd

from ..strategy_plugin_system import IndicatorPlugin


class CustomRSI(IndicatorPlugin):
    """How much of the recent moves were gains, 0 to 100, and in which zone that lies."""

    def __init__(self, period: int = 14, smoothing: str = 'wilder', **kwargs):
        self.period = period
        self.smoothing = smoothing

    def average(self, moves: pd.Series) -> pd.Series:
        """Wilder's smoothing begins with a plain mean of the first moves, as in his book and in TA-Lib."""
        mean = moves.rolling(window=self.period).mean()
        if self.smoothing == 'simple':
            return mean
        seeded = moves.copy()
        if len(seeded) > self.period:
            seeded.iloc[: self.period] = np.nan
            seeded.iloc[self.period] = mean.iloc[self.period]
        else:
            seeded.iloc[:] = np.nan
        return seeded.ewm(alpha=1.0 / self.period, adjust=False).mean()

    def calculate(self, data: pd.DataFrame, **kwargs) -> Dict[str, pd.Series]:
        move = data['close'].diff()
        gain = self.average(move.clip(lower=0.0))
        loss = self.average((-move).clip(lower=0.0))
        total = gain + loss
        # prices that never moved are neither strong nor weak
        rsi = (100.0 * gain / total.where(total > 0)).where(total != 0, 50.0)

        overbought = kwargs.get('overbought', 70.0)
        oversold = kwargs.get('oversold', 30.0)
        zone = pd.Series(np.where(rsi > overbought, 1.0, np.where(rsi < oversold, -1.0, 0.0)), index=rsi.index)
        return {'rsi': rsi, 'zone': zone}

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'custom_rsi',
            'name': 'Custom RSI',
            'version': '1.0.0',
            'author': 'tradegraph',
            'description': 'Share of the gains in recent moves, 0 to 100, and the zone that it lies in',
            'type': 'indicator',
            'outputs': ['rsi', 'zone'],
            'parameters': {
                'period': {
                    'type': 'int',
                    'default': 14,
                    'min': 2,
                    'max': 500,
                    'description': 'Smoothing length, in bars',
                },
                'smoothing': {
                    'type': 'str',
                    'default': 'wilder',
                    'options': ['wilder', 'simple'],
                    'description': "Wilder's smoothing, or plain averages",
                },
                'overbought': {
                    'type': 'float',
                    'default': 70.0,
                    'min': 50.0,
                    'max': 100.0,
                    'description': 'Above this the zone is 1',
                },
                'oversold': {
                    'type': 'float',
                    'default': 30.0,
                    'min': 0.0,
                    'max': 50.0,
                    'description': 'Below this the zone is -1',
                },
            },
        }

    def validate_data(self, data: pd.DataFrame) -> bool:
        return 'close' in data.columns
