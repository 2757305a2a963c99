"""The examination at admission: look ahead in disguise is found, what only looks like it passes."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import PluginError
from pipeline.execution.attempt import InProcess
from pipeline.execution.kernel import KernelCache
from pipeline.plugins.examination.examine import Examination, examine
from pipeline.plugins.load import Loader

CASES = runpy.run_path(str(Path(__file__).with_name("lookahead.py")))
# of those that pass, so many in the quick suite; all of them in the long one
QUICK = 4


@pytest.fixture
def examined(tmp_path: Path) -> Any:
    """`examined(text)`: what the examination of a plugin file finds."""

    def find(text: str, **options: Any) -> Examination:
        path = tmp_path / "disguise.py"
        path.write_text(text)
        loader = Loader()
        (node,) = loader.load(path, tmp_path).types
        return examine(node, loader.tree.read(path, tmp_path).tree, InProcess(KernelCache(None)), **options)

    return find


@pytest.mark.parametrize("name", CASES["LOOKING"])
def test_look_ahead_is_found_in_every_disguise(examined, name) -> None:
    (fault,) = examined(CASES["plugin_text"](CASES["LOOKING"][name])).faults
    assert fault.code == "TG414", fault
    assert "it looks ahead" in fault.message
    assert fault.place.line > 5


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if number < QUICK else [pytest.mark.heavy])
        for number, name in enumerate(CASES["CAUSAL"])
    ],
)
def test_what_only_looks_like_it_passes(examined, name) -> None:
    found = examined(CASES["plugin_text"](CASES["CAUSAL"][name]))
    assert found.faults == ()
    assert found.cuts > 60
    assert found.fallback == ""


def test_a_look_ahead_that_waits_for_a_param_is_found(examined) -> None:
    bounded = "'parameters': {'lead': {'type': 'int', 'default': 0, 'min': 0, 'max': 5}}, **ABOUT}"
    text = CASES["plugin_text"]("out = close.shift(-kwargs['lead'])").replace("**ABOUT}", bounded)
    (fault,) = examined(text).faults
    assert fault.message.startswith("with lead=5 it looks ahead")
    behind = text.replace("shift(-kwargs", "shift(kwargs")
    assert examined(behind).faults == ()


def test_the_hint_names_the_line_that_is_likely_to_blame(examined) -> None:
    text = CASES["plugin_text"]("base = close.rolling(3).mean()\nout = base - close.shift(-2)")
    (fault,) = examined(text).faults
    line = next(number for number, said in enumerate(text.splitlines(), 1) if "shift(-2)" in said)
    assert fault.place.line == line
    assert f"line {line}: shift(-2)" in fault.hint


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ("out = close.head(10)", "TG413", "10 values"),
        ("out = close * float('nan')", "TG413", "missing in all 700 rows"),
        ("out = 'text'", "TG413", "calculate gave str"),
        ("out = 1 / 0", "TG413", "ZeroDivisionError"),
        ("signal = np.full(len(df), 2)", "TG413", "allowed: -1, 0, 1"),
        ("signal = np.zeros(len(df))\nstrength = -1.0", "TG413", "signal_strength is -1 in row 0"),
        ("import random\nout = close + random.random()", "TG414", "differently from call to call"),
        ("self.calls = Disguise.calls = getattr(Disguise, 'calls', 0) + 1\nout = close + self.calls", "TG414", "call"),
    ],
)
def test_what_breaks_the_contract_is_refused_with_the_reason(examined, tmp_path, body, code, says) -> None:
    text = CASES["plugin_text"](body)
    try:
        (fault,) = examined(text).faults
    except PluginError as error:  # outputs are learned when the file is loaded
        fault = error.faults[0]
    assert fault.code == code
    assert says in fault.message, fault.message


def test_infinite_values_are_noted_and_do_not_hide_a_look_ahead(examined) -> None:
    body = "out = (close / df['volume']).where(df['volume'] >= 0)"
    found = examined(CASES["plugin_text"](body))
    assert (found.faults, found.infinite) == ((), "'value' in row 40")
    (fault,) = examined(CASES["plugin_text"](f"{body} + close.shift(-1)")).faults
    assert fault.code == "TG414"


def test_a_plugin_that_needs_many_bars_is_examined_over_more(examined) -> None:
    text = CASES["plugin_text"]("out = close.rolling(20).mean()").replace(
        "    def get_metadata",
        "    def validate_data(self, data):\n        return len(data) >= 1500\n\n    def get_metadata",
    )
    found = examined(text)
    assert found.faults == ()
    assert found.rows > 4_000


@pytest.mark.heavy
def test_exhaustively_every_bar_is_a_cut(examined) -> None:
    assert examined(CASES["plugin_text"]("out = close.shift(1)"), exhaustive=True).cuts == 698 + 498
