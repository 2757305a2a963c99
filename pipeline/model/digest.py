"""Digests of content and cache keys: one canonical, unambiguous byte form for every value.

Each value is written as a type tag, a length and its bytes, so no two values of different type or
nesting share a form: 1, 1.0, True and "1" differ, ("ab", "c") differs from ("a", "bc"). A list counts as
a tuple: both are a row of values. Floats are their IEEE bytes (so 0.0 and -0.0 differ), with every NaN
folded into one. Maps and sets are sorted by the encoded form of
their keys, so neither insertion order nor PYTHONHASHSEED shows.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from math import isnan
from typing import Any

__all__ = ["digest", "digest_bytes", "encode"]

DIGEST_SIZE = 16
"""Bytes of a digest; 128 bits keep a collision out of reach and a hex form at 32 letters."""

_NAN = struct.pack(">d", float("nan"))


def encode(value: object) -> bytes:
    """The canonical bytes of `value`.

    Takes None, bool, int, float, str, bytes, date, time, datetime, timedelta, and tuples, lists,
    sets and maps of these. Raises TypeError for anything else: a key must never rest on a repr.
    """
    # the exact type is asked: bool is an int to isinstance
    encoder = _BY_TYPE.get(type(value))
    return encoder(value) if encoder is not None else _rare(value)


def _framed(tag: bytes, body: bytes) -> bytes:
    return b"%b%d:%b" % (tag, len(body), body)


def _text(value: str) -> bytes:
    body = value.encode("utf-8", "surrogatepass")
    return b"s%d:%b" % (len(body), body)


def _sequence(value: Sequence[object]) -> bytes:
    body = b"".join([encode(item) for item in value])
    return b"t%d:%b" % (len(body), body)


def _float(value: float) -> bytes:
    return b"f8:" + (_NAN if isnan(value) else struct.pack(">d", value))


_BY_TYPE: dict[type, Callable[[Any], bytes]] = {
    str: _text,
    tuple: _sequence,
    list: _sequence,
    int: lambda value: _framed(b"i", b"%d" % value),
    float: _float,
    bool: lambda value: b"o1:1" if value else b"o1:0",
    bytes: lambda value: _framed(b"b", value),
    type(None): lambda _: b"n0:",
}


def _rare(value: object) -> bytes:
    if isinstance(value, Mapping):
        pairs = sorted((encode(key), encode(item)) for key, item in value.items())
        parts = b"".join(key + item for key, item in pairs)
        return _framed(b"m", parts)
    if isinstance(value, set | frozenset):
        parts = b"".join(sorted(map(encode, value)))
        return _framed(b"e", parts)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        body = f"{type(value).__name__} {value.isoformat()}".encode()
        return _framed(b"d", body)
    if isinstance(value, dt.timedelta):
        body = b"%d" % (value // dt.timedelta(microseconds=1))
        return _framed(b"u", body)
    raise TypeError(f"a {type(value).__name__} cannot be part of a key")


def digest(*values: object) -> str:
    """The hex digest of the values, in order."""
    return blake2b(encode(values), digest_size=DIGEST_SIZE).hexdigest()


def digest_bytes(data: bytes) -> str:
    """The hex digest of raw content, of a file for example."""
    return blake2b(data, digest_size=DIGEST_SIZE).hexdigest()
