"""Graphs that compute: `run`, `batch`, `sweep`, `watch`, `backtest`; how they go on, and what they answer."""
