"""Plugins: files that declare node types, the shipped ones and the user's, on one road.

`source` reads files and digests code with all it uses, `load` runs the digested bytes, `find` and `entry` say which
files count, `manifest` which of them ship, `discover` builds the registry, and a `system` keeps that of a project as
it is now: reloaded, told to the `log` and to a `monitor`.

Plugins of the guide's kind: `contract` holds its abstract classes, `guide` reads what a file declares (`metadata`,
`parameter`, `keyword`), `guide_node` makes a node type of it, `instance` an object for Python, `trade` back-tests one.
`requirement`, `order`, `sign`, `admit` and `examine` say whether it is admitted. For authors: `template`, `install`,
`checkup`, `unit_test`, `profile`.

Foreign code runs in workers: a `forkserver` (`forkserver_main` is its process) starts them, `setup` tells one what it
is for, `confine` shuts it in, and a `worker` serves its `host` over a `channel` until a `lifeline` ends both; `process`
is a worker as its host sees it, `answer`, `tables`, `hearing` and `printable` what becomes of its words. `capture`
finds the files behind a plugin, `describe` and `reading` make node types of what a worker says of them, `trial` and
`apart` try such types, `here` loads one into this process after all. A stranger to `store`, `market` and `report`.
"""
