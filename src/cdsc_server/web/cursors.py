"""How listings that are sorted by their latest change are paged over HTTP: `cursor` in, `next` and `previous` out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import request
from marshmallow import Schema

from cdsc_server import exact_json
from cdsc_server.domain.durations import read_datetime
from cdsc_server.errors import InvalidRequest
from cdsc_server.exact_json import instant
from cdsc_server.storage.keyset import Cursor, Page
from cdsc_server.web.context import settings

#: Lists of up to this many are never split (CDS-WG1-02 5.3, 7.3, 8.5).
PAGE_SIZE: Final = 100


def shown(schema: Schema, value: Mapping[str, Any]) -> dict[str, Any]:
    """What the schema lets out of `value`."""
    body: dict[str, Any] = schema.dump(value)
    return body


def cursor_of(filters: Mapping[str, Any]) -> Cursor | None:
    """
    The place that a `next` or `previous` of ours names; None at the start.

    Raises:
        InvalidRequest: it is not one of ours.
    """
    text = filters.get("cursor")
    if text is None:
        return None
    try:
        backwards, at, row_id = exact_json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(backwards, bool) or not isinstance(row_id, str):
            raise InvalidRequest("cursor: it is not one of ours", field="cursor")
        return Cursor(backwards, read_datetime(at), row_id)
    except (binascii.Error, TypeError, ValueError) as fault:
        raise InvalidRequest("cursor: it is not one of ours", field="cursor") from fault


def links(page: Page[Any]) -> dict[str, str | None]:
    """`next` and `previous` as absolute addresses that carry the filters of this request along."""
    return {"next": link(page.next), "previous": link(page.previous)}


def link(cursor: Cursor | None, **more: str) -> str | None:
    """The absolute address of the page at a place, with the filters of this request and `more`; None for None."""
    if cursor is None:
        return None
    place = exact_json.dumps([cursor.backwards, instant(cursor.at), cursor.id])
    text = base64.urlsafe_b64encode(place).decode().rstrip("=")
    query = {**request.args.to_dict(), **more, "cursor": text}
    return f"{settings().base_url}{request.path}?{urlencode(query)}"
