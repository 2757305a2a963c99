from pipeline import Condition, indicator


@indicator
def all_of(first: Condition, second: Condition, third: Condition = None) -> Condition:
    """True while every wired condition is true.

    Warm-up: none. Missing: one false condition makes it false whatever the unknown ones are, else one unknown
    makes it unknown (Kleene's logic, as in SQL). Source: Kleene, Introduction to Metamathematics (1952), strong
    three-valued and.
    """
    both = first & second
    return both if third is None else both & third
