"""Tests of a group run in one worker; a version of pytest once made pytest-xdist pass over all groups, silently."""

import pytest


def group(item: pytest.Item) -> str:
    return "_".join(sorted({mark.args[0] for mark in item.iter_markers("xdist_group")}))


def test_the_group_of_a_test_stands_in_the_id_that_it_is_handed_out_by(request: pytest.FixtureRequest) -> None:
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("groups are for workers: `-n 2 --dist loadgroup`")
    grouped = [item for item in request.session.items if group(item)]
    # what comes behind the last @ is all that the scheduler knows of groups
    assert [item.nodeid for item in grouped if not item.nodeid.endswith(f"@{group(item)}")] == []


@pytest.mark.xdist_group("groups")
def test_there_is_a_group(request: pytest.FixtureRequest) -> None:
    assert group(request.node) == "groups"
