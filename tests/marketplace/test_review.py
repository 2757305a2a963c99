"""The six steps: what each finds, and that foreign code runs only after its syntax tree was read, shut in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pipeline.marketplace.bench import Benched, ProcessBench
from pipeline.marketplace.integration import CommandRunner
from pipeline.marketplace.measure import compare, judge
from pipeline.marketplace.policy import against_policy, deceiving
from pipeline.marketplace.regime import REGIMES, regime_bars
from pipeline.marketplace.step import Remark, StepReport

EVIL = """
        import os
        os.system("true")
"""


def remarks(step: StepReport, verdict: str = "wrong") -> list[str]:
    return [f"{remark.about}: {remark.said}" for remark in step.remarks if remark.verdict == verdict]


@pytest.fixture
def first_step(bazaar):
    """`first_step(edit, page)`: what step 1 says of a file that was edited, and of its page."""

    def said(edit=str, page=str) -> list[str]:
        path = bazaar.write("alice", "new_gap", "1.0.0", edit=edit)
        path.with_suffix(".md").write_text(page(path.with_suffix(".md").read_text()))
        waiting = bazaar.repository.publish(path, author="alice", key=bazaar.key("alice"))
        return remarks(bazaar.repository.review(waiting.ref).steps[0])

    return said


def test_a_file_as_the_template_writes_it_passes_the_first_step(first_step) -> None:
    assert first_step() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("period=self", "period = self", ""),
        ("mean = data", "mean=data", "PEP 8: E225 missing whitespace around operator"),
        ("import pandas as pd", "import pandas as pd, math", "PEP 8: E401 multiple imports on one line"),
        (
            '    """What the indicator measures. Replace the calculation by your own."""\n',
            "",
            "docstrings: the class NewGap",
        ),
        (
            "(self, period: int = 14, **kwargs)",
            "(self, period=14, **kwargs)",
            "type hints: __init__: no type for period",
        ),
        (" -> pd.Series:", ":", "type hints: calculate: no type for what it returns"),
        ("'Length of the average, in bars'", "''", "page: the metadata do not describe the parameter 'period'"),
    ],
)
def test_the_first_step_names_what_the_guide_asks_and_the_file_lacks(first_step, old, new, said) -> None:
    found = first_step(lambda text: text.replace(old, new))
    assert any(line.startswith(said) for line in found) if said else found == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("`period`", "`length`", "page: the page does not say what 'period' is"),
        ("use: new_gap", "use: other", "page: the page has no example: `{use: new_gap, in: daily}`"),
        (
            "Performance: vectorised, a millisecond for a thousand bars",
            "Fine",
            "page: the page has no note about performance",
        ),
    ],
)
def test_the_first_step_reads_the_page(first_step, old, new, said) -> None:
    assert said in first_step(page=lambda text: text.replace(old, new).replace("period: 20", "length: 20"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import os", "reaches the system"),
        ("from os import system", "reaches the system"),
        ("import numpy.ctypeslib", ""),
        ("import socket", "permission 'network'"),
        ("import urllib.request", "permission 'network'"),
        ("import requests", "permission 'network'"),
        ("from pathlib import Path", "permission 'files'"),
        ("open('x')", "permission 'files'"),
        ("np.load('x')", "permission 'files'"),
        ("from numpy import load as mean", "permission 'files'"),
        ("pd.read_pickle('x')", "permission 'files'"),
        ("logging.FileHandler('x')", "permission 'files'"),
        ("eval('1')", "eval reaches the interpreter"),
        ("exec('1')", "exec reaches the interpreter"),
        ("__import__('os')", "__import__ reaches the interpreter"),
        ("run = eval", "eval reaches the interpreter"),
        ("__builtins__['eval']", "__builtins__ reaches the interpreter"),
        ("().__class__.__base__.__subclasses__()", "__subclasses__ reaches the interpreter"),
        ("f.__globals__", "__globals__ reaches the interpreter"),
        ("getattr(x, '__globals__')", "names something of the interpreter"),
        ("getattr(x, a + b)", "with a name that is computed"),
        ("logging.os.system('x')", ".os is a module"),
        ("random._os", "._os is a module"),
        ("logging.sys.modules", ".sys is a module"),
        ("from logging import os", "it reaches the system"),
        ("np.ctypeslib.ctypes", ".ctypeslib is a module"),
        ("import pickle", "reaches the system"),
        ("import ctypes", "reaches the system"),
        ("import importlib", "reaches the system"),
        ("import threading", "reaches the system"),
        ("import pipeline.plugins.lock", "the engine's own"),
        ("import pipeline.settings", "the engine's own"),
        ("from .neighbour import x", "is one file"),
        ("from . import neighbour", "is one file"),
        ("import lightgbm", "get_dependencies does not name it"),
        ("import sklearn.linear_model", "get_dependencies does not name it"),
    ],
)
def test_the_policy_names_what_reaches_further_than_computing(line, said) -> None:
    found = [remark.said for remark in against_policy(ast.parse(line), [], [])]
    assert any(said in text for text in found) if said else found == []


@pytest.mark.parametrize(
    "line",
    [
        "import numpy as np",
        "import pandas as pd",
        "from typing import Any",
        "from ..strategy_plugin_system import IndicatorPlugin",
        "from bot_engine.strategies.base_strategy import BaseStrategy",
        "from .strategies.base_strategy import BaseStrategy",
        "x.rolling(5).mean().shift(1)",
        "self.__class__.__name__",
        "if __name__ == '__main__': pass",
        "df['signal'] = np.where(a, 1, 0)",
        "getattr(self, 'period')",
        "import json",
    ],
)
def test_the_policy_lets_through_what_plugins_are_made_of(line) -> None:
    assert list(against_policy(ast.parse(line), [], [])) == []


def test_the_policy_knows_what_was_declared() -> None:
    assert list(against_policy(ast.parse("import lightgbm"), ["lightgbm>=4"], [])) == []
    (remark,) = against_policy(ast.parse("import socket"), [], ["network"])
    assert remark.verdict == "note"
    (remark,) = against_policy(ast.parse("import os"), ["os"], ["network", "files"])
    assert remark.verdict == "wrong"


@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        ("x = 1  # \u202e reversed", "wrong", "U+202E"),
        ("x = 1\nif a\u200b: pass", "wrong", "U+200B"),
        ("x = 'a\u2066b'", "wrong", "U+2066"),
        ("\u0441lose = 1", "note", "letters that may look like others"),
        ("x = 'Grüße ☃ 東京'", "", ""),
    ],
)
def test_code_that_reads_otherwise_than_it_runs_is_found_out(text, verdict, said) -> None:
    found = list(deceiving(text))
    assert {remark.verdict for remark in found} == ({verdict} if verdict else set())
    assert all(said in remark.said for remark in found)


def test_code_that_reaches_for_the_system_is_not_run_at_all(bazaar) -> None:
    evil = lambda text: text.replace("        mean = data", EVIL + "        mean = data", 1)
    waiting = bazaar.submit("alice", "evil_gap", "1.0.0", edit=evil)
    review = bazaar.repository.review(waiting.ref)
    assert not review.passed
    assert "policy: import os: it reaches the system or the interpreter" in remarks(review.steps[2])
    assert [step.verdict for step in review.steps[1::2]] == ["wrong", "wrong"]
    assert remarks(review.steps[1]) == ["not run: step 3 found what must not be run"]
    assert "evil_gap.py" not in bazaar.bench.asked


def test_bandit_is_not_silenced_by_the_authors_comments(bazaar) -> None:
    edit = lambda text: text.replace(
        "        mean = data", "        assert self.period  # nosec\n        mean = data", 1
    )
    waiting = bazaar.submit("alice", "sure_gap", "1.0.0", edit=edit)
    step = bazaar.repository.review(waiting.ref).steps[2]
    assert any(line.startswith("bandit: B101 (low)") for line in remarks(step, "note"))


def test_the_fourth_step_judges_figures_and_what_was_reached_for(bazaar, nouns) -> None:
    figures = {**nouns["FIGURES"], "ms_100000": 60_000.0}
    bazaar.bench.found = Benched(
        (), figures, nouns["FIGURES"], (("network", "socket.connect 1.2.3.4"),), "", "", "seccomp"
    )
    waiting = bazaar.submit("alice", "slow_gap", "1.0.0")
    step = bazaar.repository.review(waiting.ref).steps[3]
    assert remarks(step) == [
        "time: 60000.0 ms for 100,000 bars, allowed 10,000",
        "trace: it reached for socket.connect 1.2.3.4 (network) and does not declare that",
    ]
    assert "version before: 60000.0 ms for 100,000 bars, the version before took 9.0" in remarks(step, "note")
    assert "confinement: confined by seccomp" in remarks(step, "ok")
    assert dict(step.figures["figures"]) == figures


def test_figures_that_are_missing_are_wrong_and_a_loop_in_a_loop_is_noted(nouns) -> None:
    assert {remark.verdict for remark in judge({})} == {"wrong"}
    noted = [remark for remark in judge({**nouns["FIGURES"], "ms_100000": 900.0}) if remark.verdict == "note"]
    assert [remark.said for remark in noted] == ["it grows faster than the bars: is there a loop in a loop?"]
    assert list(compare(nouns["FIGURES"], {})) == []


def test_a_manifest_that_is_not_what_the_code_says_is_wrong(bazaar, nouns) -> None:
    bazaar.bench.found = Benched((), nouns["FIGURES"], digest="0" * 64)
    waiting = bazaar.submit("alice", "two_faced", "1.0.0")
    step = bazaar.repository.review(waiting.ref).steps[1]
    assert remarks(step) == ["manifest: what its code says of itself is not what its manifest says"]


@pytest.mark.parametrize("name", REGIMES)
def test_the_moods_of_a_market_are_what_they_are_called(name) -> None:
    bars = regime_bars(name)
    close, opened = bars["close"].to_numpy(), bars["open"].to_numpy()
    assert (bars["high"].to_numpy() >= close).all()
    assert (bars["low"].to_numpy() <= opened).all()
    days = bars["timestamp"].to_numpy().astype("datetime64[D]").astype(int)
    measured = {
        "trend": close[-1] / close[0] > 1.5,
        "range": close.max() / close.min() < 1.3,
        "crash": close[330] / close[299] < 0.45,
        "gaps": (days[1:] - days[:-1]).max() >= 3 and abs(opened[1:] / close[:-1] - 1).max() > 0.05,
    }
    assert measured[name]


def test_a_report_is_read_as_it_was_stored() -> None:
    report = StepReport(3, "code review", (Remark("a", "note", "b", 7),), {"x": 1.5}, "text")
    assert StepReport.of(report.as_dict()) == report
    assert (report.verdict, report.passed) == ("note", True)


@pytest.mark.heavy  # processes that load the engine, a cut after every bar
@pytest.mark.parametrize("kind", ["indicator", "strategy"])
def test_a_real_review_of_a_real_plugin_passes_shut_in(bazaar, tmp_path, kind) -> None:
    from pipeline.marketplace import Repository
    from pipeline.plugins.confine import available

    repository = Repository(bazaar.folder, clock=bazaar.clock)
    waiting = bazaar.submit("alice", "true_one", "1.0.0", kind=kind)
    review = repository.review(waiting.ref)
    assert review.passed, [remarks(step) for step in review.steps]
    abouts = {remark.about for remark in review.steps[1].remarks}
    assert abouts >= {"contract", "laws", "determinism", "unit tests", "random parameters", "market: crash"}
    (confinement,) = [remark for remark in review.steps[3].remarks if remark.about == "confinement"]
    assert confinement.verdict == ("note" if str(available()) == "none" else "ok")
    repository.approve(waiting.ref, waiting.digest, keys=[bazaar.keys])
    second = repository.review(bazaar.submit("alice", "true_one", "1.1.0", kind=kind).ref)
    assert second.passed
    assert second.steps[3].figures["before"].keys() == second.steps[3].figures["figures"].keys()


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("import socket; socket.socket()", "network"),
        ("open('/etc/passwd').read()", "files"),
        ("open('/tmp/left-behind', 'w')", "files"),
        ("import subprocess; subprocess.run(['true'])", "processes"),
    ],
)
def test_the_bench_notes_what_code_reaches_for_and_its_confinement_says_no(bazaar, line, kind) -> None:
    edit = lambda text: text.replace("        mean = data", f"        {line}\n        mean = data", 1)
    path = bazaar.write("alice", "reaching", "1.0.0", edit=edit)
    found = ProcessBench().run(path, path.with_name("test_reaching.py"), "alice", None)
    assert kind in {reached for reached, _ in found.reached}
    if found.confinement:
        assert any("PermissionError" in remark.said for remark in found.remarks if remark.verdict == "wrong")
        assert not Path("/tmp/left-behind").exists()


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import os; os._exit(3)", "ended with status 3"),
        ("import os; os.kill(os.getppid(), 9)", "was ended for it"),
        ("raise SystemExit(0)", "SystemExit"),
    ],
)
def test_the_bench_survives_code_that_ends_its_process(bazaar, line, said) -> None:
    edit = lambda text: text.replace("        mean = data", f"        {line}\n        mean = data", 1)
    path = bazaar.write("alice", "ending", "1.0.0", edit=edit)
    found = ProcessBench().run(path, path.with_name("test_ending.py"), "alice", None)
    assert any(said in remark.said for remark in found.remarks if remark.verdict == "wrong")


@pytest.mark.heavy
def test_the_bench_is_killed_when_it_is_late(bazaar) -> None:
    edit = lambda text: text.replace(
        "        mean = data", "        while True:\n            pass\n        mean = data", 1
    )
    path = bazaar.write("alice", "endless", "1.0.0", edit=edit)
    found = ProcessBench(seconds=6.0).run(path, path.with_name("test_endless.py"), "alice", None)
    assert [remark.said for remark in found.remarks] == ["it was not done after 6 s and was killed"]


@pytest.mark.heavy
def test_answers_that_depend_on_the_order_of_a_set_are_found_out(bazaar) -> None:
    plain = "return data['close'] / mean - 1.0"
    hashed = "first = list({'a', 'b', 'c', 'd', 'e'})[0]\n        return (data['close'] / mean - 1.0) * ord(first)"
    edit = lambda text: text.replace(plain, hashed)
    path = bazaar.write("alice", "hashed", "1.0.0", edit=edit)
    found = ProcessBench().run(path, path.with_name("test_hashed.py"), "alice", None)
    assert "two processes give different values: does the order of a set matter?" in [r.said for r in found.remarks]


@pytest.mark.heavy
def test_a_plugin_that_fails_in_a_graph_fails_the_fifth_step(bazaar, tmp_path) -> None:
    from pipeline.marketplace.integration import write_project
    from pipeline.marketplace.manifest import Manifest

    waiting = bazaar.submit("alice", "late_gap", "1.0.0")
    manifest = Manifest.read((Path(waiting.folder) / "manifest.json").read_bytes())
    data = (Path(waiting.folder) / "late_gap.py").read_bytes()
    write_project(tmp_path / "well", manifest, data)
    assert CommandRunner().run(tmp_path / "well", "trial")[0] == 0
    write_project(tmp_path / "bad", manifest, data.replace(b"mean = data['close']", b"mean = data['none']"))
    status, said = CommandRunner().run(tmp_path / "bad", "trial")
    assert status != 0
    assert "none" in said
