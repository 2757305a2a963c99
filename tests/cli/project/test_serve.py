"""`tradegraph serve`: a process that listens, answers, and ends without loss."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

CHECKOUT = Path(__file__).parents[3]


@pytest.mark.heavy  # three processes
def test_a_server_says_where_it_is_and_ends_its_runs_with_it(project):
    (project / "nodes/custom/mine.py").write_text(
        "import signal\nfrom pipeline import Number, SameKind, indicator\n\n\n"
        "@indicator\ndef breaks(x: Number) -> SameKind:\n"
        '    """Wait for ever."""\n    while True:\n        signal.pause()\n'
    )
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "pipeline.cli", "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        command, cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        said = json.loads(server.stdout.readline())
        assert said["port"] > 0
        assert said["address"] == f"http://127.0.0.1:{said['port']}"
        assert said["link"].endswith(f"/?token={said['token']}")
        with httpx.Client(base_url=said["address"], timeout=60) as client:
            assert client.get("/api/system").status_code == 401
            client.headers["Authorization"] = f"Bearer {said['token']}"
            assert client.get("/api/system").json()["project"] == str(project)
            run = client.post("/api/runs", json={"graph": "trouble"}).json()["id"]
            with client.stream("GET", f"/api/runs/{run}/events") as events:
                heard = []
                for line in events.iter_lines():
                    heard += [line.removeprefix("event: ")] if line.startswith("event: ") else []
                    if line == "event: step" and heard.count("step") == 1:
                        server.send_signal(signal.SIGINT)
        assert heard[-1] == "finished"
        _, errors = server.communicate(timeout=60)
    assert server.returncode == 130
    assert errors.endswith("ended\n")
    assert "Traceback" not in errors
    # the run was stored, and says what became of it
    shown = subprocess.run(
        [*command[:3], "runs", "show", run, "--json"], cwd=project, env=env, capture_output=True, text=True, check=True
    )
    assert json.loads(shown.stdout)["graphs"][0]["status"] == "interrupted"


def test_a_machine_gets_one_line(project, tradegraph, monkeypatch):
    def once(self, ready):
        ready(self.served)
        self.listening.socket.close()

    monkeypatch.setattr("pipeline.api.server.Server.serve_until_stopped", once)
    said = tradegraph("serve", "--port", 0, "--json", "--read-only")
    assert len(said.out.splitlines()) == 1
    assert said.json["read_only"] is True
    assert said.json["link"] == f"{said.json['address']}/?token={said.json['token']}"
    assert said.err == "ended\n"
    people = tradegraph("serve", "--port", 0, "--host", "0.0.0.0")
    assert "run any code here" in people.err
    assert "  http://127.0.0.1:" in people.out


def test_an_address_that_cannot_be_had_is_a_usage_error(project, tradegraph):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = tradegraph("serve", "--port", port)
    assert said.status == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in said.err
    assert "--port 0" in said.err
    said = tradegraph("serve", "--host", "no.such.host.invalid")
    assert (said.status, said.out) == (2, "")
    assert "cannot listen on no.such.host.invalid" in said.err


def test_without_the_extra_it_says_what_to_install(project, tradegraph, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("pipeline.api.server", "uvicorn"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    said = tradegraph("serve", "--json")
    assert said.status == 2
    assert "pip install 'tradegraph[ui]'" in said.err
    assert said.json["faults"][0]["code"] == "TG001"
