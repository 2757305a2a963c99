"""The page about plugins: its commands, its Python and its SQL are run in a fresh project."""

import pytest

from pipeline.engine import Engine

PAGE = "docs/plugins.md"


@pytest.mark.heavy  # a dozen processes
def test_its_commands_python_and_sql_work_in_a_fresh_project(tmp_path, shell, blocks, monkeypatch) -> None:
    (script, signing), (python,), (query,) = blocks(PAGE, "sh"), blocks(PAGE, "python"), blocks(PAGE, "sql")
    made = shell("tradegraph init site --empty", tmp_path)
    assert made.returncode == 0, made.stderr
    root = tmp_path / "site"
    done = shell(script + signing, root)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "all is well" in done.stdout
    assert "3 tests, 0 failures" in done.stdout
    assert "nobody trusts this key yet" in done.stdout
    assert (root / "logs/profiles/fast_trend.prof").exists()
    (root / "script.py").write_text(python)
    ran = shell("python -W error script.py", root)
    assert ran.returncode == 0, ran.stderr
    assert "'fast_trend'" in ran.stdout
    engine = Engine.open(root)
    # what Python called is in the database when Python has ended
    calls = engine.sql("select plugin, count(*) as calls from plugin_calls group by 1 order by 1").rows()
    assert calls == [("bollinger_bands", 1), ("mean_reversion_strategy", 2)]
    assert engine.sql(query).columns == ["node_type", "ms", "most"]
    assert {row for (row,) in engine.sql("select distinct event from plugin_events").rows()} == {"loaded"}


def test_it_names_every_command_table_and_key(page) -> None:
    from pipeline.cli.plugins.group import plugin

    text = page(PAGE)
    commands = set(plugin.list_commands(None)) - {"install", "remove", "reload"}
    assert all(f"tradegraph plugin {name}" in text for name in commands)
    assert all(f"`{name}`" in text for name in ("plugins", "plugin_events", "plugin_calls", "warnings", "node_timings"))
