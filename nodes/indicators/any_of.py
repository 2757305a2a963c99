from pipeline import Condition, indicator


@indicator
def any_of(first: Condition, second: Condition, third: Condition = None) -> Condition:
    """True while at least one wired condition is true.

    Warm-up: none. Missing: one true condition makes it true whatever the unknown ones are, else one unknown
    makes it unknown (Kleene's logic, as in SQL). Source: Kleene, Introduction to Metamathematics (1952), strong
    three-valued or.
    """
    either = first | second
    return either if third is None else either | third
