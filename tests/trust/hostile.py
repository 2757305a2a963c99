"""Hostile plugins: what each does, when it is loaded or when it is called, and what has to come of it.

A case is code that stands in the method `calculate`, or at the top of the file, of an otherwise harmless indicator. It
gets `data` and `HARM`, a folder of the user's that it must not see. What it leads to is a code, and words of the
reason. `limit` is the node's timeout in seconds; cases that need one take so long.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

__all__ = ["AT_CALL", "AT_IMPORT", "Case", "plugin"]

TEMPLATE = '''
import ctypes, fcntl, json, mmap, os, pickle, resource, signal, socket, stat, struct, subprocess, sys, threading, time
import numpy as np
import pandas as pd
from ..strategy_plugin_system import IndicatorPlugin

HARM = {harm!r}


def descriptors(kind):
    """The descriptors of this process that are of a kind: those between worker and host among them."""
    found = []
    for fd in range(3, 64):
        try:
            if kind(os.fstat(fd).st_mode):
                found.append(fd)
        except OSError:
            pass
    return found


def written():
    """Those of the files between worker and host that it may write into."""
    return [fd for fd in descriptors(stat.S_ISREG) if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE]


def talk(text):
    """Say something to the host, as often as this is called."""
    told = json.dumps(text).encode() if not isinstance(text, bytes) else text
    for fd in descriptors(stat.S_ISSOCK):
        with socket.socket(fileno=os.dup(fd)) as end:
            end.settimeout(None)
            end.sendall(struct.pack('<I', len(told)) + told)

{at_import}


class Evil(IndicatorPlugin):
    def calculate(self, data, **kwargs):
{at_call}
        return data['close']

    def get_metadata(self):
        return {{'id': 'evil', 'name': 'Evil', 'version': '1.0.0', 'author': 'Nobody', 'description': 'It does harm.',
                'type': 'indicator', 'outputs': ['value']}}
'''


@dataclass(frozen=True)
class Case:
    """Code, the codes that it may lead to ("" where nothing fails), words of the reason, a limit in seconds.

    A heavy one takes a second or more. `at_import` is what it does beforehand, when it is loaded.
    """

    code: str
    leads_to: tuple[str, ...]
    says: str = ""
    limit: float = 30.0
    heavy: bool = False
    at_import: str = ""


def plugin(harm: str, *, at_import: str = "", at_call: str = "") -> str:
    """The text of a plugin file."""
    body = textwrap.indent(textwrap.dedent(at_call).strip("\n") or "pass", " " * 8)
    return TEMPLATE.format(harm=harm, at_import=textwrap.dedent(at_import), at_call=body)


HANG_IN_C = """
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    ctypes.PyDLL(None).sleep(1000)
"""
SWALLOW = """
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
FORGE = """
    import json, struct
    told = json.dumps({answer}).encode()
    for fd in descriptors(stat.S_ISSOCK):
        os.write(fd, struct.pack('<I', len(told)) + told)
    time.sleep(1000)
"""

AT_CALL: dict[str, Case] = {
    # time
    "an endless loop": Case("while True: pass", ("TG505",), "its timeout of 0.3 s", 0.3),
    "a loop that swallows everything": Case(SWALLOW, ("TG505",), "its timeout", 0.3),
    "a hang in C, deaf to signals": Case(HANG_IN_C, ("TG505",), "its timeout", 0.3),
    "a worker that stops itself": Case("os.kill(os.getpid(), signal.SIGSTOP)", ("TG505",), "", 0.3),
    # its own end
    "sys.exit": Case("sys.exit(3)", ("TG501",), "SystemExit: 3"),
    "os._exit": Case("os._exit(0)", ("TG506",), "ended with status 0"),
    "a Ctrl-C of its own": Case("raise KeyboardInterrupt", ("TG501",), "KeyboardInterrupt"),
    "a segmentation fault": Case("ctypes.string_at(0)", ("TG506",), "SIGSEGV"),
    "an abort": Case("os.abort()", ("TG506",), "SIGABRT"),
    "a signal to itself": Case("os.kill(os.getpid(), signal.SIGKILL)", ("TG506",), "SIGKILL"),
    "a thread that ends it later": Case("threading.Timer(0.05, os._exit, [1]).start()", ("",)),
    # too much
    "more memory than there is": Case("bytearray(1 << 42)", ("TG417",), "MemoryError"),
    "memory bit by bit": Case(
        "held = [bytearray(b'x' * 10_000_000) for _ in range(1_000)]", ("TG417",), "took more than", heavy=True
    ),
    "memory that no limit counts": Case(
        "held = mmap.mmap(-1, 1 << 32)\nfor at in range(0, 1 << 32, 4096): held[at] = 1", ("TG417",), "MB of memory"
    ),
    "memory in the files that it was given": Case(
        "for fd in descriptors(stat.S_ISREG):\n"
        "    for at in range(4_000):\n"
        "        try: os.pwrite(fd, b'x' * 1_000_000, at * 1_000_000)\n"
        "        except OSError: break",
        ("TG417",),
        "MB of memory",
    ),
    "a disk full of kernels": Case(
        """
        import gc
        from pipeline.plugins.workers.worker import _Worker
        folder = next(thing for thing in gc.get_objects() if isinstance(thing, _Worker))._kernels._folder
        for n in range(10_000):
            with open(f'{folder}/{n}', 'wb') as file:
                file.write(b'x' * 1_000_000)
        """,
        ("TG417",),
        "files of disk",
        heavy=True,
    ),
    "thousands of kernels": Case(
        """
        import gc
        from pipeline.plugins.workers.worker import _Worker
        folder = next(thing for thing in gc.get_objects() if isinstance(thing, _Worker))._kernels._folder
        for n in range(1_000_000):
            open(f'{folder}/{n}', 'wb').close()
        """,
        ("TG417",),
        "files of disk",
    ),
    "memory of polars": Case(
        "import polars as pl\npl.select(pl.int_range(0, 2_000_000_000, eager=False).cast(pl.Float64)).sum()",
        ("TG417", "TG501"),
    ),
    "thousands of threads": Case(
        "for _ in range(100_000): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        ("TG417",),
        "thread",
    ),
    "threads with small stacks": Case(
        "threading.stack_size(32768)\n"
        "for _ in range(100_000): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        ("TG417",),
        "more than 64 threads",
    ),
    "thousands of processes": Case("for _ in range(10_000): os.fork()", ("TG418",), "PermissionError"),
    "a bomb in a shell": Case("subprocess.run(['sh', '-c', ':(){ :|:& };:'])", ("TG418",), "PermissionError"),
    "100 MB of prints": Case(
        "for _ in range(1_000): print('x' * 100_000)\nraise ValueError('done')", ("TG501",), "ValueError: done"
    ),
    "100 MB past Python": Case(
        "for _ in range(1_000): os.write(1, b'x' * 100_000)\nraise ValueError('done')",
        ("TG501",),
        "ValueError: done",
        heavy=True,
    ),
    "thousands of open files": Case("held = [open('/dev/null') for _ in range(10_000)]", ("TG501",), "Too many open"),
    "a file of a petabyte": Case("for fd in written(): os.ftruncate(fd, 1 << 50)", ("TG501",), "File too large"),
    "a message of 10 MB": Case("raise ValueError('x' * 10_000_000)", ("TG501",), "ValueError: xxx"),
    "a log of thousands of lines": Case(
        "import logging\n"
        "for n in range(3_000): logging.getLogger('tradegraph.plugin').error('line %d', n)\n"
        "raise ValueError('done')",
        ("TG501",),
        "done",
    ),
    # the channel
    "closed descriptors": Case("os.closerange(3, 256)", ("TG506",)),
    "noise in all descriptors": Case(
        "for fd in descriptors(lambda mode: True): os.write(fd, b'\\xff' * 64)\ntime.sleep(1000)", ("TG506",)
    ),
    "a forged answer to another order": Case(
        FORGE.format(answer="{'number': 10**6, 'done': {}}"), ("TG506",), "no answer"
    ),
    "a forged answer without end": Case(FORGE.format(answer="'[' * 100_000"), ("TG506",)),
    "a forged answer of huge numbers": Case(
        FORGE.format(answer="{'number': 10**4000, 'done': None}"), ("TG506",), "no answer"
    ),
    "a forged answer that nests": Case(
        FORGE.format(answer="{'number': __import__('functools').reduce(lambda x, _: [x], range(400), 0)}"), ("TG506",)
    ),
    "a forged answer beyond all numbers": Case(
        FORGE.format(answer="{'number': 1, 'done': {'tables': {}, 'raised': None, 'times': [10**4000, 0, 0]}}"),
        ("TG506",),
    ),
    "a forged sign of life": Case(FORGE.format(answer="{'begun': True}"), ("TG506",), "no answer"),
    "a pickle in the place of a frame": Case(
        """
        class Bomb:
            def __reduce__(self):
                return os.system, ('touch ' + HARM + '/pickled',)
        told = pickle.dumps(Bomb())
        for fd in descriptors(stat.S_ISSOCK):
            os.write(fd, len(told).to_bytes(4, 'little') + told)
        time.sleep(1000)
        """,
        ("TG506",),
    ),
    "columns that are too long": Case(
        "from pipeline.plugins.workers import worker\n"
        "plain = worker.write_columns\n"
        "worker.write_columns = lambda pages, columns, pieces: plain(pages, [*columns, *columns], pieces)",
        ("TG502",),
        "something else than its outputs",
    ),
    "columns that are not there": Case(
        "from pipeline.plugins.workers import worker\nworker.write_columns = lambda pages, columns, pieces: 0",
        ("TG502",),
        "something else than its outputs",
    ),
    "memory that is taken away from under the host": Case(
        "for fd in written():\n    os.ftruncate(fd, 4096)\n    os.ftruncate(fd, 0)", ("TG418",), "not permitted"
    ),
    "inputs that are changed for the next call": Case(
        "view = data['close'].to_numpy()\nctypes.memset(view.__array_interface__['data'][0], 0, 8)",
        ("TG506",),
        "SIGSEGV",
    ),
    "log lines without end": Case(
        "while True: talk({'log': [40, 'tradegraph.plugin', 'x']})", ("TG505",), "its timeout of 0.5 s", 0.5
    ),
    "a log line of megabytes": Case(
        "talk({'log': [40, 'tradegraph.plugin', 'x' * 3_000_000]})\nraise ValueError('done')", ("TG501",), "done"
    ),
    "memory behind log lines without end": Case(
        """
        held = mmap.mmap(-1, 1 << 32)
        for at in range(0, 1 << 32, 4096):
            held[at] = 1
            if not at % (1 << 16):
                talk({'log': [40, 'tradegraph.plugin', 'x']})
        """,
        ("TG417",),
        "MB of memory",
    ),
    "an answer byte by byte": Case(
        "for fd in descriptors(stat.S_ISSOCK):\n"
        "    os.write(fd, b'\\0\\0\\1\\0')\n"
        "    while True:\n"
        "        os.write(fd, b' ')\n"
        "        time.sleep(0.001)",
        ("TG505",),
        "its timeout of 0.5 s",
        0.5,
    ),
    "a time that never begins": Case(
        "while True: pass",
        ("TG505",),
        "its timeout of 0.5 s",
        0.5,
        at_import="""
        import gc
        from pipeline.plugins.workers.worker import _Worker
        next(thing for thing in gc.get_objects() if isinstance(thing, _Worker))._caller._begun = lambda: None
        """,
    ),
    "a time that begins late": Case(
        FORGE.format(answer="{'begun': True}").replace("import json", "time.sleep(0.4)\n    import json"),
        ("TG505",),
        "its timeout of 0.5 s",
        0.5,
        at_import="""
        import gc
        from pipeline.plugins.workers.worker import _Worker
        next(thing for thing in gc.get_objects() if isinstance(thing, _Worker))._caller._begun = lambda: None
        """,
    ),
    "a link to a file of the user": Case(
        "os.symlink(HARM + '/secret', '/tmp/tradegraph-link')", ("TG418",), "PermissionError"
    ),
    # tricks with Python
    "patched builtins": Case(
        "import builtins\nbuiltins.len = lambda x: 0\nbuiltins.isinstance = lambda *a: True",
        ("TG501", "TG502", "TG506"),
    ),
    "patched libraries": Case(
        "np.asarray = np.array = np.isnan = lambda *a, **k: 1 / 0\n"
        "import polars as pl\npl.Series = pl.DataFrame = None\nraise ValueError('patched')",
        ("TG501",),
    ),
    "an object that is no series": Case(
        "class Bomb:\n    def __reduce__(self): return os.system, ('touch ' + HARM + '/pickled',)\nreturn Bomb()",
        ("TG502",),
        "Bomb",
    ),
    "fewer rows": Case("return data['close'].iloc[:3]", ("TG501", "TG502")),
    "texts": Case("return data['close'].astype(str)", ("TG502",), "numbers"),
    "a message that takes over the terminal": Case(
        "raise ValueError('\\x1b[2J\\x1b]0;owned\\x07\\u202e\\ud800')", ("TG501",), "\\x1b[2J"
    ),
    # other people's things
    "a file of the user": Case("open(HARM + '/secret').read()", ("TG418",), "Permission denied"),
    "a list of the user's files": Case("os.listdir(HARM)", ("TG418",), "Permission denied"),
    "writing a file": Case("open(HARM + '/written', 'w').write('x')", ("TG418",), "Permission denied"),
    "removing a file": Case("os.remove(HARM + '/secret')", ("TG418",), "Permission denied"),
    "changing rights": Case("os.chmod(HARM + '/secret', 0)", ("TG418",), "not permitted"),
    "the parent's environment": Case("open(f'/proc/{os.getppid()}/environ').read()", ("TG418",), "Permission denied"),
    "a secret in the environment": Case("os.environ['TRADEGRAPH_TEST_SECRET']", ("TG501",), "KeyError"),
    "the network": Case("socket.create_connection(('127.0.0.1', 9))", ("TG418",), "not permitted"),
    "the parent's end": Case("os.kill(os.getppid(), signal.SIGKILL)", ("TG418",), "SIGSYS"),
    "everybody's end": Case("os.kill(-1, signal.SIGKILL)", ("TG418",), "SIGSYS"),
    "the end of its group": Case("os.killpg(0, signal.SIGKILL)", ("TG418",), "SIGSYS"),
    "the parent's memory": Case("ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)", ("TG418",), "SIGSYS"),
    "another program": Case("os.execv('/bin/true', ['true'])", ("TG418",), "PermissionError"),
    "a namespace of its own": Case("ctypes.CDLL(None).unshare(0x10000000)", ("TG418",), "SIGSYS"),
    "a higher limit": Case("resource.prlimit(0, resource.RLIMIT_NOFILE, (9, 9))", ("TG418",), "PermissionError"),
}

AT_IMPORT: dict[str, Case] = {
    "an endless loop": Case("while True: pass", ("TG505",), "to be loaded", 1.0),
    "a hang in C, deaf to signals": Case(textwrap.dedent(HANG_IN_C), ("TG505",), "to be loaded", 1.0),
    "os._exit": Case("os._exit(0)", ("TG506",), "ended with status 0"),
    "sys.exit": Case("sys.exit(3)", ("TG406",), "SystemExit: 3"),
    "a Ctrl-C of its own": Case("raise KeyboardInterrupt", ("TG501", "TG406"), "KeyboardInterrupt"),
    "a segmentation fault": Case("ctypes.string_at(0)", ("TG506",), "SIGSEGV"),
    "more memory than there is": Case("bytearray(1 << 42)", ("TG417",), "MemoryError"),
    "thousands of threads": Case(
        "for _ in range(100_000): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        ("TG417",),
        "thread",
    ),
    "a process": Case("os.fork()", ("TG418",), "PermissionError"),
    "the parent's end": Case("os.kill(os.getppid(), signal.SIGKILL)", ("TG418",), "SIGSYS"),
    "a file of the user": Case("open(HARM + '/secret').read()", ("TG418",), "Permission denied"),
    "writing a file": Case("open(HARM + '/written', 'w')", ("TG418",), "Permission denied"),
    "the network": Case("socket.create_connection(('127.0.0.1', 9))", ("TG418",), "not permitted"),
    "closed descriptors": Case("os.closerange(3, 256)", ("TG506",)),
    "a forged description": Case(
        """
        import json
        for fd in descriptors(stat.S_ISSOCK):
            forged = {'types': [{'id': '../x'}], 'plugins': []}
            for answer in ({'number': 0, 'done': {}}, {'number': 1, 'done': forged}):
                told = json.dumps(answer).encode()
                os.write(fd, len(told).to_bytes(4, 'little') + told)
        """,
        ("TG406", "TG506"),
    ),
    "a name that takes over the terminal": Case(
        "class Odd(IndicatorPlugin):\n"
        "    def calculate(self, data, **kwargs): return data['close']\n"
        "    def get_metadata(self):\n"
        "        return {'id': 'odd', 'name': '\\x1b[2J', 'version': '1', 'author': '', 'description': '',\n"
        "                'type': 'indicator', 'outputs': ['value']}",
        ("TG403",),
        "cannot be shown",
    ),
    "an id that leads elsewhere": Case(
        "class Odd(IndicatorPlugin):\n"
        "    def calculate(self, data, **kwargs): return data['close']\n"
        "    def get_metadata(self):\n"
        "        return {'id': '../../x', 'name': 'x', 'version': '1', 'author': '', 'description': '',\n"
        "                'type': 'indicator', 'outputs': ['value']}",
        ("TG403",),
        "is not lower case",
    ),
}
