from pipeline import Condition, indicator


@indicator
def negate(condition: Condition) -> Condition:
    """True while the condition is false.

    Warm-up: none. Missing: where the condition is missing: the opposite of unknown is unknown. Source: Kleene,
    Introduction to Metamathematics (1952), three-valued not.
    """
    return ~condition
