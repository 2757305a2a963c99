"""The room as a whole: its public names, its size, and the script that ships."""

import pkgutil
import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

import pipeline.report

HOME = Path(pipeline.report.__file__).parent
WEB = Path(__file__).parents[2] / "web"
MODULES = [f"pipeline.report.{module.name}" for module in pkgutil.iter_modules(pipeline.report.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_public_names_exist_are_sorted_and_listed_once(name):
    module = import_module(name)
    assert module.__doc__
    assert all(hasattr(module, public) for public in module.__all__)
    assert list(module.__all__) == sorted(set(module.__all__), key=lambda public: (not public.isupper(), public))


def test_the_sources_of_the_script_are_short():
    for path in (WEB / "src").iterdir():
        assert len(path.read_text().splitlines()) <= 300, path


def test_the_script_ends_no_element_and_the_notice_stays():
    script, style = (HOME / "page.js").read_text(), (HOME / "page.css").read_text()
    assert "</script" not in script.lower()
    assert "</style" not in style.lower()
    # Apache-2.0 asks to keep it
    assert "TradingView" in script
    assert "Apache License" in script
    assert "TradingView" in (HOME / "NOTICE.txt").read_text()
    assert "Apache License" in (HOME / "LICENSE-APACHE-2.0.txt").read_text()


def test_the_lock_file_names_no_registry():
    text = (WEB / "package-lock.json").read_text()
    assert "://" not in re.sub(r'"url": "[^"]*"', "", text)
    assert '"resolved"' not in text
    assert text.count('"integrity"') >= 3


def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    return found


def test_the_parts_of_the_script_do_what_their_tests_say():
    files = sorted(map(str, (WEB / "test").glob("*.test.js")))
    done = subprocess.run([node(), "--test", *files], cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_building_gives_the_bytes_that_ship(tmp_path):
    if not (WEB / "node_modules" / "esbuild").is_dir():
        pytest.skip("esbuild is not installed: npm ci in web")
    done = subprocess.run([node(), str(WEB / "build.js"), str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("page.js", "page.css"):
        assert (tmp_path / name).read_bytes() == (HOME / name).read_bytes(), f"{name}: run `make page`"
