"""How callers prove who they are, as OpenAPI security schemes; the scopes are those of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Flask

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.web.describe import description_of
from cdsc_server.web.docs.operations import CLIENT_SECRET, OAUTH2, path_of

_AUTHORIZE: Final = "/oauth/authorize"
_TOKEN: Final = "/oauth/token"  # noqa: S105 - an address


def security_schemes(app: Flask, catalogue: Catalogue, *, server: str) -> dict[str, Any]:
    """
    The schemes that described operations name.

    Args:
        server: what the document's paths hang under, as in `openapi`.

    Raises:
        LookupError: the application has no described authorization or token endpoint.
    """
    for path in (_AUTHORIZE, _TOKEN):
        _require(app, path)
    return {
        CLIENT_SECRET: {
            "type": "http",
            "scheme": "basic",
            "description": "client_id and client_secret of a Client Object (RFC 6749 2.3.1).",
        },
        OAUTH2: {
            "type": "oauth2",
            "description": (
                "A bearer token in the Authorization header (RFC 6750 2.1). "
                "What it opens is decided by the Grant it points at, not by its scope alone."
            ),
            "flows": _flows(catalogue, server.rstrip("/")),
        },
    }


def service_schemes(app: Flask, scopes: Mapping[str, str], *, server: str) -> dict[str, Any]:
    """
    The scheme of doors of service accounts.

    Args:
        scopes: what each opens.

    Raises:
        LookupError: the application has no described token endpoint.
    """
    _require(app, _TOKEN)
    return {
        OAUTH2: {
            "type": "oauth2",
            "description": (
                "A bearer token of a service account in the Authorization header (RFC 6750 2.1). "
                "What it opens is decided by the roles of the account."
            ),
            "flows": {
                "clientCredentials": {
                    "tokenUrl": server.rstrip("/") + _TOKEN,
                    "scopes": dict(scopes),
                }
            },
        }
    }


def _flows(catalogue: Catalogue, server: str) -> dict[str, Any]:
    consent = {scope.id: scope.description for scope in catalogue.scopes.values() if scope.type.consent}
    own = {scope.id: scope.description for scope in catalogue.scopes.values() if not scope.type.consent}
    return {
        "authorizationCode": {
            "authorizationUrl": server + _AUTHORIZE,
            "tokenUrl": server + _TOKEN,
            "refreshUrl": server + _TOKEN,
            "scopes": dict(sorted(consent.items())),
        },
        "clientCredentials": {"tokenUrl": server + _TOKEN, "scopes": dict(sorted(own.items()))},
    }


def _require(app: Flask, path: str) -> None:
    """Addresses are written here once more than in the routes, so a route that moved must be noticed."""
    for rule in app.url_map.iter_rules():
        if path_of(rule) == path and description_of(app.view_functions[rule.endpoint]) is not None:
            return
    raise LookupError(f"nothing described is at {path}")
