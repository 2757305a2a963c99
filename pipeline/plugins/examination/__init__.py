"""Examination: whether a plugin keeps its contract and looks ahead, on made-up bars.

`examine` judges one for admission, `trial` does so in a worker, `examined` knows the examples that ship. For authors,
`checkup` gathers everything that is found as `finding`s, `suspect` points at the line, `unit_test` and `profile` run a
plugin's own tests and time a call. `sample_bars` and `sample_call` make up what is called.
"""
