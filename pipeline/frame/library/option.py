"""``set_option`` and kin: how pandas prints means nothing to the engine, so options are kept and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["get_option", "option_context", "options", "reset_option", "set_option"]

_kept: dict[str, Any] = {}


class _Options:
    """``pd.options.display.max_rows = 10``."""

    def __init__(self, path: str = "") -> None:
        object.__setattr__(self, "_path", path)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        whole = f"{self._path}.{name}".strip(".")
        return _kept[whole] if whole in _kept else _Options(whole)

    def __setattr__(self, name: str, value: Any) -> None:
        _kept[f"{self._path}.{name}".strip(".")] = value


options = _Options()


def set_option(*args: Any) -> None:
    """Keep options: name, value, name, value, …, or a dict."""
    pairs = args[0].items() if len(args) == 1 and isinstance(args[0], dict) else zip(args[::2], args[1::2], strict=True)
    _kept.update(pairs)


def get_option(pat: str) -> Any:
    """An option that was set before; None otherwise."""
    return _kept.get(pat)


def reset_option(pat: str) -> None:
    """Forget an option."""
    _kept.pop(pat, None)


@contextmanager
def option_context(*args: Any) -> Iterator[None]:
    """Options kept inside the context only."""
    before = dict(_kept)
    set_option(*args)
    try:
        yield
    finally:
        _kept.clear()
        _kept.update(before)
