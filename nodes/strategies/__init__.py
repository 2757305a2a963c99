"""Strategies: events, signals and target weights. One file declares one node type; see the docstring of `nodes`."""
