"""The kinds of values the standards define (CDS-WG1-01 2, CDS-WG1-02 2), each as a question about one JSON value."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

_DATETIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DURATION = re.compile(r"P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(?P<time>T(?!$)(\d+H)?(\d+M)?(\d+S)?)?")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]{0,126}/[A-Za-z0-9][\w!#$&^.+-]{0,126}(\s*;.*)?")
_URL_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def is_datetime(value: Any) -> bool:
    """RFC 3339 date-time with a zone."""
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        return False
    try:
        # A leap second is an instant too; Python knows none.
        datetime.fromisoformat(re.sub(r":60(?=[.Zz+-])", ":59", value).upper())
    except ValueError:
        return False
    return True


def read_datetime(value: str) -> datetime:
    """The instant of a value that `is_datetime`."""
    return datetime.fromisoformat(re.sub(r":60(?=[.Zz+-])", ":59", value).upper())


def is_date(value: Any) -> bool:
    """RFC 3339 full-date."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_duration(value: Any, *, time: bool = True) -> bool:
    """RFC 3339 Appendix A duration; without `time` one that counts no hours, minutes or seconds."""
    # The standard's own example P0S lacks the T that ISO 8601 wants.
    found = _DURATION.fullmatch("PT0S" if value == "P0S" else value) if isinstance(value, str) else None
    return found is not None and (time or found["time"] is None)


def is_url(value: Any) -> bool:
    """An absolute RFC 3986 URL with a host."""
    if not isinstance(value, str) or not _URL_CHARACTERS.fullmatch(value):
        return False
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  # reading it is what finds a port that is none
    except ValueError:
        return False
    return bool(parts.scheme) and bool(parts.hostname or parts.scheme not in ("http", "https"))


def is_integer(value: Any) -> bool:
    """A JSON integer that is not negative (CDS-WG1-02 2)."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value: Any) -> bool:
    """A JSON number of either sign."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def is_media_type(value: Any) -> bool:
    """RFC 6838, such as image/png."""
    return isinstance(value, str) and _MEDIA_TYPE.fullmatch(value) is not None


def is_base64(value: Any) -> bool:
    """RFC 4648."""
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except ValueError:  # not the alphabet, or not even ASCII
        return False


def _matches(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_countries(value: Any) -> bool:
    return isinstance(value, list) and all(_matches(each, "[A-Z]{2}") for each in value)


#: Each kind by its name in the tables of facts, with the words that finish "is not ...".
KINDS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "anything": (lambda _: True, "anything"),
    "string": (lambda value: isinstance(value, str), "a string"),
    "text": (lambda value: isinstance(value, str) and bool(value.strip()), "a string with words in it"),
    "boolean": (lambda value: isinstance(value, bool), "true or false"),
    "integer": (is_integer, "a non-negative integer"),
    "decimal": (is_number, "a number"),
    "date": (is_date, "an RFC 3339 full-date"),
    "datetime": (is_datetime, "an RFC 3339 date-time with a zone"),
    "url": (is_url, "an absolute URL"),
    "arrays": (
        lambda value: isinstance(value, list) and all(isinstance(each, list) for each in value),
        "an array of arrays",
    ),
    "countries": (_is_countries, "an array of country codes"),
    "decimal_or_string": (lambda value: is_number(value) or isinstance(value, str), "a number or a string"),
    "integers": (lambda value: isinstance(value, list) and all(map(is_integer, value)), "an array of integers"),
    "country": (lambda value: _matches(value, "[A-Z]{2}"), "a country code of two letters"),
    "currency": (lambda value: _matches(value, "[A-Z]{3}"), "an ISO 4217 code"),
    "timezone": (lambda value: isinstance(value, str) and value in available_timezones(), "an IANA time zone"),
    "media_type": (is_media_type, "a media type"),
    "base64": (is_base64, "Base64"),
    "strings": (_is_strings, "an array of strings"),
    "urls": (lambda value: isinstance(value, list) and all(map(is_url, value)), "an array of URLs"),
    "objects": (
        lambda value: isinstance(value, list) and all(isinstance(each, dict) for each in value),
        "an array of objects",
    ),
    "object": (lambda value: isinstance(value, dict), "an object"),
}
