"""Plugins: files that declare node types, the shipped ones and the user's, on one road.

`source` reads files and digests code with all it uses, `load` runs the digested bytes, `contract`
holds the plugin guide's abstract classes, `guide` makes node types of such plugins, `find` says which
files count, `manifest` which of them ship, `discover` builds the registry. A stranger to `store`, `market`
and `report`.
"""
