"""What a process can do after it was shut in: its own work, and nothing to others."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.plugins.confine import Confinement, available
from pipeline.plugins.confine.seccomp import program
from pipeline.plugins.confine.syscalls import FILES, HOSTILE, REFUSED, UNKNOWN, WATCHED

CHECKOUT = Path(__file__).parents[2]

TRIALS = """
import ctypes, json, mmap, os, signal, socket, subprocess, sys, threading, zoneinfo
from pathlib import Path
from pipeline.plugins.confine import Bounds, Sight, confine

mine, kernels = Path(sys.argv[1]), Path(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)


def thread():
    heard = []
    other = threading.Thread(target=heard.append, args=(1,))
    other.start()
    other.join()
    return heard


def signal_by_descriptor():
    import fcntl
    end, _ = os.pipe()
    fcntl.fcntl(end, 8, os.getppid())


TRIALS = {
    "a thread": thread,
    "a library": lambda: __import__("sqlite3").sqlite_version,
    "a time zone": lambda: str(zoneinfo.ZoneInfo("Europe/Berlin")),
    "reading /dev/urandom": lambda: len(Path("/dev/urandom").open("rb").read(4)),
    "writing to /dev/null": lambda: Path("/dev/null").write_text("x"),
    "looking at a limit": lambda: __import__("resource").getrlimit(0),
    "a compiled kernel": lambda: (kernels / "driver").write_text("x"),
    "a crash of its own": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "a file of the user": lambda: (mine / "secret").read_text(),
    "a file of the system": lambda: Path("/etc/passwd").read_text(),
    "a list of a folder": lambda: os.listdir(mine),
    "writing a file": lambda: (mine / "new").write_text("x"),
    "changing a file": lambda: (mine / "secret").write_text("x"),
    "removing a file": lambda: (mine / "secret").unlink(),
    "renaming a file": lambda: (mine / "secret").rename(mine / "other"),
    "changing rights": lambda: (mine / "secret").chmod(0),
    "changing times": lambda: os.utime(mine / "secret", (0, 0)),
    "the parent's environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "a socket": socket.socket,
    "a socket of another family": lambda: socket.socket(socket.AF_UNIX),
    "a child": os.fork,
    "a program": lambda: subprocess.run(["true"]),
    "becoming a program": lambda: os.execv(sys.executable, [sys.executable]),
    "memory without a limit": lambda: os.memfd_create("x"),
    "raising a limit": lambda: __import__("resource").prlimit(0, 0, (9, 9)),
    "much memory": lambda: len(bytearray(300_000_000)),
    "a signal by a descriptor": signal_by_descriptor,
    "the parent's end": lambda: os.kill(os.getppid(), signal.SIGKILL),
    "a look whether the parent is there": lambda: os.kill(os.getppid(), 0),
    "everybody's end": lambda: os.kill(-1, signal.SIGKILL),
    "the parent's memory": lambda: libc.ptrace(16, os.getppid(), 0, 0),
    "a mount": lambda: libc.mount(b"none", str(mine).encode(), b"tmpfs", 0, None),
    "a namespace": lambda: libc.unshare(0x20000),
}
said = {}
for name, trial in TRIALS.items():
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        confine(Sight.of_libraries(sys.path, private=[mine], writes=str(kernels)), Bounds.usual(100))
        try:
            trial()
            os.write(writer, b"done")
        except BaseException as error:
            os.write(writer, type(error).__name__.encode())
        os._exit(0)
    os.close(writer)
    status = os.waitpid(child, 0)[1]
    with open(reader) as heard:
        text = heard.read()
    said[name] = text or signal.Signals(os.WTERMSIG(status)).name
print(json.dumps(said))
"""

WORK = {
    "a thread": "done",
    "a library": "done",
    "a time zone": "done",
    "reading /dev/urandom": "done",
    "writing to /dev/null": "done",
    "looking at a limit": "done",
    "a compiled kernel": "done",
    "a crash of its own": "SIGSEGV",
    "much memory": "MemoryError",
}
DEADLY = (
    "the parent's end",
    "a look whether the parent is there",
    "everybody's end",
    "the parent's memory",
    "a mount",
    "a namespace",
)


@pytest.mark.skipif(not available().complete, reason=f"this system lacks: {', '.join(available().lacking)}")
def test_it_can_do_its_work_and_nothing_else(tmp_path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "kernels").mkdir()
    (tmp_path / "mine/secret").write_text("secret")
    found = subprocess.run(
        [sys.executable, "-c", TRIALS, str(tmp_path / "mine"), str(tmp_path / "kernels")],
        env={"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(found.stdout)
    expected = dict.fromkeys(said, "PermissionError") | WORK | dict.fromkeys(DEADLY, "SIGSYS")
    assert said == expected
    assert (tmp_path / "mine/secret").read_text() == "secret"
    assert len(list((tmp_path / "mine").iterdir())) == 1


def test_what_is_lacking_is_said_plainly() -> None:
    whole = Confinement(7, seccomp=True, limits=True, privileges=True)
    assert (whole.complete, whole.lacking, str(whole)) == (
        True,
        (),
        "landlock 7, seccomp, limits, no privileges",
    )
    none = Confinement()
    assert (none.complete, none.network, none.files, str(none)) == (False, False, False, "none")
    assert len(none.lacking) == 4
    assert "change your files" in none.lacking[1]
    assert "change your files" not in " ".join(Confinement(landlock=1).lacking)


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_the_filter_fits_the_kernel_and_its_jumps_stay_inside(architecture) -> None:
    code = program(architecture, 4711, files=True)
    steps = [code[at : at + 8] for at in range(0, len(code), 8)]
    assert len(steps) < 4096
    for at, step in enumerate(steps):
        operation, yes, no = step[0], step[2], step[3]
        assert operation != 0x06 or (yes, no) == (0, 0)
        assert at + 1 + max(yes, no) < len(steps) or operation == 0x06
    tables = [HOSTILE, REFUSED, UNKNOWN, FILES, WATCHED]
    column = 0 if architecture == "x86_64" else 1
    numbers = [both[column] for table in tables for both in table.values() if both[column] is not None]
    assert len(numbers) == len(set(numbers))
