"""Which groups a Client may know of (CDS-WG3-01 10.7)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from cdsc_server.domain.access_tokens import AccessToken
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.direct_access import Reach
from cdsc_server.storage import clients
from cdsc_server.storage.aggregations import Known
from cdsc_server.storage.clients import ClientRow


def known_to(session: Session, token: AccessToken) -> Known:
    """Which groups the Client of a token may know of."""
    client_id = token.client_id if token.grant is None else token.grant.client_id
    return known_as(token.registration_id, clients.find_client(session, client_id))


def known_as(registration_id: str, client: ClientRow | None) -> Known:
    """
    Which groups a Client Object may know of: of fictional Customers or of real ones, as it may meet them.

    One in production may be there for tests, too: its reach says so.
    """
    is_test = client is not None and (client.status == ClientStatus.SANDBOX or client.reach == Reach.TEST_CUSTOMERS)
    return Known(registration_id, is_test)
