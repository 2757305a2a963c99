"""Plugins: files that declare node types, the shipped ones and the user's, on one road.

`source` reads files and digests code with all it uses, `load` runs the digested bytes, `contract`
holds the plugin guide's abstract classes, `guide` makes node types of such plugins, `find` says which
files count, `manifest` which of them ship, `discover` builds the registry. `host` has calls made in a
`worker` process that can be killed; they talk over a `channel` and end together by a `lifeline`. A stranger
to `store`, `market` and `report`.
"""
