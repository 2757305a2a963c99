from pipeline import Number, SameKind, indicator


@indicator
def absolute(x: Number) -> SameKind:
    """The value without its sign.

    Warm-up: none. Missing: where the value is missing. Units: those of the input. Source: arithmetic; fabs of
    C.
    """
    return x.abs()
