"""The disk cache of compiled kernels, across processes: never stale code, never damaged code."""

import runpy
import shutil
from pathlib import Path

import pytest

STYLES = runpy.run_path(str(Path(__file__).parent / "styles.py"))
pytestmark = pytest.mark.xdist_group("compiled")
GRAPH = STYLES["nodes"]("kernel")
RUN = """
result = engine.run(graph, cache=args[0] == "cached")
hits = sum(n for driver in engine._kernels._drivers.values() for n in driver.stats.cache_hits.values())
record = result.run.record("g", "user")
print(result.output("user")["value"][0] if record.status != "failed" else record.failure, record.status, hits)
"""


@pytest.fixture
def compiled(site, own_kernels):
    """A project with compiled kernels of its own, in which `user` has run in another process."""
    kernels = site.root / ".tradegraph" / "kernels"
    kernels.unlink()
    kernels.mkdir()
    site.kernels = kernels
    site.graph(GRAPH)
    assert site.process(RUN, "cached") == "200.0 computed 0"
    return site


def test_what_one_process_compiled_the_next_loads_until_the_code_far_away_is_edited(compiled) -> None:
    assert compiled.process(RUN, "anew") == "200.0 computed 1"
    compiled.edit("lib/far", "FACTOR = 2.0", "FACTOR = 3.0")
    assert compiled.process(RUN, "cached") == "300.0 computed 0"
    compiled.edit("lib/far", "FACTOR = 3.0", "FACTOR = 2.0")
    assert compiled.process(RUN, "anew") == "200.0 computed 1"


@pytest.mark.heavy
def test_a_kernel_over_a_closure_is_compiled_anew_when_what_it_closes_over_is_edited(compiled) -> None:
    compiled.write(
        "near", "def make(k):\n    def scaled(x):\n        return x * k\n    return scaled\n\nscaled = make(4.0)\n"
    )
    assert compiled.process(RUN, "cached") == "400.0 computed 0"
    compiled.edit("near", "make(4.0)", "make(5.0)")
    assert compiled.process(RUN, "cached") == "500.0 computed 0"
    compiled.edit("near", "make(5.0)", "make(4.0)")
    assert compiled.process(RUN, "anew") == "400.0 computed 1"


def files(site):
    return sorted(path for path in site.kernels.rglob("*") if path.is_file())


def damaged(data: bytes, how: str) -> bytes:
    if how == "empty":
        return b""
    if how == "garbage":
        return bytes(range(256)) * (len(data) // 256 + 1)
    if how == "cut":
        return data[: len(data) // 2]
    at = int(how)
    flipped = bytearray(data)
    flipped[at * (len(data) - 1) // 100] ^= 0x04
    return bytes(flipped)


FLIPS = """
import shutil
shutil.rmtree(root / ".tradegraph" / "kernels")
for percent in map(int, args):
    shutil.copytree(root.with_name("pristine"), root / ".tradegraph" / "kernels")
    for path in sorted((root / ".tradegraph" / "kernels").rglob("*")):
        if path.suffix == ".nbc":
            data = bytearray(path.read_bytes())
            data[percent * (len(data) - 1) // 100] ^= 0x04
            path.write_bytes(data)
    engine = Engine.open(root)
    engine.plugins.take(build_registry([root / "nodes" / "custom"], shipped=root / "shipped"))
    result = engine.run(graph, cache=False)
    record = result.run.record("g", "user")
    print(percent, result.output("user")["value"].to_list()[:3] if record.status == "computed" else record.failure)
    shutil.rmtree(root / ".tradegraph" / "kernels")
"""


def check_flips(compiled, percents) -> None:
    shutil.copytree(compiled.kernels, compiled.root.with_name("pristine"), dirs_exist_ok=True)
    try:
        said = compiled.process(FLIPS, *map(str, percents))
    finally:
        shutil.rmtree(compiled.root.with_name("pristine"))
    assert said.splitlines() == [f"{percent} [200.0, 202.0, 204.0]" for percent in percents]


@pytest.mark.heavy
def test_a_flipped_bit_in_compiled_code_is_never_run(compiled) -> None:
    check_flips(compiled, [45, 55])


@pytest.mark.heavy
def test_a_flipped_bit_anywhere_in_compiled_code_is_never_run(compiled) -> None:
    check_flips(compiled, range(0, 101, 4))


@pytest.mark.heavy
@pytest.mark.parametrize("how", ["empty", "garbage", "cut", "folder"])
def test_damaged_kernel_files_are_compiled_again(compiled, how) -> None:
    found = files(compiled)
    assert found
    for path in found:
        if how == "folder":
            path.unlink()
            path.mkdir()
        else:
            path.write_bytes(damaged(path.read_bytes(), how))
    assert compiled.process(RUN, "anew") == "200.0 computed 0"
