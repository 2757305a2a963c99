from pipeline import Number, indicator


@indicator
def multiply(x: Number, y: Number) -> Number:
    """The product of two columns.

    Warm-up: none. Missing: where either value is missing. Units: the product of both. Source: arithmetic;
    TA-Lib MULT.
    """
    return x * y
