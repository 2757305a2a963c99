"""MACD in three variants, and how fast its histogram turns: two plugins in one file."""

from typing import Any, Dict

import pandas as pd

from ..strategy_plugin_system import IndicatorPlugin

PERIODS = {
    'fast': {'type': 'int', 'default': 12, 'min': 2, 'max': 200, 'description': 'Length of the fast average, in bars'},
    'slow': {'type': 'int', 'default': 26, 'min': 3, 'max': 400, 'description': 'Length of the slow average, in bars'},
    'signal_period': {'type': 'int', 'default': 9, 'min': 1, 'max': 200, 'description': 'Length of the signal line'},
    'variant': {
        'type': 'str',
        'default': 'exponential',
        'options': ['exponential', 'simple', 'zero_lag'],
        'description': 'Kind of the averages',
    },
}


def average(price: pd.Series, period: int, variant: str) -> pd.Series:
    """The average of a variant. Exponential ones weigh by 2 / (period + 1) and begin with the first price."""
    if variant == 'simple':
        return price.rolling(window=period).mean()
    first = price.ewm(span=period, adjust=False).mean()
    if variant == 'zero_lag':
        # twice the average less the average of it: what lags behind is taken out
        return 2.0 * first - first.ewm(span=period, adjust=False).mean()
    return first


def lines(data: pd.DataFrame, fast: int, slow: int, signal_period: int, variant: str) -> Dict[str, pd.Series]:
    price = data['close']
    macd = average(price, fast, variant) - average(price, slow, variant)
    signal_line = average(macd, signal_period, variant)
    return {'macd': macd, 'signal_line': signal_line, 'histogram': macd - signal_line}


class MacdVariants(IndicatorPlugin):
    """The MACD line, its signal line and the difference of the two."""

    def calculate(
        self, data: pd.DataFrame, fast=12, slow=26, signal_period=9, variant='exponential'
    ) -> Dict[str, pd.Series]:
        return lines(data, fast, slow, signal_period, variant)

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'macd_variants',
            'name': 'MACD Variants',
            'version': '1.0.0',
            'author': 'tradegraph',
            'description': 'Moving average convergence and divergence with averages of three kinds',
            'type': 'indicator',
            'outputs': ['macd', 'signal_line', 'histogram'],
            'parameters': PERIODS,
        }


class MacdTurn(IndicatorPlugin):
    """The change of the histogram from bar to bar: above 0 while momentum grows."""

    def calculate(self, data: pd.DataFrame, fast=12, slow=26, signal_period=9, variant='exponential') -> pd.Series:
        return lines(data, fast, slow, signal_period, variant)['histogram'].diff()

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'macd_turn',
            'name': 'MACD Turn',
            'version': '1.0.0',
            'author': 'tradegraph',
            'description': 'Change of the MACD histogram from bar to bar',
            'type': 'indicator',
            'parameters': PERIODS,
        }
