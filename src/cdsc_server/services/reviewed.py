"""What of a Client an operator has looked at, so that Customers may be told so (CDS-WG3-01 9.2.1.2, 9.2.2.4, 9.4)."""

from __future__ import annotations

from collections.abc import Mapping

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.purposes import Purpose, purposes_of
from cdsc_server.storage.clients import ClientRow


def looked_at(client: ClientRow, catalogue: Catalogue) -> str | None:
    """The Client's web site, where an operator saw it before production and sees each change of it (9.2.1.2)."""
    return client.uris.get("client_uri") if _is_reviewed(client, "client_uri", catalogue) else None


def purposes_for(client: ClientRow, catalogue: Catalogue) -> Mapping[str, Purpose]:
    """The Purposes that requests of a Client Object may name, by id."""
    reviewed = _is_reviewed(client, "cds_purposes", catalogue)
    return purposes_of(catalogue, client.scope, client.purposes, reviewed=reviewed)


def _is_reviewed(client: ClientRow, member: str, catalogue: Catalogue) -> bool:
    return client.status == ClientStatus.PRODUCTION and member in catalogue.review.client_fields
