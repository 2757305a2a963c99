"""Bollinger Bands as a plugin with several outputs."""

from typing import Any, Dict

import pandas as pd

from ..strategy_plugin_system import IndicatorPlugin


class BollingerBands(IndicatorPlugin):
    """Mean of the closes and bands around it, as John Bollinger defines them: population deviation, ddof=0."""

    def __init__(self, period: int = 20, std_dev: float = 2.0, **kwargs):
        self.period = period
        self.std_dev = std_dev

    def calculate(self, data: pd.DataFrame, **kwargs) -> Dict[str, pd.Series]:
        price = data['close']
        sma = price.rolling(window=self.period).mean()
        std = price.rolling(window=self.period).std(ddof=0)
        upper = sma + std * self.std_dev
        lower = sma - std * self.std_dev
        width = upper - lower

        return {
            'sma': sma,
            'upper_band': upper,
            'lower_band': lower,
            'bandwidth': width / sma,
            # a flat window has no bands to stand between
            'percent_b': (price - lower) / width.where(width > 0),
        }

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'bollinger_bands',
            'name': 'Bollinger Bands',
            'version': '1.0.0',
            'author': 'tradegraph',
            'description': 'Mean of the last closes and bands so many standard deviations around it',
            'type': 'indicator',
            'outputs': ['sma', 'upper_band', 'lower_band', 'bandwidth', 'percent_b'],
            'parameters': {
                'period': {
                    'type': 'int',
                    'default': 20,
                    'min': 2,
                    'max': 500,
                    'description': 'Window, in bars',
                },
                'std_dev': {
                    'type': 'float',
                    'default': 2.0,
                    'min': 0.1,
                    'max': 10.0,
                    'description': 'Distance of the bands, in standard deviations',
                },
            },
        }

    def validate_data(self, data: pd.DataFrame) -> bool:
        return 'close' in data.columns
