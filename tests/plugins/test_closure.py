"""The code digest of one definition: what it holds, and what leaves it as it is."""

import pytest

from pipeline.plugins.closure import CodeDigester
from pipeline.plugins.source import SourceTree


@pytest.fixture
def digest(tmp_path):
    """The digest of `f` in main.py; files are given as text, main without a name."""

    def found(main: str, name: str | None = "f", **files: str) -> str:
        for stem, text in {"main": main, **files}.items():
            (tmp_path / f"{stem}.py").write_text(text)
        tree = SourceTree()
        return CodeDigester(tree).digest(tree.read(tmp_path / "main.py", tmp_path), name)

    return found


SAME = {
    "a comment": ("def f():\n    return 1\n", "# hello\ndef f():  # there\n    return 1\n"),
    "layout": ("def f():\n    return (1 + 2)\n", "def f( ):\n\n    return 1+2\n"),
    "quotes": ("def f():\n    return 'a'\n", 'def f():\n    return "a"\n'),
    "a docstring": ("def f():\n    return 1\n", 'def f():\n    """Doc."""\n    return 1\n'),
    "a class's docstring": (
        "class C:\n    x = 1\ndef f():\n    return C\n",
        'class C:\n    """D."""\n    x = 1\ndef f():\n    return C\n',
    ),
    "another function": ("def f():\n    return 1\n", "def f():\n    return 1\ndef g():\n    return 2\n"),
    "an unused import": ("def f():\n    return 1\n", "import json\ndef f():\n    return 1\n"),
    "imports for type checkers": (
        "from typing import TYPE_CHECKING\ndef f():\n    return 1\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import json\ndef f():\n    return 1\n",
    ),
    "the place in the file": (
        "A = 1\ndef f():\n    return A\n",
        "def other():\n    pass\nA = 1\n\n\ndef f():\n    return A\n",
    ),
}
OTHER = {
    "a number's type": ("def f():\n    return 1\n", "def f():\n    return 1.0\n"),
    "the order of statements": ("A = 1\nA = 2\ndef f():\n    return A\n", "A = 2\nA = 1\ndef f():\n    return A\n"),
    "a default": ("def f(a=1):\n    return a\n", "def f(a=2):\n    return a\n"),
    "a decorator's argument": (
        "def d(n):\n    return lambda g: g\n@d(1)\ndef f():\n    return 1\n",
        "def d(n):\n    return lambda g: g\n@d(2)\ndef f():\n    return 1\n",
    ),
    "a docstring that is used": (
        'def f():\n    """One."""\n    return f.__doc__\n',
        'def f():\n    """Two."""\n    return f.__doc__\n',
    ),
    "a statement with effects": ("T = []\ndef f():\n    return 1\n", "T = []\nT.append(1)\ndef f():\n    return 1\n"),
    "a name asked for at run time": (
        "K = 1\ndef f():\n    return globals()['xK'[1:]]\n",
        "K = 2\ndef f():\n    return globals()['xK'[1:]]\n",
    ),
    "a method of a base class": (
        "class B:\n    def m(self):\n        return 1\nclass C(B):\n    pass\ndef f():\n    return C().m()\n",
        "class B:\n    def m(self):\n        return 2\nclass C(B):\n    pass\ndef f():\n    return C().m()\n",
    ),
    "the other branch": (
        "import sys\nif sys.maxsize:\n    K = 1\nelse:\n    K = 2\ndef f():\n    return K\n",
        "import sys\nif sys.maxsize:\n    K = 1\nelse:\n    K = 3\ndef f():\n    return K\n",
    ),
    "a class attribute": (
        "class C:\n    k = 1\ndef f():\n    return C.k\n",
        "class C:\n    k = 2\ndef f():\n    return C.k\n",
    ),
    "an annotation": ("A = int\ndef f(x: A):\n    return x\n", "A = float\ndef f(x: A):\n    return x\n"),
    "a quoted annotation": ("A = int\ndef f(x: 'A'):\n    return x\n", "A = float\ndef f(x: 'A'):\n    return x\n"),
    "tuple targets": ("A, B = 1, 2\ndef f():\n    return B\n", "A, B = 1, 3\ndef f():\n    return B\n"),
}


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_what_does_not_matter_leaves_the_digest(digest, before, after) -> None:
    assert digest(before) == digest(after)


@pytest.mark.parametrize(("before", "after"), OTHER.values(), ids=OTHER)
def test_what_matters_changes_the_digest(digest, before, after) -> None:
    assert digest(before) != digest(after)


def test_only_what_is_used_of_a_module_counts(digest) -> None:
    main = "import helper\ndef f():\n    return helper.a()\n"
    base = digest(main, helper="def a():\n    return 1\ndef b():\n    return 1\n")
    assert digest(main, helper="def a():\n    return 1\ndef b():\n    return 2\n") == base
    assert digest(main, helper="def a():\n    return 2\ndef b():\n    return 1\n") != base


def test_a_module_that_is_handed_on_counts_whole(digest) -> None:
    main = "import helper\ndef f():\n    return vars(helper)\n"
    base = digest(main, helper="A = 1\nB = 1\n")
    assert digest(main, helper="A = 1\nB = 2\n") != base


def test_effects_of_an_imported_module_count(digest) -> None:
    main = "from helper import TABLE\ndef f():\n    return TABLE\n"
    base = digest(main, helper="TABLE = {}\nTABLE['a'] = 1\n")
    assert digest(main, helper="TABLE = {}\nTABLE['a'] = 2\n") != base


def test_modules_that_import_each_other_are_followed(digest) -> None:
    main = "from one import a\ndef f():\n    return a()\n"
    one = "import two\nK = 1\ndef a():\n    return two.b()\n"
    two = "import one\ndef b():\n    return one.K\n"
    base = digest(main, one=one, two=two)
    assert digest(main, one=one.replace("K = 1", "K = 2"), two=two) != base


def test_a_name_that_is_defined_and_imported_counts_both_ways(digest) -> None:
    main = "from one import a\ndef f():\n    return a\n"
    one = "a = 0\nfrom two import a\n"
    assert digest(main, one=one, two="a = 1\n") != digest(main, one=one, two="a = 2\n")


def test_the_version_of_an_installed_library_counts(digest, monkeypatch) -> None:
    from pipeline.plugins import source

    main = "import numpy as np\ndef f():\n    return np.pi\n"
    before = digest(main)
    assert digest("import math as np\ndef f():\n    return np.pi\n") != before
    monkeypatch.setattr(source, "_version", lambda top: f"{top} 999")
    assert digest(main) != before


def test_a_library_that_is_not_used_does_not_count(digest, monkeypatch) -> None:
    from pipeline.plugins import source

    main = "import numpy as np\ndef f():\n    return 1\n"
    before = digest(main)
    monkeypatch.setattr(source, "_version", lambda top: f"{top} 999")
    assert digest(main) == before


def test_the_digest_of_a_file_holds_everything_in_it(digest) -> None:
    main = "import helper\nA = 1\ndef f():\n    return 1\n"
    base = digest(main, None, helper="B = 1\n")
    assert digest(main.replace("A = 1", "A = 2"), None, helper="B = 1\n") != base
    assert digest(main, None, helper="B = 2\n") != base
    assert digest(main + "# a comment\n", None, helper="B = 1\n") == base


def test_nothing_is_executed_to_digest(digest, tmp_path) -> None:
    digest(f"open({str(tmp_path / 'made')!r}, 'w')\ndef f():\n    return 1\n")
    assert not (tmp_path / "made").exists()
