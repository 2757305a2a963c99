"""What workers are forked from: nodes are loaded there, and no thread is left behind that a fork would lose."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import os
import sys
import polars
import pipeline.runs.task as task
before = len(os.listdir("/proc/self/task"))
import numba
import pipeline.runs.preload
print(len(os.listdir("/proc/self/task")) - before, *task._PLUGINS)
"""


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
@pytest.mark.parametrize(("settings", "loaded"), [("{}", True), ('{"isolation": "none"}', False)])
def test_shipped_nodes_are_loaded_where_no_code_of_the_users_runs(tmp_path, settings, loaded) -> None:
    (tmp_path / "plugin_config.json").write_text(settings)
    checkout = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "TRADEGRAPH_WARM": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", *([str(tmp_path)] if loaded else [])]
