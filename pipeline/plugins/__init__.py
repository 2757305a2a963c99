"""Plugins: files that declare node types, the shipped ones and the user's, on one road.

`source` reads files and digests code with all it uses, `load` runs the digested bytes, `find` and `entry` say which
files count, `manifest` which of them ship, `discover` builds the registry, and a `system` keeps that of a project as
it is now: reloaded, told to the `log` and to a `monitor`.

Plugins of the guide's kind: `contract` holds its abstract classes, `guide` reads what a file declares (`metadata`,
`parameter`, `keyword`), `guide_node` makes a node type of it, `instance` an object for Python, `trade` back-tests one.
`requirement`, `order`, `sign`, `admit` and `examine` say whether it is admitted. For authors: `template`, `install`,
`checkup`, `unit_test`, `profile`.

`host` has calls made in a `worker` process that can be killed; they talk over a `channel` and end together by a
`lifeline`. A stranger to `store`, `market` and `report`.
"""
