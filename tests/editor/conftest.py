"""yaml-language-server, spoken to over stdio as an editor does."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

HOME = Path(__file__).parent
SERVER = HOME / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


class Server:
    """One server process and the notifications that it sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            ["node", str(SERVER), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.count = 0
        self.opened = 0
        self.notes: list[dict] = []
        self.settings: dict = {}

    def begin(self, schema: str) -> None:
        self.settings = {
            "yaml": {"schemas": {schema: "*.yaml"}, "schemaStore": {"enable": False}, "hover": True,
                     "completion": True, "validate": True, "customTags": []},
            "http": {"proxy": "", "proxyStrictSSL": False},
        }  # fmt: skip
        root = self.folder.as_uri()
        capabilities = {
            "textDocument": {"completion": {"completionItem": {"snippetSupport": True,
                                                               "documentationFormat": ["markdown"]}},
                             "hover": {"contentFormat": ["markdown"]}},
            "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
        }  # fmt: skip
        self.ask("initialize", processId=None, rootUri=root, capabilities=capabilities,
                 workspaceFolders=[{"uri": root, "name": "project"}])  # fmt: skip
        self.send(method="initialized", params={})
        self.send(method="workspace/didChangeConfiguration", params={"settings": self.settings})

    def send(self, **message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def read(self) -> dict:
        length = 0
        while (line := self.process.stdout.readline().strip()) or not length:
            if not line and self.process.poll() is not None:
                raise EOFError("the language server ended")
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def take(self) -> dict:
        """The next message; questions of the server are answered, notifications kept."""
        message = self.read()
        if "method" in message and "id" in message:
            result = None
            if message["method"] == "workspace/configuration":
                result = [self.settings.get(item.get("section", "")) for item in message["params"]["items"]]
            self.send(id=message["id"], result=result)
        elif "method" in message:
            self.notes.append(message)
        return message

    def ask(self, method: str, **params):
        self.count += 1
        mine = self.count
        self.send(id=mine, method=method, params=params)
        while True:
            message = self.take()
            if message.get("id") == mine and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def open(self, name: str, text: str) -> str:
        uri = (self.folder / name).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.send(method="textDocument/didOpen", params={"textDocument": document})
        return uri

    def diagnostics(self, uri: str) -> list[dict]:
        while True:
            for note in self.notes:
                if note["method"] == "textDocument/publishDiagnostics" and note["params"]["uri"] == uri:
                    return note["params"]["diagnostics"]
            self.take()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """A folder with a schema of the nodes that ship."""
    from pipeline.graph.schema import schema_text
    from pipeline.plugins.discover import build_registry

    folder = tmp_path_factory.mktemp("editor")
    (folder / "graph.schema.json").write_text(schema_text(build_registry([HOME.parents[1] / "examples"]).registry))
    return folder


@pytest.fixture(scope="session")
def server(project):
    """A language server that knows the schema."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not SERVER.exists():
        pytest.skip("yaml-language-server is not installed: `make test` does it where there is npm")
    found = Server(project)
    found.begin((project / "graph.schema.json").as_uri())
    yield found
    found.end()
