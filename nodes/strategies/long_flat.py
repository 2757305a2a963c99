import numpy as np

from pipeline import Condition, Event, strategy


@strategy(style="kernel", recursive=True)
def long_flat(enter: Condition, exit: Condition) -> Event:  # noqa: A002 - the port's name in YAML
    """Be long from the bar where `enter` holds to the bar where `exit` holds: +1 there, -1 there, else 0.

    A latch: it starts flat; while flat, `enter` without `exit` gives +1; while long, `exit` gives -1; where
    both hold, `exit` wins, so nothing is entered that would be left at once. While a condition stays true no
    further event is given. Warm-up: none. Missing: a missing condition does not hold, the event is never
    missing. Edges: the state depends on all bars before. Source: the set-reset latch, with events where it
    switches.
    """
    out = np.zeros(len(enter))
    long = False
    for i in range(len(enter)):
        leaving = exit[i] == 1.0
        if long and leaving:
            long = False
            out[i] = -1.0
        elif not long and not leaving and enter[i] == 1.0:
            long = True
            out[i] = 1.0
    return out
