"""The error tree: codes, faults as text and as data, suggestions."""

import ast
import inspect
import pickle
import re
from collections import Counter
from pathlib import Path

import pytest

from pipeline import errors
from pipeline.errors import (
    CODES,
    Edit,
    Fault,
    GraphError,
    MarketError,
    MarketplaceError,
    NodeError,
    Note,
    Place,
    PluginError,
    ReportError,
    RequestError,
    SettingsError,
    StoreError,
    TradegraphError,
    UsageError,
    did_you_mean,
)

PIPELINE = Path(errors.__file__).parent
CLASSES = [item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, TradegraphError)]
HUNDREDS = {
    UsageError: "0",
    SettingsError: "0",
    GraphError: "12",
    MarketError: "3",
    PluginError: "4",
    NodeError: "5",
    StoreError: "6",
    MarketplaceError: "7",
    RequestError: "8",
    ReportError: "9",
}


def codes_in(file: Path) -> Counter[str]:
    """Every code that a module writes as a value of its own; the list of codes itself does not count."""
    text = file.read_text(encoding="utf-8")
    if not re.search(r"""["']TG\d{3}["']""", text):  # most of them: to read their trees takes seconds
        return Counter()
    steps = list(ast.walk(ast.parse(text)))
    listed = {
        id(key)
        for step in steps
        if isinstance(step, ast.AnnAssign)
        and getattr(step.target, "id", "") == "CODES"
        and isinstance(step.value, ast.Dict)
        for key in step.value.keys
    }
    texts = [step for step in steps if isinstance(step, ast.Constant) and isinstance(step.value, str)]
    return Counter(t.value for t in texts if re.fullmatch(r"TG\d{3}", t.value) and id(t) not in listed)


@pytest.fixture(scope="module")
def used() -> Counter[str]:
    """How often each code stands in our code."""
    files = [
        file for folder in ("pipeline", "nodes", "bot_engine") for file in (PIPELINE.parent / folder).rglob("*.py")
    ]
    return sum(map(codes_in, files), Counter())


def test_no_code_is_used_that_is_not_listed(used):
    assert set(used) - set(CODES) == set()


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_used_and_described(used, code):
    assert used[code] >= 1
    assert re.fullmatch(r"TG[0-9]\d\d", code)
    assert CODES[code].endswith(".")
    assert CODES[code][0].isupper() or CODES[code].startswith("plugin_config.json")


def test_codes_are_listed_in_order_and_descriptions_once():
    assert list(CODES) == sorted(CODES)
    assert len(set(CODES.values())) == len(CODES)


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = re.findall(r"(\w+Error)\s+(?:what|the|a|bars|plugin|results)", errors.__doc__ or "")
    assert Counter(drawn) == Counter(item.__name__ for item in CLASSES)
    assert all(item.__mro__[1] is TradegraphError for item in CLASSES if item is not TradegraphError)


@pytest.mark.parametrize("error", CLASSES)
def test_an_error_has_a_code_of_its_own_hundred_and_an_exit_status(error):
    raised = error("it broke")
    (fault,) = raised.faults
    assert fault.code == error.code
    assert fault.code in CODES
    assert fault.code[2] in HUNDREDS.get(error, "0")
    assert error.exit_status == (1 if error is NodeError else 2)
    assert str(raised) == f"{error.code} it broke"
    assert isinstance(raised, TradegraphError)


def test_an_error_carries_what_it_was_given():
    raised = PluginError("it broke", code="TG402", hint="Mend it.", place=Place("a.py", 3, 5))
    assert raised.faults == (Fault("TG402", "it broke", Place("a.py", 3, 5), "Mend it."),)
    assert raised.hint == "Mend it."
    assert raised.args == ("it broke",)


def test_a_fault_reads_as_place_code_message_and_hint():
    place = Place("graphs/x.yaml", 14, 10)
    assert str(Fault("TG214", "wrong kind")) == "TG214 wrong kind"
    assert str(Fault("TG214", "wrong kind", place)) == "graphs/x.yaml:14:10 TG214 wrong kind"
    assert str(Fault("TG214", "wrong kind", place, "Mend it.")) == (
        "graphs/x.yaml:14:10 TG214 wrong kind\n  hint: Mend it."
    )
    assert str(Fault("TG217", "dead node", place, "", "warning")) == "graphs/x.yaml:14:10 warning TG217 dead node"
    assert str(Fault("TG217", "dead node", None, "Cut it.", "warning")) == "warning TG217 dead node\n  hint: Cut it."


def test_a_fault_is_data_for_machines():
    assert Fault("TG214", "wrong kind", Place("x.yaml", 14, 10), "Mend it.").as_dict() == {
        "code": "TG214",
        "severity": "error",
        "message": "wrong kind",
        "hint": "Mend it.",
        "file": "x.yaml",
        "line": 14,
        "column": 10,
        "notes": [],
        "fix": [],
    }
    noted = Fault("TG214", "x", notes=(Note(Place("y.yaml", 2, 3), "it is here"),), fix=(Edit(Place("z"), "a", "b"),))
    assert noted.as_dict()["notes"] == [{"file": "y.yaml", "line": 2, "column": 3, "text": "it is here"}]
    assert noted.as_dict()["fix"] == [{"file": "z", "line": 1, "column": 1, "old": "a", "new": "b"}]
    assert str(noted) == "TG214 x\n  note: y.yaml:2:3 it is here"
    bare = Fault("TG217", "dead node", severity="warning").as_dict()
    assert (bare["file"], bare["line"], bare["column"], bare["severity"]) == (None, None, None, "warning")


def test_a_fault_with_an_unlisted_code_cannot_be_made():
    with pytest.raises(ValueError, match="TG999 is not in CODES"):
        Fault("TG999", "what?")
    with pytest.raises(ValueError, match="TG999 is not in CODES"):
        PluginError("what?", code="TG999")


def test_places_are_ordered_by_file_line_and_column():
    places = [Place("b", 1, 1), Place("a", 10, 1), Place("a", 2, 9), Place("a", 2, 10), Place("a")]
    assert sorted(places) == [
        Place("a", 1, 1),
        Place("a", 2, 9),
        Place("a", 2, 10),
        Place("a", 10, 1),
        Place("b", 1, 1),
    ]


def test_a_graph_error_reports_all_faults_in_the_order_of_the_file():
    faults = [
        Fault("TG206", "an override"),
        Fault("TG214", "later", Place("g", 10, 1)),
        Fault("TG212", "same place", Place("g", 2, 5)),
        Fault("TG211", "same place", Place("g", 2, 5)),
    ]
    error = GraphError.of(faults)
    assert [fault.code for fault in error.faults] == ["TG211", "TG212", "TG214", "TG206"]
    assert str(error).splitlines() == [
        "g:2:5 TG211 same place",
        "g:2:5 TG212 same place",
        "g:10:1 TG214 later",
        "TG206 an override",
    ]


def test_a_settings_error_reports_all_faults_as_they_come():
    faults = [Fault("TG012", "second", Place("p", 2)), Fault("TG011", "first", Place("p", 1))]
    assert SettingsError.of(faults).faults == tuple(faults)


def test_errors_travel_between_processes():
    error = GraphError.of([Fault("TG201", "no such type", Place("g", 2, 5), "Mend it."), Fault("TG206", "none")])
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), back.faults, str(back)) == (GraphError, error.faults, str(error))


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("Enrty", ["entry", "exit"], "Did you mean 'entry'?"),
        ("ENTRY", ["entry", "exit"], "Did you mean 'entry'?"),
        ("entry", ["Entry"], "Did you mean 'Entry'?"),
        ("zzz", ["b", "a"], "Known: a, b."),
        ("zzz", [], ""),
        ("zzz", [f"n{i}" for i in range(9)], "Known: n0, n1, n2, n3, n4, n5, n6, n7 and 1 more."),
        ("", ["a"], "Known: a."),
    ],
)
def test_an_unknown_word_gets_the_closest_known_one_or_a_list(word, known, hint):
    assert did_you_mean(word, known) == hint
    assert did_you_mean(word, iter(known)) == hint


def test_a_caller_may_have_something_better_to_say_than_a_list():
    assert did_you_mean("zzz", ["a"], otherwise="Ask again.") == "Ask again."
    assert did_you_mean("entri", ["entry"], otherwise="Ask again.") == "Did you mean 'entry'?"
    assert did_you_mean("zzz", [], otherwise="Ask again.") == "Ask again."
