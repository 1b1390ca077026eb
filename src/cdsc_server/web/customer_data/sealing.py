"""Answers encrypted to the key of their Grant: CDS-WG3-01 7.4.6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, g

from cdsc_server.domain.encryption_keys import key_of
from cdsc_server.services.encryption import MEDIA_TYPE, encrypted


def sealing_key() -> Mapping[str, Any] | None:
    """The key that the answer to this request has to be encrypted to; None when it stays as it is."""
    token = g.get("token")
    return None if token is None or token.grant is None else key_of(token.grant.enabled_authorization_details)


def seal(response: Response) -> Response:
    """
    The answer as the holder of the key reads it; refusals stay as they are, so that everybody understands them.

    It is whole in memory meanwhile: what is encrypted is told by its end whether nobody changed it.
    """
    key = sealing_key()
    if key is None or response.status_code != 200:
        return response
    response.direct_passthrough = False
    sealed = encrypted(response.get_data(), key, media_type=response.mimetype or "application/octet-stream")
    response.set_data(sealed)
    response.content_type = MEDIA_TYPE
    # These told of the bytes inside.
    for name in ("ETag", "Last-Modified", "Accept-Ranges"):
        response.headers.pop(name, None)
    return response
