"""The version of the installed product."""

from __future__ import annotations

__all__ = ["product_version"]


def product_version() -> str:
    """The version of the installed product, "" when it runs from its source."""
    # imported here because reading metadata costs as much as the rest of a command's start
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tradegraph")
    except PackageNotFoundError:
        return ""
