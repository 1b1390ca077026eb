"""Value Sets as objects with a Decimal each, encoded by msgspec: exact, and the fastest exact way for plain objects."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec


class _Usage(msgspec.Struct):
    eu: Decimal


_encode = msgspec.json.Encoder(decimal_format="number").encode


def values_json(thousandths: Sequence[int]) -> bytes:
    """The JSON array of Value Sets with one Value Object each."""
    return _encode([[_Usage(Decimal(value).scaleb(-3))] for value in thousandths])
