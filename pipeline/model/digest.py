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
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import isnan
from typing import cast

__all__ = ["digest", "digest_bytes", "encode"]

DIGEST_SIZE = 16
"""Bytes of a digest; 128 bits keep a collision out of reach and a hex form at 32 letters."""

_NAN = struct.pack(">d", float("nan"))


def encode(value: object) -> bytes:
    """The canonical bytes of `value`.

    Takes None, bool, int, float, str, bytes, date, time, datetime, timedelta, and tuples, lists,
    sets and maps of these. Raises TypeError for anything else: a key must never rest on a repr.
    """
    # the exact type is asked first: bool is an int to isinstance, and this is the hot path of planning
    kind = type(value)
    if kind is str:
        return _framed(b"s", cast("str", value).encode("utf-8", "surrogatepass"))
    if kind is tuple or kind is list:
        return _framed(b"t", b"".join(map(encode, cast("Sequence[object]", value))))
    if kind is bytes:
        return _framed(b"b", cast("bytes", value))
    if kind is int:
        return _framed(b"i", b"%d" % cast("int", value))
    if kind is float:
        return b"f8:" + (_NAN if isnan(cast("float", value)) else struct.pack(">d", value))
    if value is None:
        return b"n0:"
    if kind is bool:
        return b"o1:1" if value else b"o1:0"
    if isinstance(value, Mapping):
        pairs = sorted((encode(key), encode(item)) for key, item in value.items())
        parts = b"".join(key + item for key, item in pairs)
        return _framed(b"m", parts)
    if isinstance(value, set | frozenset):
        parts = b"".join(sorted(map(encode, value)))
        return _framed(b"e", parts)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        body = f"{kind.__name__} {value.isoformat()}".encode()
        return _framed(b"d", body)
    if isinstance(value, dt.timedelta):
        body = b"%d" % (value // dt.timedelta(microseconds=1))
        return _framed(b"u", body)
    raise TypeError(f"a {kind.__name__} cannot be part of a key")


def _framed(tag: bytes, body: bytes) -> bytes:
    return b"%b%d:%b" % (tag, len(body), body)


def digest(*values: object) -> str:
    """The hex digest of the values, in order."""
    return blake2b(encode(values), digest_size=DIGEST_SIZE).hexdigest()


def digest_bytes(data: bytes) -> str:
    """The hex digest of raw content, of a file for example."""
    return blake2b(data, digest_size=DIGEST_SIZE).hexdigest()
