"""The room: its public names, its size, what the command imports of it."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import pipeline.api

pytest.importorskip("fastapi")

FOLDER = Path(pipeline.api.__file__).parent
MODULES = [f"pipeline.api.{module.name}" for module in pkgutil.iter_modules([str(FOLDER)])]


@pytest.mark.parametrize("name", MODULES)
def test_public_names_exist_sorted_and_the_file_is_short(name) -> None:
    module = import_module(name)
    assert module.__doc__
    assert all(hasattr(module, public) for public in module.__all__)
    assert list(module.__all__) == sorted(set(module.__all__), key=lambda public: (not public.isupper(), public))
    assert len(Path(str(module.__file__)).read_text().splitlines()) <= 400


@pytest.mark.heavy  # a process; that help imports nothing is watched in tests/cli/test_start.py
def test_the_worker_imports_no_server() -> None:
    script = (
        "import sys; import pipeline.api.worker;"
        "print([n for n in ('fastapi', 'starlette', 'uvicorn') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_pages_load_nothing_from_elsewhere() -> None:
    for page in (FOLDER / "pages").iterdir():
        text = page.read_text() if page.suffix in (".html", ".css", ".js") else ""
        assert "http://" not in text
        assert "https://" not in text
        assert "//cdn" not in text
