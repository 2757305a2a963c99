"""The modules of pandas that libraries import from: ``pandas.core.series``, ``pandas.tseries.offsets`` and so on.

They are made from what the room has; a name that is missing there is a recorded gap.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from pipeline.frame import api, testing
from pipeline.frame.columns.presence import isna, notna
from pipeline.frame.dataframe.frame import DataFrame
from pipeline.frame.groups.columns import FrameGroups, SeriesGroups
from pipeline.frame.groups.grouped import Grouper
from pipeline.frame.groups.resampling import Resampler
from pipeline.frame.index.index import DatetimeIndex, Index, RangeIndex, TimedeltaIndex
from pipeline.frame.index.multi_index import MultiIndex
from pipeline.frame.library import extension
from pipeline.frame.library.error_types import ERRORS
from pipeline.frame.library.gaps import missing_name
from pipeline.frame.series.series import Series
from pipeline.frame.time import offset
from pipeline.frame.windows.decaying import ExponentialMovingWindow
from pipeline.frame.windows.windows import Expanding, Rolling

__all__ = ["core", "errors", "tseries", "util"]


class _Names(ModuleType):
    """A module of pandas by its names; each name may stand for a module below it."""

    def __init__(self, name: str, **names: Any) -> None:
        super().__init__(name)
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise missing_name(self.__name__, name, "module")


errors = _Names("pandas.errors", **ERRORS)
indexers = _Names("pandas.core.indexers", objects=api.indexers)
_indexes = {
    "base": _Names("pandas.core.indexes.base", Index=Index),
    "datetimes": _Names("pandas.core.indexes.datetimes", DatetimeIndex=DatetimeIndex),
    "timedeltas": _Names("pandas.core.indexes.timedeltas", TimedeltaIndex=TimedeltaIndex),
    "multi": _Names("pandas.core.indexes.multi", MultiIndex=MultiIndex),
    "range": _Names("pandas.core.indexes.range", RangeIndex=RangeIndex),
    "api": _Names("pandas.core.indexes.api", Index=Index, DatetimeIndex=DatetimeIndex, MultiIndex=MultiIndex),
}
_groupby = {
    "generic": _Names("pandas.core.groupby.generic", DataFrameGroupBy=FrameGroups, SeriesGroupBy=SeriesGroups),
    "grouper": _Names("pandas.core.groupby.grouper", Grouper=Grouper),
    "DataFrameGroupBy": FrameGroups,
    "SeriesGroupBy": SeriesGroups,
}
_windows = {"Rolling": Rolling, "Expanding": Expanding, "ExponentialMovingWindow": ExponentialMovingWindow}
core = _Names(
    "pandas.core",
    series=_Names("pandas.core.series", Series=Series),
    frame=_Names("pandas.core.frame", DataFrame=DataFrame, Series=Series),
    generic=_Names("pandas.core.generic", NDFrame=(Series, DataFrame)),
    base=_Names("pandas.core.base", PandasObject=extension.PandasObject, NoNewAttributesMixin=extension.PandasObject),
    api=_Names("pandas.core.api", Series=Series, DataFrame=DataFrame, Index=Index),
    indexes=_Names("pandas.core.indexes", **_indexes),
    indexers=indexers,
    groupby=_Names("pandas.core.groupby", **_groupby),
    window=_Names("pandas.core.window", rolling=_Names("pandas.core.window.rolling", **_windows), **_windows),
    resample=_Names("pandas.core.resample", Resampler=Resampler),
    dtypes=_Names(
        "pandas.core.dtypes",
        common=api.types,
        missing=_Names("pandas.core.dtypes.missing", isna=isna, notna=notna, isnull=isna, notnull=notna),
    ),
    accessor=_Names("pandas.core.accessor", **{name: getattr(extension, name) for name in extension.__all__}),
)
tseries = _Names(
    "pandas.tseries",
    offsets=offset,
    frequencies=_Names("pandas.tseries.frequencies", to_offset=offset.to_offset),
)
util = _Names("pandas.util", testing=testing)
