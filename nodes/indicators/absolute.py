from pipeline import Number, SameKind, indicator


@indicator
def absolute(x: Number) -> SameKind:
    """The value without its sign.

    Warm-up: none. Missing: where the value is missing. Units: those of the input.
    """
    return x.abs()
