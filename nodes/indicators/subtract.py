from pipeline import Number, SameKind, indicator


@indicator
def subtract(x: Number, y: Number) -> SameKind:
    """The first column less the second.

    Warm-up: none. Missing: where either value is missing. Units: those of `x`, as a difference. Source:
    arithmetic; TA-Lib SUB.
    """
    return x - y
