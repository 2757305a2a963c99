"""Rows in groups: ``groupby`` of equal keys, ``resample`` of periods of time."""
