"""The nouns of these tests: a `Bazaar` (a marketplace and its keys), a `Shop` (a project), a `Server`, a `Clock`."""

from __future__ import annotations

import datetime as dt
import functools
import http.server
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tuf.api.metadata import Metadata, TargetFile, Targets

from pipeline.errors import TradegraphError
from pipeline.marketplace import Marketplace, Repository
from pipeline.marketplace.bench import Benched
from pipeline.marketplace.key import new_key, signers_in
from pipeline.marketplace.place import REVIEWS
from pipeline.marketplace.scribe import Scribe
from pipeline.marketplace.step import Remark
from pipeline.plugins.monitor import MemoryEvents
from pipeline.plugins.system import PluginSystem
from pipeline.plugins.template import template_files
from pipeline.settings import Project

START = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
FIGURES = {"ms_10000": 1.0, "mb_10000": 1.0, "ms_100000": 9.0, "mb_100000": 9.0}


class Clock:
    """A clock that stands until it is set forward."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> dt.datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += dt.timedelta(**span)


class QuietBench:
    """A bench that finds nothing wrong, without running anything. The one that runs is tested by itself."""

    def __init__(self, found: Benched | None = None) -> None:
        self.found = found or Benched((Remark("bench", "ok", "quiet"),), FIGURES)
        self.asked: list[str] = []

    def run(self, plugin: Path, test: Path, author: str, before: Path | None) -> Benched:
        self.asked.append(plugin.name)
        return self.found


class QuietRunner:
    """A runner whose every graph goes well."""

    def __init__(self, status: int = 0, said: str = '{"nodes": [{"node": "it", "status": "computed"}]}') -> None:
        self.answer = (status, said)

    def run(self, project: Path, graph: str) -> tuple[int, str]:
        assert (project / "graphs" / f"{graph}.yaml").is_file()
        return self.answer


class Bazaar:
    """A marketplace in `folder`, its keys in `keys`, the keys of alice and bob. `digest` is that of its first root."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.folder = place / "market"
        self.keys = place / "keys"
        self.clock = Clock()
        self.bench, self.runner = QuietBench(), QuietRunner()
        self.repository = Repository(self.folder, clock=self.clock, bench=self.bench, runner=self.runner)

    @property
    def digest(self) -> str:
        import hashlib

        return hashlib.sha256((self.folder / "metadata" / "1.root.json").read_bytes()).hexdigest()

    def found(self) -> None:
        self.repository.init("bazaar", self.keys)
        for author in ("alice", "bob"):
            public = new_key(self.key(author))
            self.repository.add_author(author, public, keys=[self.keys])

    def key(self, author: str) -> Path:
        return self.place / f"{author}.pem"

    def write(
        self, author: str, stem: str, version: str, *, kind: str = "indicator", edit: Callable[[str], str] = str
    ) -> Path:
        """An author's file, its page and test, as the template writes them; `edit` changes the plugin's text."""
        folder = self.place / "desk" / author
        folder.mkdir(parents=True, exist_ok=True)
        words = " ".join(part.capitalize() for part in stem.split("_"))
        for name, text in template_files(kind, words, stem).items():  # type: ignore[arg-type]
            if name == f"{stem}.py":
                text = edit(text.replace("'1.0.0'", f"'{version}'").replace("return ['numpy']", "return []"))
            (folder / name).write_text(text)
        return folder / f"{stem}.py"

    def submit(self, author: str, stem: str, version: str, **how: Any) -> Any:
        return self.repository.publish(self.write(author, stem, version, **how), author=author, key=self.key(author))

    def release(self, author: str, stem: str, version: str, **how: Any) -> Any:
        """A version from the author's desk to the shelf."""
        waiting = self.submit(author, stem, version, **how)
        review = self.repository.review(waiting.ref)
        given = {"dependencies": review.dependencies} if review.dependencies_changed else {}
        return self.repository.approve(waiting.ref, waiting.digest, keys=[self.keys], by="Erin", **given)

    # what somebody does who has stolen keys, past every check of the repository

    def forge(self, role: str, change: Callable[[Targets], None], *, key: Path | None = None) -> None:
        """Change what a role has signed and sign it, the snapshot and the timestamp, with all keys there are."""
        shelf = self.repository.shelf
        metadata = shelf.targets() if role == "targets" else shelf.delegated(role)
        assert metadata is not None
        change(metadata.signed)
        signers = {**signers_in(self.keys), **signers_in(key or self.key("alice")), **signers_in(self.key("bob"))}
        Scribe(shelf, signers, self.clock).seal({role: metadata})

    def put(self, path: str, data: bytes) -> TargetFile:
        """A file beside the signed ones, and what a list would say of it."""
        place = self.folder / "files" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return TargetFile.from_data(path, data, ["sha256"])

    def metadata(self, name: str) -> Metadata[Any]:
        return Metadata.from_bytes((self.folder / "metadata" / name).read_bytes())

    @property
    def reviews(self) -> Metadata[Targets]:
        found = self.repository.shelf.delegated(REVIEWS)
        assert found is not None
        return found


class Shop:
    """A project and its view of marketplaces. Plugins are not examined, for speed, unless `settings` say so."""

    def __init__(
        self, root: Path, clock: Clock, *, settings: str = '{"validate_plugins": false}', **options: Any
    ) -> None:
        self.root = root
        (root / "nodes" / "custom").mkdir(parents=True)
        (root / "plugin_config.json").write_text(settings)
        self.events = MemoryEvents()
        self.system = PluginSystem(Project.open(root), self.events)
        self.market = Marketplace(self.system, clock=clock, **options)

    def install(self, *wanted: str, **consent: Any) -> list[Any]:
        from pipeline.marketplace import Consent

        return self.market.install(self.market.plan(wanted), Consent(**consent))

    @property
    def ids(self) -> list[str]:
        return sorted(self.system.current().plugins)

    @property
    def told(self) -> list[tuple[str, str]]:
        """What was told, and forgotten with this."""
        found = [(event.event, event.plugin) for event in self.events.events]
        self.events.events.clear()
        return found

    @property
    def audit(self) -> list[tuple[str, str]]:
        return [(record.event, str(record.about.get("plugin", ""))) for record in self.system.audit.read()]

    def file(self, plugin_id: str) -> Path:
        return self.root / self.market.lock.plugins[plugin_id].file

    def refusals(self) -> dict[str, str]:
        return {Path(r.path).stem: r.fault.code for r in self.system.current().records if r.fault}


def code_of(call: Callable[[], Any]) -> str:
    """The code of the error that a call raises, "" when it raises none."""
    try:
        call()
    except TradegraphError as error:
        return error.faults[0].code
    return ""


class Server:
    """A folder over HTTP on the loopback. `answers` maps paths to functions that make another answer of the bytes."""

    def __init__(self, folder: Path) -> None:
        outer = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                special = outer.answers.get(self.path)
                if special is None:
                    super().do_GET()
                    return
                self.send_response(200)
                self.end_headers()
                try:
                    for piece in special():
                        self.wfile.write(piece)
                        outer.sent += len(piece)
                except OSError:  # the client has had enough
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Nothing is printed."""

        self.answers: dict[str, Callable[[], Any]] = {}
        self.asked: list[str] = []
        self.sent = 0
        handler = functools.partial(Handler, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def as_json(value: Any) -> Any:
    """What a route would send."""
    from dataclasses import asdict

    return json.loads(json.dumps(asdict(value)))
