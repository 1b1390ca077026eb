"""
JSON with every digit: numbers come in as `Decimal` or `int` and go out as they were, never through binary floats.

`1.50` stays `1.50`, exponents are written out, instants end in `Z`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import msgspec


def _plain(value: Any) -> Any:
    """What the encoder gets for values it would otherwise refuse or write in another form."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def instant(value: datetime) -> str:
    """
    RFC 3339 in UTC with `Z`; fractions of a second only when there are any.

    Raises:
        ValueError: the datetime is naive.
    """
    if value.tzinfo is None:
        raise ValueError("a naive datetime has no place on the wire")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


#: Exactly these types, the most of every body, are written as they are.
_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


def _wire(value: Any) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    # Members are looked at here, so that most of them cost no call.
    if kind is dict:
        return {key: item if type(item) in _AS_THEY_ARE else _wire(item) for key, item in value.items()}
    if kind is list:
        return [item if type(item) in _AS_THEY_ARE else _wire(item) for item in value]
    if isinstance(value, datetime):
        # The encoder writes these in the same way, in less time.
        return value if value.tzinfo is UTC else instant(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is not a JSON number")
        # An exponent is legal JSON, but readers that keep digits as text would show another number than the source.
        text = str(value)
        return msgspec.Raw(format(value, "f").encode()) if "E" in text else value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        raise TypeError("floats are refused: they do not keep the digits of the source")
    if isinstance(value, dict):
        return {key: _wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_wire(item) for item in value]
    return value


def dumps(value: Any) -> bytes:
    """UTF-8 JSON of plain values, Decimal, date, aware datetime and enumerations."""
    return _encoder.encode(_wire(value))


def loads(raw: bytes | str) -> Any:
    """
    Plain Python values; fractions as `Decimal` with the digits that were written.

    Raises:
        ValueError: not JSON.
    """
    try:
        return _decoder.decode(raw)
    except msgspec.DecodeError as fault:
        raise ValueError(str(fault)) from fault
