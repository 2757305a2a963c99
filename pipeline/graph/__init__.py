"""From YAML text to a legal, frozen graph.

Nouns: an `Item` is YAML with positions (`markup`), a `GraphSpec` is what the author wrote (`spec`,
read by `read`), a `Graph` is what it means once every name, kind, axis and param is checked (`check`).
Every fault of a file is found in one pass. May import `frame`, `model`, `settings` and `errors`;
PyYAML and networkx live here and nowhere else.
"""
