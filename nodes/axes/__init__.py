"""Axis nodes: slower bars out of faster ones, columns brought to other rows, parts of a panel. One file each."""
