"""Whatever a plugin does is a failed node with a reason; the next plugin and the next run are unharmed."""

import json
import runpy
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.engine import Engine
from pipeline.execution.execute import Guest, Options, execute
from pipeline.execution.kernel import KernelCache
from pipeline.execution.protocols import MemoryObjects
from pipeline.plugins.admit import Policy
from pipeline.plugins.confine import Bounds, available
from pipeline.plugins.describe import Absent
from pipeline.plugins.discover import build_registry
from pipeline.plugins.workers.host import WorkerHost

pytestmark = [
    pytest.mark.xdist_group("hostile"),  # one fork server for all of them
    pytest.mark.skipif(not available().complete, reason=f"this system lacks: {', '.join(available().lacking)}"),
]

NOUNS = runpy.run_path(str(Path(__file__).parents[1] / "execution" / "world.py"))
HOSTILE = runpy.run_path(str(Path(__file__).with_name("hostile.py")))
GOOD = '''
@indicator
def good(x: Number) -> Number:
    """Twice the value."""
    return x * 2
'''
MEGABYTES = 300


def names(cases) -> list:
    """The names of cases, the heavy ones marked."""
    return [pytest.param(name, marks=pytest.mark.heavy) if case.heavy else name for name, case in cases.items()]


class Quarters:
    """A world whose plugins are loaded and called in workers, and a folder of the user's beside it."""

    def __init__(self, root: Path) -> None:
        self.world = NOUNS["World"](root / "world", KernelCache())
        (self.world.nodes / "arithmetic.py").unlink()
        self.world.node("good", GOOD)
        self.harm = root / "harm"
        self.harm.mkdir()
        (self.harm / "secret").write_text("secret")
        self.host = WorkerHost([self.world.nodes], root / "kernels", bounds=Bounds.usual(MEGABYTES))
        self.world.discover = self.discover
        self.patience = 30.0

    def discover(self):
        """The files as they are now; each was run in a worker, if at all."""
        self.host.patience = self.patience
        policy = Policy(examine=False, elsewhere=self.host, timeout=self.patience)
        return build_registry([self.world.nodes], shipped=self.world.shipped, policy=policy)

    def write(self, **code: str) -> None:
        """The hostile plugin."""
        self.world.write("evil", HOSTILE["plugin"](str(self.harm), **code))

    def run(self, nodes: str):
        """A run of a graph."""
        self.world.store = MemoryObjects()
        options = Options(
            confined=self.host, guest=lambda node: Guest(self.patience, confined=isinstance(node.fn, Absent))
        )
        planned = self.world.plan(nodes)
        return execute(planned, "run", self.world.market, self.world.store, self.world.kernels, options=options)

    def unharmed(self) -> bool:
        """True when a good plugin still answers right, and nothing of the user's is touched."""
        found = self.run("good: {use: good, in: daily.close}")
        values = self.world.values(found, "good")
        untouched = [path.name for path in self.harm.iterdir()] == ["secret"]
        return values[:2] == [200.0, 202.0] and untouched and (self.harm / "secret").read_text() == "secret"


@pytest.fixture(scope="module")
def quarters(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("hostile")
        patch.setenv(NOUNS["CALLS"], str(root / "calls"))
        patch.setenv("TRADEGRAPH_TEST_SECRET", "secret")
        found = Quarters(root)
        yield found
        found.host.close()


@pytest.mark.parametrize("name", names(HOSTILE["AT_CALL"]))
def test_what_a_plugin_does_when_it_is_called(quarters, name, capfd) -> None:
    case = HOSTILE["AT_CALL"][name]
    quarters.write(at_call=case.code, at_import=case.at_import)
    found = quarters.run(
        f"evil: {{use: evil, in: daily, timeout: {case.limit}s}}\n"
        "beside: {use: good, in: daily.close}\nbelow: {use: good, in: evil}"
    )
    record = found.record("g", "evil")
    failure = record.failure
    code, said = (failure.code, failure.message) if failure else ("", "")
    assert code in case.leads_to, (code, said)
    assert case.says in said
    assert record.isolation.startswith("worker: landlock")
    assert found.record("g", "beside").status == "computed"
    assert found.record("g", "below").status == ("skipped" if failure else "computed")
    told = f"{said}{failure.traceback if failure else ''}{capfd.readouterr().err}"
    assert not set(told) & {"\x1b", "\x07", "\u202e", "\ud800"}
    assert len(told) < 400_000
    assert quarters.unharmed()


@pytest.mark.parametrize("name", names(HOSTILE["AT_IMPORT"]))
def test_what_a_plugin_does_when_it_is_loaded(quarters, name) -> None:
    case = HOSTILE["AT_IMPORT"][name]
    quarters.write(at_import=case.code)
    quarters.patience = case.limit
    try:
        found = quarters.discover()
    finally:
        quarters.patience = 30.0
        (quarters.world.nodes / "evil.py").unlink()
    (fault,) = found.registry.refused
    assert fault.code in case.leads_to, fault
    assert case.says in fault.message
    assert not set(fault.message) & {"\x1b", "\x07", "\u202e", "\ud800"}
    assert "good" in found.registry
    assert quarters.unharmed()


def test_the_record_of_a_run_has_the_reason_and_the_next_run_is_as_ever(tmp_path, monkeypatch) -> None:
    (tmp_path / "kernels").mkdir()
    monkeypatch.setenv(NOUNS["CALLS"], str(tmp_path / "calls"))
    site = NOUNS["Site"](tmp_path / "site", tmp_path / "kernels")
    (site.nodes / "arithmetic.py").unlink()
    site.node("good", GOOD)
    (site.root / "plugin_config.json").write_text('{"validate_plugins": false}')
    site.write("evil", HOSTILE["plugin"]("/nowhere", at_call="os.kill(os.getppid(), signal.SIGKILL)"))
    engine = Engine.open(site.root)
    path = site.graph("evil: {use: evil, in: daily}\ngood: {use: good, in: daily.close}")
    for cached in ("computed", "cached"):
        run = engine.run(path).run
        assert {r.step.node.name: r.status for r in run.records} == {"evil": "failed", "good": cached}
    rows = engine.sql("select node, status, code, isolation from node_timings left join failures using (run_id, node)")
    evil = [row for row in rows.rows() if row[0] == "evil"]
    assert {row[:3] for row in evil} == {("evil", "failed", "TG418")}
    assert all(row[3] == f"worker: {available()}" for row in evil)


@pytest.mark.parametrize(
    ("code", "load", "run", "flags"),
    [
        ({"at_import": "os._exit(0)"}, "rejected", None, {"unsigned"}),
        ({"at_call": "while True: pass"}, "ok", "timeout", {"unsigned"}),
        ({"at_call": "os._exit(0)"}, "ok", "killed", {"unsigned"}),
        ({"at_call": "open('/etc/passwd')"}, "ok", "error", {"unsigned", "forbidden"}),
        ({"at_call": "return data['close'].shift(-1)"}, "ok", "ok", {"unsigned", "lookahead"}),
        ({"at_call": "return data['close'] + np.random.rand()"}, "ok", "ok", {"unsigned", "nondeterministic"}),
        ({"at_call": "data['close'] = data['close'] * 2"}, "ok", "ok", {"unsigned", "mutates_input"}),
    ],
)
def test_the_runner_says_how_outside_cases_ended(tmp_path, monkeypatch, capsys, code, load, run, flags) -> None:
    file = tmp_path / "evil.py"
    file.write_text(HOSTILE["plugin"](str(tmp_path), **code))
    monkeypatch.chdir(tmp_path)
    status = main(["plugin", "test", str(file), "--json", "--timeout", "2"])
    told = json.loads(capsys.readouterr().out)
    assert (told["load"], told["run"], set(told["flags"])) == (load, run, flags)
    well = flags == {"unsigned", "mutates_input"}
    assert (status, told["passed"], bool(told["reasons"])) == (0 if well else 1, well, not well)
    assert all(reason["code"].startswith("TG") for reason in told["reasons"])
    assert told["isolation"] == str(available())
