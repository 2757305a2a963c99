"""Volume as an indicator: on-balance volume, Chaikin's money flow, and volume against its usual level."""

from typing import Any, Dict

import numpy as np
import pandas as pd

from ..strategy_plugin_system import IndicatorPlugin


class VolumeFlow(IndicatorPlugin):
    """Is there volume behind the moves?"""

    def __init__(self, period: int = 20, **kwargs):
        self.period = period

    def calculate(self, data: pd.DataFrame, **kwargs) -> pd.DataFrame:
        close, volume = data['close'], data['volume']
        obv = (np.sign(close.diff()).fillna(0.0) * volume).cumsum()

        reach = data['high'] - data['low']
        # where in its range a bar closes: -1 at the low, 1 at the high, 0 for a bar without range
        place = ((close - data['low']) - (data['high'] - close)) / reach.where(reach > 0)
        traded = volume.rolling(window=self.period).sum()
        money_flow = (place.fillna(0.0) * volume).rolling(window=self.period).sum() / traded.where(traded > 0)
        usual = volume.rolling(window=self.period).mean()

        return pd.DataFrame({'obv': obv, 'money_flow': money_flow, 'volume_ratio': volume / usual.where(usual > 0)})

    def get_metadata(self) -> Dict[str, Any]:
        return {
            'id': 'volume_flow',
            'name': 'Volume Flow',
            'version': '1.0.0',
            'author': 'tradegraph',
            'description': "On-balance volume, Chaikin's money flow (-1 to 1), and volume as a multiple of its mean",
            'type': 'indicator',
            'outputs': ['obv', 'money_flow', 'volume_ratio'],
            'parameters': {
                'period': {'type': 'int', 'default': 20, 'min': 1, 'max': 500, 'description': 'Window, in bars'},
            },
        }

    def validate_data(self, data: pd.DataFrame) -> bool:
        return all(column in data.columns for column in ('high', 'low', 'close', 'volume'))
