"""The room as a whole: its public names, its size, and what it says where its libraries are missing."""

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import pipeline.marketplace

FOLDER = Path(pipeline.marketplace.__path__[0])
MODULES = [f"pipeline.marketplace.{module.name}" for module in pkgutil.iter_modules([str(FOLDER)])]


@pytest.mark.parametrize("name", ["pipeline.marketplace", *MODULES])
def test_public_names_exist_are_sorted_and_the_file_is_short(name) -> None:
    module = import_module(name)
    assert module.__doc__
    assert all(hasattr(module, public) for public in module.__all__)
    assert list(module.__all__) == sorted(set(module.__all__), key=lambda public: (not public.isupper(), public))
    assert len(Path(module.__file__ or "").read_text().splitlines()) <= 400


def test_without_its_libraries_it_says_what_to_install() -> None:
    script = "import sys; sys.modules['tuf'] = None; import pipeline.marketplace"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "TG707 the marketplace needs the library tuf" in done.stderr
    assert "pip install 'tradegraph[market]'" in done.stderr
