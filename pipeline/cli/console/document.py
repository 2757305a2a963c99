"""Answers for machines: one JSON document on stdout."""

from __future__ import annotations

import json

import click

from pipeline.model.document import plain

__all__ = ["echo_json", "plain"]


def echo_json(value: object) -> None:
    """Write `value` as the one JSON document of this call."""
    click.echo(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False))
