"""Plain functions on the float64 array of one symbol, shared by kernel nodes.

They are numba-nopython code without numba: the engine compiles them together with the node that calls
them, and tests may call them as they are. None of them keeps state or writes into its input.
"""
