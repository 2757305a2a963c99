"""The REST API: one project, served to programs and to a browser on this machine.

Nouns: `Access` is who may do what (a token, names of the server, read-only), a `Task` is long work that a process of
its own carries out while requests go on (`tasks`, `worker`), a `Problem` is an error as RFC 9457 has it, with the
codes of the command. One module per group of routes (`graphs`, `runs`, `values`, `nodes`, `plugins`, `sql`, `data`,
`system`), thin over `Engine`; their replies are pydantic models, so that OpenAPI says what comes. `app` puts all of it
together, `server` opens the socket.

fastapi, starlette and uvicorn live here and nowhere else, and are imported by `tradegraph serve` alone. Nothing of the
command is imported here: what both answer is made in the rooms below.
"""
