"""The metadata of one Client Object, whose limits may be narrower than everybody's (CDS-WG1-02 5.1)."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.domain.catalogue import CLIENT_ADMIN
from cdsc_server.domain.client_limits import offered_to
from cdsc_server.oauth.rfc8414 import authorization_server_metadata
from cdsc_server.schemas.metadata import AuthorizationServerMetadataSchema, ServerMetadataSchema
from cdsc_server.services import clients
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, public_url, settings
from cdsc_server.web.describe import Answer, describe
from cdsc_server.web.metadata.documents import cacheable, server_document

blueprint = Blueprint("client_metadata", __name__)

_PATH: Final = {"client_id": "A Client Object of this registration."}
_UNCHANGED: Final = Answer(description="Not changed since the ETag in If-None-Match.", media_type=None)


@blueprint.get("/clients/<client_id>/cds-server-metadata.json")
@bearer(CLIENT_ADMIN)
@describe(
    tag="Metadata",
    section="CDS-WG1-02 5.1, CDS-WG1-01 3",
    answers={200: ServerMetadataSchema, 304: _UNCHANGED},
    path=_PATH,
)
def server_metadata(client_id: str) -> ResponseReturnValue:
    """
    CDS server metadata of a Client Object

    The same as everybody's, with an oauth_metadata of its own.
    """
    row = clients.get_client(client_id, registration_id=g.token.registration_id)
    document = server_document(
        name=f"cds-server-metadata:{row.client_id}",
        own=public_url("client_metadata.server_metadata", client_id=row.client_id),
        oauth_metadata=public_url("client_metadata.authorization_server", client_id=row.client_id),
    )
    return cacheable(exact_json.dumps(document), kept_by="private")


@blueprint.get("/clients/<client_id>/oauth-authorization-server")
@bearer(CLIENT_ADMIN)
@describe(
    tag="Metadata",
    section="CDS-WG1-02 5.1, 3.2",
    answers={200: AuthorizationServerMetadataSchema, 304: _UNCHANGED},
    path=_PATH,
)
def authorization_server(client_id: str) -> ResponseReturnValue:
    """
    Authorization server metadata of a Client Object

    Scopes with the limits that this Client Object's requests are judged by.
    """
    row = clients.get_client(client_id, registration_id=g.token.registration_id)
    document = authorization_server_metadata(offered_to(catalogue(), row), base_url=settings().base_url, url=public_url)
    return cacheable(exact_json.dumps(document), kept_by="private")
