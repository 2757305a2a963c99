"""Compiled kernels: kept in memory and on disk under the code digest, never stale, never needed for nothing."""

import shutil

import numpy as np
import pytest

from pipeline.execution.kernel import KernelCache, kernel_arguments
from pipeline.model.column import Column

KERNEL = '''
from .near import shifted

@indicator(style="kernel")
def compiled(x: Number) -> Number:
    """Calls a helper that calls a helper."""
    return shifted(x)
'''
GRAPH = "a: {use: compiled, in: daily.close}\nb: {use: plus, in: a, with: {by: 1}}"


@pytest.fixture
def helped(site):
    """compiled → near.shifted → far.scaled → FACTOR: close * 2 + 1."""
    site.node("kernel", KERNEL)
    site.write("near", "from lib.far import scaled\n\ndef shifted(x):\n    return scaled(x) + 1.0\n")
    site.write("lib/far", "FACTOR = 2.0\n\ndef scaled(x):\n    return x * FACTOR\n")
    return site


def test_an_edited_helper_two_modules_away_gives_the_new_value_here_and_in_a_new_process(helped) -> None:
    path = helped.graph(GRAPH)
    engine = helped.engine()
    assert engine.run(path).output("a")["value"][0] == 201.0
    helped.edit("lib/far", "FACTOR = 2.0", "FACTOR = 3.0")
    code = """
    result = engine.run(graph)
    drivers = engine._kernels._drivers.values()
    print(result.output("a")["value"][0], [sum(driver.stats.cache_hits.values()) for driver in drivers])
    """
    assert helped.process(code) == "301.0 [0]"
    # back in this process, with the kernel of the old code in memory and those of both on disk
    engine.plugins.take(helped.discover())
    assert engine.run(path, refresh=["a"]).output("a")["value"][0] == 301.0


def node_and_arguments(world):
    array = Column(array=np.arange(4.0)).array
    array.flags.writeable = False
    return world.registry()["compiled"], kernel_arguments((np.empty(4),), [Column(array=array)], {}, np.array([0, 4]))


def test_kernels_are_kept_by_code_whatever_the_node_type_object(helped, kernels) -> None:
    node, arguments = node_and_arguments(helped)
    again, _ = node_and_arguments(helped)
    assert node is not again
    assert kernels.driver(node, arguments) is kernels.driver(again, arguments)


def test_a_new_cache_finds_the_kernel_on_disk(helped, kernels, kernel_folder) -> None:
    node, arguments = node_and_arguments(helped)
    kernels.driver(node, arguments)
    driver = KernelCache(kernel_folder).driver(node, arguments)
    assert sum(driver.stats.cache_hits.values()) == 1
    driver(*arguments)
    assert arguments[0][0].tolist() == [1.0, 3.0, 5.0, 7.0]


def test_a_damaged_kernel_file_is_compiled_again(helped, kernels, kernel_folder, tmp_path) -> None:
    node, arguments = node_and_arguments(helped)
    kernels.driver(node, arguments)
    shutil.copytree(kernel_folder / node.code, tmp_path / "kernels" / node.code)
    files = [path for path in (tmp_path / "kernels").rglob("*") if path.is_file()]
    assert files
    for file in files:
        file.write_bytes(file.read_bytes()[:10])
    driver = KernelCache(tmp_path / "kernels").driver(node, arguments)
    driver(*arguments)
    assert arguments[0][0].tolist() == [1.0, 3.0, 5.0, 7.0]


def test_a_graph_without_kernels_to_compute_never_imports_numba_and_no_graph_pandas(helped) -> None:
    helped.run(helped.graph(GRAPH))
    code = """
    result = engine.run(graph, Overrides(settings={"b": {"by": 2.0}}))
    print(result.run.counts["computed"], result.output("b")["value"][0])
    print("numba" in sys.modules, "pandas" in sys.modules)
    """
    assert helped.process(code) == "1 203.0\nFalse False"
