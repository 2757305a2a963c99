"""Plugins: files that declare node types, the shipped ones and the user's, on one road.

`source` reads files and digests code with all it uses, `load` runs the digested bytes, `find` and `entry` say which
files count, `manifest` which of them ship, `discover` builds the registry, and a `system` keeps that of a project as
it is now: reloaded, told to the `log` and to a `monitor`.

Plugins of the guide's kind: `contract` holds its abstract classes, `guide` reads what a file declares (`metadata`,
`parameter`, `keyword`), `guide_node` makes a node type of it, `instance` an object for Python, `trade` back-tests one.
`requirement`, `order`, `sign`, `admit` and the room `examination` say whether it is admitted; `lock` knows what came
from marketplaces, `audit` keeps the story of all. For authors: `template`, `install`, `switch`.

Foreign code runs in `workers`, which `confine` shuts in. `capture` finds the files behind a plugin, `describe` and
`reading` make node types of what a worker says of them, `apart` tries such types, `here` loads one into this process
after all. A stranger to `store`, `market` and `report`.
"""
