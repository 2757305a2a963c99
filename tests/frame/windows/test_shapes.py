"""Windows whose rows weigh differently have SciPy's shapes, and pandas' sums over them."""

from __future__ import annotations

import numpy as np
import pytest

import pipeline.frame as pd
from pipeline.frame.windows.shape import weights_of

# scipy.signal.get_window(name, 5, fftbins=False) of SciPy 1.17
SHAPES = {
    "triang": [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3],
    "hann": [0, 0.5, 1, 0.5, 0],
    "hamming": [0.08, 0.54, 1, 0.54, 0.08],
    "blackman": [0, 0.34, 1, 0.34, 0],
    "parzen": [0.016, 0.424, 1, 0.424, 0.016],
    "cosine": [0.30901699, 0.80901699, 1, 0.80901699, 0.30901699],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_are_those_of_scipy(shape: str) -> None:
    assert np.allclose(weights_of(shape, 5, {}), SHAPES[shape], atol=1e-8)


def test_a_bell_takes_its_width_and_says_when_it_is_not_given() -> None:
    assert np.allclose(weights_of("gaussian", 3, {"std": 1.0}), [np.exp(-0.5), 1.0, np.exp(-0.5)])
    with pytest.raises(ValueError, match="gaussian window requires std"):
        pd.Series([1.0, 2.0, 3.0]).rolling(3, win_type="gaussian").mean()


def test_means_and_spreads_count_the_rows_that_are_there() -> None:
    series = pd.Series([1.0, 2.0, 4.0, np.nan, 8.0])
    windows = series.rolling(3, win_type="triang", min_periods=2)
    # weights 1/2, 1, 1/2; the hole counts nothing
    assert np.allclose(windows.mean(), [np.nan, 4 / 3, 9 / 4, 10 / 3, 6.0], equal_nan=True)
    assert np.allclose(windows.sum(), [np.nan, 2.0, 4.5, 5.0, 6.0], equal_nan=True)
    centred = series.rolling(3, win_type="boxcar", center=True, min_periods=1)
    assert np.allclose(centred.std(), series.rolling(3, center=True, min_periods=1).std(), equal_nan=True)


def test_an_unknown_shape_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="Invalid win_type box"):
        pd.Series([1.0]).rolling(1, win_type="box").mean()
