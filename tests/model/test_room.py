"""The two rooms as a whole: public names, docstrings, and what importing them costs."""

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import pipeline
import pipeline.graph
import pipeline.model

CHECKOUT = Path(__file__).parents[2]
ROOMS = (pipeline.model, pipeline.graph)
MODULES = [
    "pipeline",
    "pipeline.errors",
    "pipeline.settings",
    *(f"{room.__name__}.{entry.name}" for room in ROOMS for entry in pkgutil.iter_modules(room.__path__)),
]


def style(name: str) -> int:
    """Constants come first, then classes, then functions, as isort has it."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_sorted_exist_and_are_listed_once(name):
    module = import_module(name)
    assert module.__doc__
    assert module.__all__ == sorted(set(module.__all__), key=lambda name: (style(name), name))
    assert all(hasattr(module, public) for public in module.__all__)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_a_room_names_its_nouns_and_offers_only_its_modules(room: ModuleType):
    assert room.__doc__
    public = {
        name for name, value in vars(room).items() if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert public == set()


@pytest.mark.parametrize("name", MODULES)
def test_public_classes_and_functions_say_what_they_mean(name):
    module = import_module(name)
    own = [getattr(module, public) for public in module.__all__]
    for item in own:
        if getattr(item, "__module__", None) == name and callable(item):
            assert item.__doc__, f"{name}.{item.__name__}"


def test_declaring_a_node_imports_nothing_heavy():
    code = (
        "import sys, pipeline.model.declare, pipeline.model.kind, pipeline.model.node, pipeline.model.param\n"
        "heavy = {'pydantic', 'polars', 'numpy', 'networkx', 'yaml', 'duckdb', 'numba'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
