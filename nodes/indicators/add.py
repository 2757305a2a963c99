from pipeline import Number, SameKind, indicator


@indicator
def add(x: Number, y: Number) -> SameKind:
    """The sum of two columns.

    Warm-up: none. Missing: where either value is missing. Units: those of `x`. Source: arithmetic; TA-Lib ADD.
    """
    return x + y
