"""Query parameters of listings: each at most once, read by a schema."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import EXCLUDE, Schema

from cdsc_server.errors import InvalidRequest


def filters(schema: Schema) -> dict[str, Any]:
    """
    The query parameters that the schema knows; others are ignored.

    Raises:
        InvalidRequest: one is repeated.
        marshmallow.ValidationError: one breaks its format.
    """
    for name in schema.fields:
        if len(request.args.getlist(name)) > 1:
            raise InvalidRequest(f"{name} stands in the query more than once", field=name)
    loaded: dict[str, Any] = schema.load(request.args.to_dict(), unknown=EXCLUDE)
    return loaded
