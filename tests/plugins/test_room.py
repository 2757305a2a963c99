"""The room as a whole: its public names."""

import pkgutil
from importlib import import_module

import pytest

import pipeline.plugins

MODULES = [
    module.name for module in pkgutil.walk_packages(pipeline.plugins.__path__, "pipeline.plugins.") if not module.ispkg
]


@pytest.mark.parametrize("name", MODULES)
def test_public_names_exist_are_sorted_and_listed_once(name) -> None:
    module = import_module(name)
    assert all(hasattr(module, public) for public in module.__all__)
    assert list(module.__all__) == sorted(set(module.__all__), key=lambda public: (not public.isupper(), public))
    assert module.__doc__
