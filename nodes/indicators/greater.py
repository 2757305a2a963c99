from pipeline import Condition, Number, indicator


@indicator
def greater(x: Number, y: Number) -> Condition:
    """True while the first column is greater than the second.

    Warm-up: none. Missing: where either value is missing. Edges: equal is not greater. Source: a comparison of
    IEEE 754 doubles.
    """
    return x > y
