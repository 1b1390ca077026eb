"""Clients that show that they are the Customer: what that opens to them (CDS-WG3-01 4.1 to 4.3)."""

from __future__ import annotations

from cdsc_server.domain.catalogue import Catalogue, Scope
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.registration_fields import FieldType


def opened_by(catalogue: Catalogue, field_id: str) -> tuple[Scope, ...]:
    """The scopes for direct access that need this sign-in of a Customer; none where the sign-in opens nothing."""
    field = catalogue.registration_fields.get(field_id)
    if field is None or field.type is not FieldType.SSO_VERIFICATION:
        return ()
    scopes = catalogue.scopes.values()
    return tuple(scope for scope in scopes if scope.type.direct and field_id in scope.registration_requirements)


def meets(status: str, *, is_test: bool) -> bool:
    """Whether a Client Object in this status meets fictional Customers, or real ones (CDS-WG1-02 5.1)."""
    return status == (ClientStatus.SANDBOX if is_test else ClientStatus.PRODUCTION)
