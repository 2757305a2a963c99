"""Tampering with every stretch of every metadata file: a client refuses, or sees exactly what it saw before."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import MarketplaceError
from pipeline.marketplace.client import Client, find_root
from pipeline.marketplace.place import PARTS


@pytest.fixture(scope="module")
def stage(tmp_path_factory, nouns):
    """A marketplace with two authors, a yanked and a revoked version, two roots, and what a client sees of it."""
    place = tmp_path_factory.mktemp("tamper")
    bazaar = nouns["Bazaar"](place / "bazaar")
    bazaar.found()
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        bazaar.release("alice", "mean_gap", version)
    bazaar.release("bob", "fast_trend", "1.0.0", kind="strategy")
    bazaar.repository.yank("alice/mean_gap-1.1.0", "slow", key=bazaar.key("alice"), keys=[bazaar.keys])
    bazaar.repository.revoke("mean_gap", "bad", keys=[bazaar.keys], version="1.2.0")
    bazaar.repository.rotate("root", keys=[bazaar.keys])
    files = sorted(path.name for path in (bazaar.folder / "metadata").glob("*.json"))
    used = [name for name in files if name in needed(bazaar)]
    return bazaar, used, seen(bazaar, place / "first", bazaar.digest), bazaar.digest


def needed(bazaar) -> set[str]:
    """Files that a fresh client reads."""
    shelf = bazaar.repository.shelf
    snapshot = shelf.snapshot().signed
    roles = {f"{meta.version}.{name}" for name, meta in snapshot.meta.items()}
    return {"1.root.json", "2.root.json", "timestamp.json", f"{snapshot.version}.snapshot.json", *roles}


def seen(bazaar, cache, digest: str):
    """All that a fresh client sees, with the bytes of every plugin."""
    client = Client(bazaar.folder.as_uri(), cache, find_root(bazaar.folder.as_uri(), digest), clock=bazaar.clock)
    catalogue = client.catalogue()
    return catalogue, {
        release.ref: client.fetch(release.ref.path("plugin"), release.sha256)
        for listing in catalogue.listings.values()
        for release in listing.releases
    }


def tampered(draw_from: bytes, at: float, length: int, how: str, junk: bytes) -> bytes:
    start = int(at * len(draw_from))
    end = min(len(draw_from), start + length)
    middle = {
        "flip": bytes(byte ^ 0x01 for byte in draw_from[start:end]),
        "junk": junk[: end - start],
        "cut": b"",
        "repeat": draw_from[start:end] * 2,
        "digits": bytes(48 + (byte - 47) % 10 if 48 <= byte <= 57 else byte for byte in draw_from[start:end]),
    }[how]
    return draw_from[:start] + middle + draw_from[end:]


def try_it(stage, tmp_path_factory, name: str, changed: bytes) -> None:
    bazaar, _, (catalogue, plugins), digest = stage
    path = bazaar.folder / "metadata" / name
    good = path.read_bytes()
    cache = tmp_path_factory.mktemp("cache", numbered=True)
    path.write_bytes(changed)
    try:
        found, bytes_of = seen(bazaar, cache, digest)
    except MarketplaceError as error:
        code = error.faults[0].code
    else:
        code = ""
    finally:
        path.write_bytes(good)
        shutil.rmtree(cache)
    assert code in {"", "TG701", "TG702", "TG703", "TG704", "TG705", "TG706"}
    if code:
        return
    # nothing new, nothing else, nothing hidden without a word, nothing back that was withdrawn
    for plugin_id, listing in found.listings.items():
        assert listing.releases == catalogue.listings[plugin_id].releases
    assert found.revoked == catalogue.revoked
    assert found.listings.keys() == catalogue.listings.keys() or found.problems
    assert all(plugins[ref] == data for ref, data in bytes_of.items())


@settings(max_examples=120)
@given(data=st.data())
def test_no_stretch_of_metadata_can_be_changed_unnoticed(stage, tmp_path_factory, data) -> None:
    bazaar, files, *_ = stage
    name = data.draw(st.sampled_from(files))
    good = (bazaar.folder / "metadata" / name).read_bytes()
    changed = tampered(
        good,
        data.draw(st.floats(0, 1, exclude_max=True)),
        data.draw(st.sampled_from([1, 2, 7, 64, 1000])),
        data.draw(st.sampled_from(["flip", "junk", "cut", "repeat", "digits"])),
        data.draw(st.binary(min_size=1, max_size=64)),
    )
    try_it(stage, tmp_path_factory, name, changed)


@pytest.mark.heavy
def test_no_byte_of_metadata_can_be_changed_unnoticed(stage, tmp_path_factory) -> None:
    """Each stretch of 16 bytes of each file that a client reads, flipped."""
    bazaar, files, *_ = stage
    for name in files:
        good = (bazaar.folder / "metadata" / name).read_bytes()
        for start in range(0, len(good), 16):
            changed = good[:start] + bytes(byte ^ 0x01 for byte in good[start : start + 16]) + good[start + 16 :]
            try_it(stage, tmp_path_factory, name, changed)


@pytest.mark.parametrize("part", PARTS)
def test_a_file_that_was_changed_is_never_given(stage, part, tmp_path) -> None:
    bazaar, _, (catalogue, _), _ = stage
    release = catalogue.listings["mean_gap"].latest
    path = bazaar.folder / "files" / release.ref.path(part)
    good = path.read_bytes()
    client = Client(bazaar.folder.as_uri(), tmp_path / "cache", find_root(bazaar.folder.as_uri(), bazaar.digest),
                    clock=bazaar.clock)  # fmt: skip
    try:
        for changed in (good + b"\n", good[:-1], good.replace(b"e", b"a", 1), b""):
            path.write_bytes(changed)
            with pytest.raises(MarketplaceError) as error:
                client.fetch(release.ref.path(part))
            assert error.value.faults[0].code == "TG705"
    finally:
        path.write_bytes(good)


def test_the_untampered_marketplace_is_what_the_others_are_compared_with(stage) -> None:
    _, files, (catalogue, plugins), _ = stage
    assert len(files) == 8
    assert [(r.version, r.withdrawn) for r in catalogue.listings["mean_gap"].releases] == [
        ("1.2.0", "bad"), ("1.1.0", "slow"), ("1.0.0", ""),
    ]  # fmt: skip
    assert len(plugins) == 4
    assert catalogue.problems == ()
