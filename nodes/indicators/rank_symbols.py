from pipeline import Fraction, Number, indicator


@indicator(scope="cross-section")
def rank_symbols(x: Number) -> Fraction:
    """Where a symbol stands among all symbols of the same bar: 0 the smallest, 1 the largest.

    Warm-up: none. Missing: where the value is missing; a symbol without value on a bar does not count there.
    Units: a share. Edges: equals share the mean of their ranks; a symbol that is alone on its bar has 0.5. Source:
    average ranks less 1, over symbols less 1.
    """
    count = x.count().over("ts")
    rank = (x.rank() - 1.0).over("ts") / (count - 1)
    return rank.fill_nan(0.5)
