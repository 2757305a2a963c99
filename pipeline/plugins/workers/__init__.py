"""Workers: processes in which foreign code is run, shut in, and ended when it takes too long or too much.

A `forkserver` (`forkserver_main` is its process) starts them, `setup` tells one what it is for, `confine` shuts it in,
and a `worker` serves its `host` over a `channel` until a `lifeline` ends both. `process` is a worker as its host sees
it; `answer`, `tables` and `hearing` check what it says as if a stranger had said it.
"""
