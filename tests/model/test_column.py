"""A column has two faces: null in the engine, NaN in kernels."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.column import Column, polars_dtype

PROPERTY = settings(derandomize=True, max_examples=100, deadline=None, database=None)


@pytest.mark.parametrize(
    ("dtype", "polars", "values", "array"),
    [
        ("float", pl.Float64, [1.5, None, -2.0], [1.5, math.nan, -2.0]),
        ("event", pl.Int8, [1, None, -1, 0], [1.0, math.nan, -1.0, 0.0]),
        ("bool", pl.Boolean, [True, None, False], [1.0, math.nan, 0.0]),
    ],
)
def test_missing_is_null_on_one_face_and_nan_on_the_other(dtype, polars, values, array):
    series = pl.Series(values, dtype=polars)
    column = Column(dtype=dtype, series=series)
    np.testing.assert_array_equal(column.array, array)
    assert column.array.dtype == np.float64
    back = Column(dtype=dtype, array=np.array(array))
    assert back.series.dtype == polars == polars_dtype(dtype)
    assert back.series.to_list() == values


def test_no_nan_is_left_on_the_face_of_the_engine():
    series = Column(array=np.array([math.nan, 1.0, math.inf])).series
    assert series.null_count() == 1
    assert series.is_nan().sum() == 0
    assert series.to_list() == [None, 1.0, math.inf]


def test_a_face_is_made_once():
    column = Column(array=np.array([1.0, math.nan]))
    assert column.series is column.series
    other = Column(series=pl.Series([1.0, None]))
    assert other.array is other.array


def test_a_given_face_is_handed_out_as_it_is():
    array, series = np.array([1.0]), pl.Series([1.0])
    assert Column(array=array).array is array
    assert Column(series=series).series is series


@pytest.mark.parametrize("values", [[1.0, 2.0], [1.0, None], []])
def test_the_face_for_kernels_cannot_be_written(values):
    array = Column(series=pl.Series(values, dtype=pl.Float64)).array
    assert not array.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        array[:] = 0.0


def test_chunks_make_one_array():
    series = pl.concat([pl.Series([1.0, None]), pl.Series([3.0])], rechunk=False)
    assert series.n_chunks() == 2
    np.testing.assert_array_equal(Column(series=series).array, [1.0, math.nan, 3.0])


@pytest.mark.parametrize(("dtype", "width"), [("float", 8), ("event", 1), ("bool", 1)])
def test_a_column_knows_its_length_and_its_bytes(dtype, width):
    column = Column(dtype=dtype, array=np.zeros(5))
    assert len(column) == len(Column(dtype=dtype, series=pl.Series([0, 0, 0, 0, 0]))) == 5
    assert column.nbytes == 5 * width


@pytest.mark.parametrize("faces", [{}, {"array": np.zeros(1), "series": pl.Series([0.0])}])
def test_a_column_is_made_from_exactly_one_face(faces):
    with pytest.raises(ValueError, match="from an array or from a series"):
        Column(**faces)


@PROPERTY
@given(st.lists(st.none() | st.floats(allow_nan=False), max_size=8))
def test_values_survive_the_way_through_both_faces(values):
    there = Column(series=pl.Series(values, dtype=pl.Float64)).array
    assert Column(array=there).series.to_list() == values
