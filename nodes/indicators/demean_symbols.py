from pipeline import Number, indicator


@indicator(scope="cross-section")
def demean_symbols(x: Number) -> Number:
    """The value less the mean of all symbols of the same bar: what is left without the market.

    Warm-up: none. Missing: where the value is missing; a symbol without value on a bar does not count there.
    Units: those of the input. Edges: a symbol that is alone on its bar has 0. Source: the cross-sectional mean.
    """
    return x - x.mean().over("ts")
