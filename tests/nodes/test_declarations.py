"""The declarations themselves: one node a file, documented, bounded, and nothing heavy imported."""

import ast
import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Literal, get_origin

import nodes
from pipeline.plugins.discover import build_registry

ROOM = Path(nodes.__file__).parent
SOURCES = sorted(ROOM.rglob("*.py"))


def test_a_file_is_called_like_the_node_in_it(request, node):
    assert node.id == request.node.callspec.id
    assert node.fn.__name__ == node.id


def test_a_docstring_tells_meaning_warmup_and_missing_values(node):
    assert node.summary.endswith(".")
    assert "Missing:" in node.doc
    assert "Warm-up:" in node.doc or node.style == "table"


def test_every_type_that_ships_names_its_source_its_warmup_and_what_is_missing():
    # tables have rows of their own: nothing warms up; functions of TA-Lib are described from its own data
    for node in build_registry([]).registry:
        assert node.id.startswith("talib.") or "Source:" in node.doc, node.id
        assert node.style == "table" or "Warm-up:" in node.doc, node.id
        assert "Missing:" in node.doc or "issing" in node.doc, node.id


def test_every_param_is_described_and_bounded(node):
    for param in node.params:
        assert param.param.description
        assert (
            get_origin(param.type) is Literal or param.type in (str, dt.time) or len(param.param.bounds.given()) == 2
        ), param.name


def test_recursive_nodes_say_so(node):
    recursions = {
        "accumulation", "adx", "atr", "dema", "directional_index", "drawdown", "ema", "force_index", "growth", "kama",
        "keltner", "latch", "long_flat", "macd", "obv", "pairs", "parabolic_sar", "position", "position_returns", "ppo",
        "rsi", "since", "stoch_rsi", "supertrend", "tema", "to_events", "tsi", "volatility_target", "vwap", "wilder",
    }  # fmt: skip
    assert node.recursive == (node.id in recursions)


def test_nodes_import_only_the_root_of_pipeline_its_model_themselves_numpy_and_polars():
    allowed = {
        "collections.abc", "dataclasses", "datetime", "itertools", "typing", "numpy", "numpy.typing",
        "polars", "pipeline",
    }  # fmt: skip
    for source in SOURCES:
        if source.parent.name == "talib":  # made from data by hand: it needs the model
            continue
        for step in ast.walk(ast.parse(source.read_text())):
            names = [step.module] if isinstance(step, ast.ImportFrom) else []
            names += [alias.name for alias in step.names] if isinstance(step, ast.Import) else []
            for name in names:
                assert name in allowed or name.startswith(("nodes.", "pipeline.model.")), (
                    f"{source.relative_to(ROOM)} imports {name}"
                )


def test_declaring_every_node_imports_no_numba():
    declaring = [path for path in SOURCES if path.name != "_probe.py"]
    modules = [".".join(("nodes", *path.relative_to(ROOM).with_suffix("").parts)) for path in declaring]
    lines = [f"import {module.removesuffix('.__init__')}" for module in modules]
    code = "\n".join(["import sys", *lines, "assert not {'numba', 'pydantic', 'pandas', 'talib'} & set(sys.modules)"])
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOM.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
