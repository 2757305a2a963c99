"""Indicators: columns in, columns out. One file declares one node type; see the docstring of `nodes`."""
