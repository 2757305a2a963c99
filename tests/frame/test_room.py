"""The room as a whole: its public names, its files, and no pandas anywhere."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import pipeline.frame
from pipeline.frame.library.pandas_names import pandas_names

ROOM = Path(pipeline.frame.__file__).parent
CHECKOUT = ROOM.parents[1]
MODULES = [
    "pipeline.frame",
    "pipeline.frame.api",
    *(found.name for found in pkgutil.walk_packages(pipeline.frame.__path__, "pipeline.frame.") if not found.ispkg),
]


@pytest.mark.parametrize("name", MODULES)
def test_public_names_exist_and_are_sorted(name: str) -> None:
    module = import_module(name)
    assert list(module.__all__) == sorted(set(module.__all__))
    assert all(hasattr(module, public) for public in module.__all__)
    assert module.__doc__


def test_the_names_that_are_listed_are_the_names_that_are_public() -> None:
    used = {"Any", "missing_name"}
    modules = {"api", "core", "errors", "offsets", "testing", "tseries", "util"}
    public = {
        name
        for name, item in vars(pipeline.frame).items()
        if not name.startswith("_") and (name in modules or not isinstance(item, ModuleType))
    }
    assert public - used == set(pipeline.frame.__all__)


def test_every_public_name_but_our_own_is_one_of_pandas() -> None:
    ours = {"AdapterGap", "Gap", "MissingName", "UnsupportedCall", "recorded_gaps", "recorded_spellings"}
    assert set(pipeline.frame.__all__) - ours <= pandas_names()["module"]


def test_no_file_hides_a_second_noun() -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in ROOM.rglob("*.py")}
    assert max(lengths.values()) <= 400, lengths


def test_the_adapter_works_where_pandas_cannot_be_imported() -> None:
    code = f"""
import sys
sys.modules["pandas"] = None
from importlib import import_module
for name in {MODULES!r}:
    import_module(name)
import pipeline.frame as pd
df = pd.DataFrame({{"close": [1.0, 2.0, 4.0], "side": ["a", None, "b"]}}, index=pd.date_range("2023-01-01", periods=3))
df["sma"] = df["close"].rolling(2).mean()
df.loc[df["close"] > 1, "signal"] = 1
df["ema"] = df["close"].ewm(span=3).mean()
print(df, df.groupby("side")["close"].sum(), pd.concat([df, df]).dropna(), df.isna().sum())
assert not [name for name in sys.modules if name.split(".")[0] == "pandas" and sys.modules[name] is not None]
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
