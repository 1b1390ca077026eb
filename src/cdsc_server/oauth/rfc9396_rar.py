"""Rich authorization requests: the authorization_details parameter (RFC 9396 2)."""

from __future__ import annotations

from typing import Any, Final

from cdsc_server import exact_json
from cdsc_server.errors import InvalidAuthorizationDetails

#: More sections than anybody would read on one form.
MOST_ENTRIES: Final = 50


def read_details(text: str | None) -> list[Any] | None:
    """
    The entries of the parameter, not judged yet; None when it is absent.

    Raises:
        InvalidAuthorizationDetails: not a JSON array, or too long a one.
    """
    if text is None:
        return None
    try:
        details = exact_json.loads(text)
    except ValueError as fault:
        raise InvalidAuthorizationDetails("authorization_details: it is not JSON") from fault
    if not isinstance(details, list):
        raise InvalidAuthorizationDetails("authorization_details: it must be a JSON array")
    if len(details) > MOST_ENTRIES:
        raise InvalidAuthorizationDetails(f"authorization_details: more than {MOST_ENTRIES} entries")
    return details
