import numpy as np

from pipeline import Condition, indicator


@indicator(style="kernel", recursive=True)
def latch(set: Condition, reset: Condition) -> Condition:  # noqa: A002 - the port's name in YAML
    """True from the bar where `set` is true to the bar before `reset` is: a switch that stays where it was put.

    Where both are true `reset` wins. Warm-up: none, it begins false. Missing: an unknown condition is not true, the
    result is never missing. Edges: the state depends on all bars before. Source: the set-reset latch.
    """
    out = np.zeros(len(set))
    on = False
    for i in range(len(set)):
        if reset[i] == 1.0:
            on = False
        elif set[i] == 1.0:
            on = True
        out[i] = 1.0 if on else 0.0
    return out
