"""The laws that every node type must keep, and the certificates that say whether one does.

Nouns: a `Sample` is made-up market data for the ports of a node type (`sample`), a `Trial` runs a node over
samples (`trial`), a law gives the first `Breach` it finds (`law`, `edge`), `drift` measures how long a recursion
remembers where it began, and a `Certificate` is the verdict over one node type with certain params (`certify`).
May import `execution` and everything below it; knows nothing of files and databases.
"""
