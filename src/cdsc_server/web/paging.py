"""Addresses of the pages of a listing: opaque places in it, carried by `page`, with the filters of the request."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import request

from cdsc_server import exact_json
from cdsc_server.errors import InvalidRequest
from cdsc_server.web.context import settings

PARAMETER: Final = "page"


def page_url(place: Sequence[Any] | None) -> str | None:
    """
    The absolute address of the page at a place of the listing that this request reads; None for None.

    Args:
        place: plain JSON values; `asked_place` gives them back.
    """
    if place is None:
        return None
    text = base64.urlsafe_b64encode(exact_json.dumps(list(place))).decode().rstrip("=")
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    return f"{settings().base_url}{request.script_root}{request.path}?{urlencode([*kept, (PARAMETER, text)])}"


def asked_place(kinds: Sequence[type | tuple[type, ...]]) -> list[Any] | None:
    """
    The place that the request asks for; None for the front of the listing.

    Args:
        kinds: what each value of the place must be.

    Raises:
        InvalidRequest: repeated, or not a place of such a listing.
    """
    given = request.args.getlist(PARAMETER)
    if not given:
        return None
    place = _read(given[0]) if len(given) == 1 else None
    if not isinstance(place, list) or len(place) != len(kinds):
        raise _refusal()
    if not all(isinstance(value, kind) for value, kind in zip(place, kinds, strict=True)):
        raise _refusal()
    return place


def _read(text: str) -> Any:
    try:
        return exact_json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None


def _refusal() -> InvalidRequest:
    return InvalidRequest(f"{PARAMETER} is not a place in this listing; take it from next or previous", field=PARAMETER)
