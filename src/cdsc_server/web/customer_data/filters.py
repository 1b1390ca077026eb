"""Query parameters of the Customer data listings: lists space-separated or repeated, everything else once."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema

from cdsc_server.errors import InvalidRequest
from cdsc_server.schemas.listing_filters import Among
from cdsc_server.web.paging import PARAMETER


def asked_filters(schema: Schema) -> dict[str, Any]:
    """
    The filters of this request by parameter: a frozenset for each list, else what the field reads.

    An empty list is a list: nothing is among its values. Parameters the listing does not know are ignored.

    Raises:
        InvalidRequest: a parameter that is no list is repeated.
        ValidationError: one breaks its format.
    """
    if not request.args:
        return {}
    asked: dict[str, Any] = {}
    for name, field in schema.fields.items():
        given = request.args.getlist(name)
        if not given or name == PARAMETER:
            continue
        if isinstance(field, Among):
            asked[name] = _values(given)
        elif len(given) > 1:
            raise InvalidRequest(f"{name} stands in the query more than once", field=name)
        else:
            asked[name] = given[0]
    single = {name: value for name, value in asked.items() if isinstance(value, str)}
    return {**asked, **schema.load(single)}


def _values(given: list[str]) -> frozenset[str]:
    words = frozenset(word for text in given for word in text.split(" ") if word)
    # Numbers may hold spaces, which a space-separated list cannot carry: repeated parameters can.
    return words | frozenset(given) if len(given) > 1 else words
