"""The page about the API: its command is carried out, its Python runs against a server, what it lists is there."""

import re
import threading

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

PAGE = "docs/api.md"

pytestmark = pytest.mark.xdist_group("api")


@pytest.fixture(scope="module")
def served(tmp_path_factory, answer, sharing_kernels):
    """A project as `init` makes it, served."""
    from pipeline.api.server import Server, listen

    folder = tmp_path_factory.mktemp("api")
    answer("tradegraph init site", folder)
    root = sharing_kernels(folder / "site")
    server = Server(root, listen("127.0.0.1", 0))
    ready = threading.Event()
    thread = threading.Thread(target=server.serve_until_stopped, args=(lambda _: ready.set(),))
    thread.start()
    assert ready.wait(60)
    yield server
    server.should_exit = True
    thread.join(60)


def test_its_python_runs(served, blocks, monkeypatch, capsys):
    monkeypatch.setenv("TRADEGRAPH_API", served.listening.address)
    monkeypatch.setenv("TRADEGRAPH_TOKEN", served.access.token)
    script = "\n".join(blocks(PAGE, "python"))
    names = {}
    exec(compile(script, PAGE, "exec"), names)
    names["api"].close()
    said = capsys.readouterr().out
    assert "'status': 'ok'" in said
    assert re.search(r"^sharpe 0\.\d+$", said, re.MULTILINE)
    assert re.search(r"^2264 bars in 500 buckets; the last value is 1\.\d+$", said, re.MULTILINE)
    assert "['daily.open', 'daily.high', 'daily.low', 'daily.close', 'daily.volume']" in said
    assert re.search(r"^\['node', 'ms'\] \['\w+', \d+\.\d+\] True$", said, re.MULTILINE)
    assert "text/html; charset=utf-8 <!doctype html>" in said
    assert "{'markets': [], 'plugins': []} True" in said
    assert "404 TG110 there is no graph 'ema_cros' Did you mean 'ema_cross'?" in said


def test_its_command_is_carried_out(served, answers, blocks, monkeypatch):
    """The command listens, says where, and would wait: here it is stopped when it is ready."""

    def once(self, ready):
        ready(self.served)
        self.listening.socket.close()
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.api.server.Server.serve_until_stopped", once)
    (block,) = blocks(PAGE, "sh")
    (said,) = answers(block.replace("8321", "0"), served.served.engine.project.root)
    assert said.returncode == 130
    assert re.search(r"http://127\.0\.0\.1:\d+/\?token=\S{40}", said.stdout)
    assert "curl -H 'Authorization: Bearer " in said.stdout


def test_every_route_belongs_to_a_row_of_its_table(served, page):
    from pipeline.api.app import make_app

    text = page(PAGE)
    rows = re.findall(r"^\| (`/api.*?) \|", text, re.MULTILINE)
    listed = [cell for row in rows for cell in re.findall(r"`(.+?)`", row)]
    prefixes = [cell.removesuffix("/…").replace("RUN", "{run}") for cell in listed]
    for path in make_app(served.served).openapi()["paths"]:
        assert any(path.startswith(prefix) for prefix in prefixes), path


def test_its_limits_are_those_of_the_code(page):
    from pipeline.api import files, guard, sql, tasks

    text = page(PAGE)
    assert (guard.MOST_BYTES, files.MOST_TEXT) == (4 * 1024**2, 1024**2)
    assert sql.MEMORY == 1024**3
    assert "at most 4 MiB, graphs and plugins 1 MiB" in text
    assert "two at a time" in text
    assert tasks.Tasks.__init__.__kwdefaults__ == {"most": 2, "grace": 10.0}
    for name in ("queued", "started", "step", "finished", "error"):
        assert f"`{name}`" in text


@pytest.mark.heavy  # a browser
def test_the_page_of_the_server_is_drawn_and_asks_nobody_else(served, browser):
    asked, wrong = [], []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(served.link)
    page.wait_for_selector("details.route")
    assert page.url == f"{served.listening.address}/docs"
    routes = page.locator("details.route")
    assert routes.count() >= 40
    for at in range(routes.count()):
        routes.nth(at).locator("summary").first.click()
    page.locator("#filter").fill("/api/sql")
    box = page.locator("details.route:not([hidden])")
    assert box.count() == 1
    box.locator("textarea").fill('{"query": "select 40 + 2 as n"}')
    box.locator("button").click()
    box.locator("pre").filter(has_text="42").wait_for()
    page.close()
    assert wrong == []
    assert {url.partition("/")[2].partition("/")[2].partition("/")[0] for url in asked} == {
        served.listening.address.removeprefix("http://")
    }
