"""The pandas compatibility adapter: stands in for ``import pandas as pd`` in plugins, on polars and numpy.

Nouns: Series, DataFrame, Index (labels), Values (one column with a numpy and a polars face), Window, Decay,
Gap (something of pandas that is not here). The engine makes frames with ``DataFrame.from_columns`` and reads
columns with ``Series.to_polars``. May import pipeline.model and pipeline.errors, never pandas.
"""

from typing import Any

import numpy as np  # noqa: F401 - pandas 1 offered it under this name

from pipeline.frame import api
from pipeline.frame.frame import DataFrame
from pipeline.frame.gaps import (
    AdapterGap,
    Gap,
    MissingName,
    UnsupportedCall,
    missing_name,
    recorded_gaps,
    recorded_spellings,
)
from pipeline.frame.index import DatetimeIndex, Index, RangeIndex
from pipeline.frame.joining import concat, merge
from pipeline.frame.moment import NA, NaT, Timedelta, Timestamp
from pipeline.frame.presence import isna, notna
from pipeline.frame.series import Series
from pipeline.frame.timeline import date_range, to_datetime, to_numeric, to_timedelta

__all__ = [
    "AdapterGap",
    "DataFrame",
    "DatetimeIndex",
    "Gap",
    "Index",
    "MissingName",
    "NA",
    "NaT",
    "RangeIndex",
    "Series",
    "Timedelta",
    "Timestamp",
    "UnsupportedCall",
    "api",
    "concat",
    "date_range",
    "isna",
    "isnull",
    "merge",
    "notna",
    "notnull",
    "recorded_gaps",
    "recorded_spellings",
    "to_datetime",
    "to_numeric",
    "to_timedelta",
]

isnull = isna
notnull = notna


def __getattr__(name: str) -> Any:
    raise missing_name("pandas", name, "module")
