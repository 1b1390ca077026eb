"""Fields that several objects of the standard share."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields

from cdsc_server.domain.durations import read_datetime
from cdsc_server.exact_json import instant

_SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+( [\x21\x23-\x5B\x5D-\x7E]+)*")


class Instant(fields.AwareDateTime):
    """An RFC 3339 date-time; UTC with `Z` when we write it, any offset when we read it."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return None if value is None else instant(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ARG002
        # A literal + that was not percent-encoded arrives as a space.
        text = value.replace(" ", "+") if isinstance(value, str) else ""
        try:
            return read_datetime(text)
        except ValueError as fault:
            raise ValidationError("must be a date-time with offset such as 2026-11-21T00:00:00Z") from fault


class SpaceSeparated(fields.String):
    """A filter's values, separated by spaces; loads as a frozenset, empty for an empty parameter."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return frozenset(str(super()._deserialize(value, attr, data, **kwargs)).split())


class ScopeString(fields.String):
    """Scope words separated by single spaces (RFC 6749 3.3)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and not _SCOPE.fullmatch(text):
            raise ValidationError("must be words separated by single spaces")
        return text


class WebAddress(fields.URL):
    """An absolute http or https URL without user name or fragment."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(schemes={"http", "https"}, require_tld=False, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if "#" in text or "@" in text.partition("//")[2].partition("/")[0]:
            raise ValidationError("must hold neither a fragment nor a user name")
        return text
