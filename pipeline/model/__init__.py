"""What things are: kinds, params, node types, bars, columns, digests, the registry.

Nothing here reads or writes a file, and nothing here imports another room but `errors`.
`kind`, `param` and `node` import the standard library alone, so that declaring a node costs nothing.
"""
