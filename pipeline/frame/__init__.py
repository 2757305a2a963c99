"""The pandas compatibility adapter: stands in for ``import pandas as pd`` in plugins, on polars and numpy.

Nouns: Series, DataFrame, Index (labels), Values (one column with a numpy and a polars face), Window, Span, Decay,
Groups, Bins (periods of time), Gap (something of pandas that is not here). Each room below has one of them with its
kin; what plugins may name is here, in ``api`` and in ``testing``. The engine makes frames with
``DataFrame.from_columns`` and reads columns with ``Series.to_polars``. May import pipeline.model and pipeline.errors,
never pandas.
"""

from typing import Any

import numpy as np  # noqa: F401 - pandas 1 offered it under this name

from pipeline.frame import api, testing
from pipeline.frame.columns.presence import isna, notna
from pipeline.frame.columns.table_file import read_csv, read_feather, read_parquet, read_pickle, read_table
from pipeline.frame.dataframe.frame import DataFrame
from pipeline.frame.groups.grouped import Grouper
from pipeline.frame.index.category_index import CategoricalIndex
from pipeline.frame.index.index import DatetimeIndex, Index, RangeIndex, TimedeltaIndex
from pipeline.frame.index.interval import Interval, IntervalDtype
from pipeline.frame.index.interval_index import IntervalIndex, interval_range
from pipeline.frame.index.level_key import IndexSlice
from pipeline.frame.index.multi_index import MultiIndex
from pipeline.frame.index.period_index import PeriodIndex, period_range
from pipeline.frame.library.ancient import (
    ewma,
    ewmstd,
    ewmvar,
    rolling_apply,
    rolling_corr,
    rolling_count,
    rolling_cov,
    rolling_max,
    rolling_mean,
    rolling_median,
    rolling_min,
    rolling_quantile,
    rolling_std,
    rolling_sum,
    rolling_var,
)
from pipeline.frame.library.gaps import (
    AdapterGap,
    Gap,
    MissingName,
    UnsupportedCall,
    missing_name,
    recorded_gaps,
    recorded_spellings,
)
from pipeline.frame.library.namespace import core, errors, tseries, util
from pipeline.frame.library.option import get_option, option_context, options, reset_option, set_option
from pipeline.frame.library.toplevel import NamedAgg, eval, melt, pivot, pivot_table, to_pickle  # noqa: A004 - pandas' names
from pipeline.frame.reshape.asof import merge_asof, merge_ordered
from pipeline.frame.reshape.binning import cut, factorize, get_dummies, qcut, unique
from pipeline.frame.reshape.joining import concat
from pipeline.frame.reshape.merging import merge
from pipeline.frame.reshape.turning import crosstab
from pipeline.frame.series.categorical import Categorical
from pipeline.frame.series.series import Series
from pipeline.frame.time import offset as offsets
from pipeline.frame.time.moment import NA, NaT, Timedelta, Timestamp
from pipeline.frame.time.offset import DateOffset
from pipeline.frame.time.period import Period, PeriodDtype
from pipeline.frame.time.timeline import (
    bdate_range,
    date_range,
    infer_freq,
    timedelta_range,
    to_datetime,
    to_numeric,
    to_timedelta,
)
from pipeline.frame.values import casting  # noqa: F401 - teaches columns their types
from pipeline.frame.values.dtypes import (
    BooleanDtype,
    CategoricalDtype,
    DatetimeTZDtype,
    Float32Dtype,
    Float64Dtype,
    Int8Dtype,
    Int16Dtype,
    Int32Dtype,
    Int64Dtype,
    StringDtype,
    UInt8Dtype,
    UInt16Dtype,
    UInt32Dtype,
    UInt64Dtype,
)
from pipeline.frame.values.masked_array import array

__all__ = [
    "AdapterGap",
    "BooleanDtype",
    "Categorical",
    "CategoricalDtype",
    "CategoricalIndex",
    "DataFrame",
    "DateOffset",
    "DatetimeIndex",
    "DatetimeTZDtype",
    "Float32Dtype",
    "Float64Dtype",
    "Gap",
    "Grouper",
    "Index",
    "IndexSlice",
    "Int16Dtype",
    "Int32Dtype",
    "Int64Dtype",
    "Int8Dtype",
    "Interval",
    "IntervalDtype",
    "IntervalIndex",
    "MissingName",
    "MultiIndex",
    "NA",
    "NaT",
    "NamedAgg",
    "Period",
    "PeriodDtype",
    "PeriodIndex",
    "RangeIndex",
    "Series",
    "StringDtype",
    "Timedelta",
    "TimedeltaIndex",
    "Timestamp",
    "UInt16Dtype",
    "UInt32Dtype",
    "UInt64Dtype",
    "UInt8Dtype",
    "UnsupportedCall",
    "api",
    "array",
    "bdate_range",
    "concat",
    "core",
    "crosstab",
    "cut",
    "date_range",
    "errors",
    "eval",
    "ewma",
    "ewmstd",
    "ewmvar",
    "factorize",
    "get_dummies",
    "get_option",
    "infer_freq",
    "interval_range",
    "isna",
    "isnull",
    "melt",
    "merge",
    "merge_asof",
    "merge_ordered",
    "notna",
    "notnull",
    "offsets",
    "option_context",
    "options",
    "period_range",
    "pivot",
    "pivot_table",
    "qcut",
    "read_csv",
    "read_feather",
    "read_parquet",
    "read_pickle",
    "read_table",
    "recorded_gaps",
    "recorded_spellings",
    "reset_option",
    "rolling_apply",
    "rolling_corr",
    "rolling_count",
    "rolling_cov",
    "rolling_max",
    "rolling_mean",
    "rolling_median",
    "rolling_min",
    "rolling_quantile",
    "rolling_std",
    "rolling_sum",
    "rolling_var",
    "set_option",
    "testing",
    "timedelta_range",
    "to_datetime",
    "to_numeric",
    "to_pickle",
    "to_timedelta",
    "tseries",
    "unique",
    "util",
]

# what libraries compare with to tell pandas 2 and 3 from older ones
__version__ = "3.0.0"
isnull = isna
notnull = notna


def __getattr__(name: str) -> Any:
    raise missing_name("pandas", name, "module")
