"""``pandas.api.extensions``: accessors of libraries."""

from pipeline.frame.library.extension import (
    register_dataframe_accessor,
    register_index_accessor,
    register_series_accessor,
)

__all__ = ["register_dataframe_accessor", "register_index_accessor", "register_series_accessor"]
