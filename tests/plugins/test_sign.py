"""Signatures of plugin files: who vouches for them, and what a project takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import PluginError
from pipeline.plugins.admit import Policy
from pipeline.plugins.discover import build_registry
from pipeline.plugins.sign import make_key, public_text, sign_file, signature_file, signature_of


@pytest.fixture
def key(tmp_path) -> Path:
    """A signing key."""
    make_key(tmp_path / "keys" / "mine.pem")
    return tmp_path / "keys" / "mine.pem"


@pytest.fixture
def plugin(world, guide) -> Path:
    """The guide's indicator, unsigned."""
    return world.write("my_custom_indicator", guide("indicator"))


@pytest.fixture
def outcome(world, plugin):
    """`outcome(**policy)`: "loaded", or the message of the refusal; and how the file is signed."""

    def found(**said):
        records = build_registry([world.nodes], shipped=world.shipped, policy=Policy(examine=False, **said)).records
        (record,) = [record for record in records if record.path == str(plugin)]
        return record.fault.message if record.fault else record.status, record.signature

    return found


def test_a_key_is_its_owners_alone_and_is_never_made_twice(key) -> None:
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(PluginError, match="cannot write the key"):
        make_key(key)


def test_a_signature_is_valid_for_the_file_and_for_who_trusts_the_key(key, plugin) -> None:
    assert signature_of(plugin, {}).state == "absent"
    sign_file(plugin, key)
    assert signature_of(plugin, {}).state == "unknown"
    found = signature_of(plugin, {"me": public_text(key)})
    assert (found.state, found.signer) == ("valid", "me")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path, sig: path.write_bytes(path.read_bytes() + b"\n"),
        lambda path, sig: sig.write_text("{}"),
        lambda path, sig: sig.write_text("no json"),
        lambda path, sig: sig.write_text(json.dumps({**json.loads(sig.read_text()), "signature": "AAAA"})),
        lambda path, sig: sig.write_text(json.dumps({**json.loads(sig.read_text()), "algorithm": "none"})),
        lambda path, sig: sig.write_text(json.dumps({**json.loads(sig.read_text()), "key": 5})),
    ],
    ids=["file changed", "empty", "no json", "other signature", "other algorithm", "no key"],
)
@pytest.mark.parametrize("allow", [True, False])
def test_a_wrong_signature_never_loads(key, plugin, outcome, damage, allow) -> None:
    sign_file(plugin, key)
    damage(plugin, signature_file(plugin))
    message, signature = outcome(allow_unsigned=allow, keys={"me": public_text(key)})
    assert "its signature is wrong" in message
    assert signature == ""


def test_unsigned_files_load_only_where_that_is_allowed(plugin, outcome) -> None:
    assert outcome(allow_unsigned=True) == ("loaded", "unsigned")
    assert outcome(allow_unsigned=False)[0] == "my_custom_indicator: my_custom_indicator.py is unsigned"


def test_a_signature_by_somebody_unknown_counts_as_none(key, plugin, outcome) -> None:
    sign_file(plugin, key)
    assert outcome(allow_unsigned=False)[0] == "my_custom_indicator: my_custom_indicator.py is signed by an unknown key"
    assert outcome(allow_unsigned=True) == ("loaded", "signed by an unknown key")
    assert outcome(allow_unsigned=False, keys={"me": public_text(key)}) == ("loaded", "signed by me")


def test_a_trusted_id_needs_no_signature(outcome) -> None:
    assert outcome(allow_unsigned=False, trusted=frozenset({"my_custom_indicator"})) == ("loaded", "unsigned")


def test_no_line_of_a_file_runs_before_its_signature_was_judged(world, plugin, outcome, tmp_path) -> None:
    mark = tmp_path / "ran"
    plugin.write_text(f"import pathlib\npathlib.Path({str(mark)!r}).touch()\n" + plugin.read_text())
    outcome(allow_unsigned=False)
    assert not mark.exists()
    outcome(allow_unsigned=True)
    assert mark.exists()


def test_helpers_of_a_signed_plugin_must_be_signed_as_well(world, key, plugin, outcome) -> None:
    helper = world.write("_helper", "LENGTH = 5\n")
    plugin.write_text(plugin.read_text() + "\nfrom ._helper import LENGTH\n")
    sign_file(plugin, key)
    strict = {"allow_unsigned": False, "keys": {"me": public_text(key)}}
    assert outcome(**strict)[0] == "my_custom_indicator: _helper.py is unsigned"
    sign_file(helper, key)
    assert outcome(**strict) == ("loaded", "signed by me")
    helper.write_text("LENGTH = 6\n")
    assert "its signature is wrong" in outcome(allow_unsigned=True)[0]


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_signs_nothing(plugin, tmp_path, text) -> None:
    (tmp_path / "key.pem").write_bytes(text)
    with pytest.raises(PluginError) as caught:
        sign_file(plugin, tmp_path / "key.pem")
    assert caught.value.faults[0].code == "TG412"
    assert not signature_file(plugin).exists()
