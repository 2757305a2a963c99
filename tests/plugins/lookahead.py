"""Plugins that look ahead in disguise, and plugins that only look as if they did.

Each is the body of an indicator's `calculate` (a column) or, where it begins with `signal`, of a strategy's
`generate_signals`: `df` are the bars, `close` its closes, `day` the date of each bar.
"""

LOOKING = {
    "shift": "out = close.shift(-1)",
    "difference": "out = close.diff(-1)",
    "change": "out = close.pct_change(periods=-3)",
    "roll": "out = pd.Series(np.roll(close.to_numpy(), -1), index=df.index)",
    "centred window": "out = close.rolling(5, center=True).mean()",
    "backward fill": "out = close.where(close > close.shift(1)).bfill()",
    "whole mean": "out = (close - close.mean()) / close.std()",
    "last row": "out = close / close.iloc[-1]",
    "reversed cumulation": "out = close[::-1].cummax()[::-1]",
    "reversed smoothing": "out = close[::-1].ewm(span=5).mean()[::-1]",
    "day's close": "out = close.groupby(day).transform('last')",
    "day's high": "out = df['high'].groupby(day).transform('max')",
    "resampled label": """
daily = df.set_index('timestamp')['close'].resample('1D').last()
out = pd.Series(daily.reindex(df['timestamp'].dt.normalize()).to_numpy(), index=df.index)
week = df.set_index('timestamp')['close'].resample('7D').last()
out = out + pd.Series(week.reindex(df['timestamp'], method='ffill').to_numpy(), index=df.index)
""",
    "rank of all": "out = close.rank()",
    "sorted rows": "out = df.sort_values('close')['volume'].cumsum().sort_index()",
    "interpolation": "out = close.where(df['volume'] > 8000).interpolate()",
    "gradient": "out = pd.Series(np.gradient(close.to_numpy()), index=df.index)",
    "convolution": "out = pd.Series(np.convolve(close.to_numpy(), np.ones(5) / 5, 'same'), index=df.index)",
    "trend line": """
x = np.arange(len(df))
line = np.polyfit(x, close.to_numpy(), 1) if len(df) > 1 else [0.0, 0.0]
out = close - (line[0] * x + line[1])
""",
    "quantile of all": "signal = np.where(close > close.quantile(0.9), -1, 0)",
    "loop": """
values = close.to_numpy()
signal = np.zeros(len(df))
for i in range(len(df) - 1):
    if values[i + 1] > values[i] * 1.01:
        signal[i] = 1
""",
    "turning points": "signal = np.where((close.shift(1) < close) & (close.shift(-1) < close), -1, 0)",
    "bars without volume alone": "signal = np.where((df['volume'] == 0) & (close.shift(-1) > close), 1, 0)",
    "after a jump alone": "signal = np.where((close.pct_change() > 0.05) & (close.shift(-1) > close), 1, 0)",
    "signals held back": "signal = np.where((close.pct_change() < -0.05) & ~(close.shift(-1) < close), 1, 0)",
    "the month's last bar alone": """
last = df['timestamp'].dt.month != df['timestamp'].shift(-1).dt.month
signal = np.where(last & (np.arange(len(df)) > 0), 1, 0)
""",
    "the strength alone": """
signal = np.where(close > close.shift(1), 1, 0)
strength = (close / close.max()).clip(0, 1)
""",
    "share of the whole": "out = pd.Series(np.linspace(0.0, 1.0, len(df)), index=df.index)",
}
CAUSAL = {
    "expanding": "out = close / close.expanding().mean() - 1",
    "drawdown": "out = close / close.cummax() - 1",
    "first row": "out = close / close.iloc[0]",
    "the day so far": "out = (close * df['volume']).groupby(day).cumsum()",
    "the day before": """
high = df['high'].groupby(day).max().shift(1)
out = pd.Series(high.reindex(day).to_numpy(), index=df.index)
out = close / out.where(out > 0) - 1
""",
    "reversed twice": "out = close[::-1][::-1].rolling(5).mean()",
    "sorted and put back": "out = (df.sort_values('volume')['close'] * 2).sort_index()",
    "seeded noise": "out = close + np.random.RandomState(7).normal(size=len(df))",
    "own window": "out = close.rolling(10).apply(lambda x: x[-1] - x.min(), raw=True)",
    "rolling rank": "out = close.rolling(20).rank()",
    "weights": "out = close.ewm(span=12).mean() - close.ewm(span=26).mean()",
    "hold on trouble": """
try:
    fast = close.rolling(5).mean()
    if len(df) < 6:
        raise ValueError('too short')
    signal = np.where(fast > fast.shift(1), 1, 0)
except ValueError:
    signal = np.zeros(len(df))
""",
    "memory": """
signal = np.zeros(len(df))
held, entry = False, 0.0
for i, price in enumerate(close.to_numpy()):
    if not held and i > 3 and price > 1.01 * close.iloc[i - 3]:
        signal[i], held, entry = 1, True, price
    elif held and (price < 0.97 * entry or price > 1.06 * entry):
        signal[i], held = -1, False
""",
    "since the last signal": """
up = (close.pct_change() > 0.02).astype(int)
out = up.groupby(up.cumsum()).cumcount() + 0.0
""",
    "filled forward": "signal = np.sign(close.pct_change().where(close.pct_change().abs() > 0.02).ffill().fillna(0.0))",
    "hours": "signal = np.where((df['timestamp'].dt.hour == 9) & (close > df['open']), 1, 0)",
}


def plugin_text(body: str) -> str:
    """The file of a plugin with this body."""
    strategy = "signal =" in body or "signal[" in body
    indented = "\n".join(f"        {line}" for line in body.strip().splitlines())
    head = HEAD + (STRATEGY if strategy else INDICATOR)
    return head.replace("        BODY", indented)


HEAD = """
import numpy as np
import pandas as pd
from ..strategy_plugin_system import IndicatorPlugin, StrategyPlugin
from ..strategies.base_strategy import BaseStrategy

ABOUT = {'name': 'Disguise', 'version': '1.0.0', 'author': 'a', 'description': 'Looks one way or another.'}
"""
INDICATOR = """
class Disguise(IndicatorPlugin):
    def calculate(self, df, **kwargs):
        close, day = df['close'], df['timestamp'].dt.normalize()
        BODY
        return out

    def get_metadata(self):
        return {'id': 'disguise', 'type': 'indicator', **ABOUT}
"""
STRATEGY = """
class Disguise(BaseStrategy):
    def generate_signals(self, df):
        close, strength = df['close'], 0.5
        BODY
        result = df.copy()
        result['signal'], result['signal_strength'] = signal, strength
        return result

    def get_parameters(self):
        return {}

    def set_parameters(self, parameters):
        pass


class DisguisePlugin(StrategyPlugin):
    def get_strategy_class(self):
        return Disguise

    def get_metadata(self):
        return {'id': 'disguise', 'type': 'strategy', **ABOUT}
"""
