"""The room's files keep their public names sorted."""

import importlib
import pkgutil

import pipeline.laws


def test_public_names_are_sorted():
    for entry in pkgutil.iter_modules(pipeline.laws.__path__):
        module = importlib.import_module(f"pipeline.laws.{entry.name}")
        assert module.__all__ == sorted(module.__all__), entry.name
