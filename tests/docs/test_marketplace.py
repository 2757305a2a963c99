"""The page about the marketplace: its commands and its Python are run in a fresh project, in the order of the work."""

import re

import pytest

PAGE = "docs/marketplace.md"


@pytest.mark.heavy  # a real review: processes that load the engine, a cut after every bar
def test_its_commands_and_its_python_work_in_a_fresh_project(tmp_path, answer, shell, blocks):
    using, publishing, running = blocks(PAGE, "sh")
    (python,) = blocks(PAGE, "python")
    answer("tradegraph init site --empty", tmp_path)
    root = tmp_path / "site"
    key, new, publish = publishing.strip().splitlines()
    init, add, waiting, review, approve, verify, renew = running.strip().splitlines()
    founded = answer(init, root)
    root_digest = re.search(r"trust community URL ([0-9a-f]{64})", founded)[1]
    assert "carry away, each to another place: root-1.pem, root-2.pem, root-3.pem" in founded
    assert len(answer(key, root).strip()) == 44
    assert "alice may publish below alice/" in answer(add, root)
    answer(new, root)
    submitted = answer(publish, root)
    digest = re.search(r"digest ([0-9a-f]{64})", submitted)[1]
    for path in (root / "nodes/indicators").iterdir():
        path.unlink()  # what is installed below is the marketplace's
    assert "not reviewed" in answer(waiting, root)
    said = answer(review, root)
    assert "alice/mean_gap-1.0.0 has passed" in said
    assert f"--digest {digest}" in said
    assert "published alice/mean_gap-1.0.0" in answer(approve.replace("DIGEST", digest), root)
    assert "all is well" in answer(verify, root)
    assert "signed anew: snapshot, timestamp" in answer(renew, root)
    used = answer(using.replace("ROOT_DIGEST", root_digest), root)
    for promised in (
        "community is trusted: 1 plugin", "network      no", "2. automated tests and validation: ok",
        "installed mean_gap 1.0.0", "all that is installed is the latest", "1 plugin from marketplaces, 0 of them",
        "each follows the one before",
    ):  # fmt: skip
        assert promised in used, promised
    (root / "script.py").write_text(python)
    ran = shell("python -W error script.py", root)
    assert ran.returncode == 0, ran.stderr
    assert "mean_gap ['1.0.0']" in ran.stdout
    assert "[('mean_gap', 'installed')]" in ran.stdout
    assert ran.stdout.strip().endswith("() []")


def test_it_names_every_command_and_every_code_that_a_client_may_meet(page):
    from pipeline.cli.market.author import author
    from pipeline.cli.market.group import market

    text = page(PAGE)
    for name in market.list_commands(None):
        assert re.search(rf"tradegraph market {name}\b|`{name} |`{name}`", text), name
    for name in author.list_commands(None):
        assert f"author {name}" in text, name
    for code in ("TG702", "TG703", "TG704", "TG705", "TG710", "TG713", "TG715", "TG720"):
        assert code in text


def test_its_table_of_steps_is_the_guides(page):
    from pipeline.marketplace.step import STEPS

    assert all(f"| {number} {name} |" in page(PAGE) for number, name in STEPS.items())


def test_its_table_of_files_names_what_a_marketplace_has(page):
    from pipeline.marketplace.place import PARTS

    line = next(line for line in page(PAGE).splitlines() if "files/AUTHOR/ID-VERSION" in line)
    assert all(f"{ending}`" in line for ending in PARTS.values())
