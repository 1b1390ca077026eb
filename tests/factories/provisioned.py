"""Records of the utility's own systems as they are kept; here nobody hands them in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.provisioned import ProvisionedRow


def record(
    session: Session,
    kind: str,
    external_id: str,
    body: Mapping[str, Any],
    *,
    at: datetime,
    customer_id: str | None = None,
) -> None:
    session.add(
        ProvisionedRow(
            kind=kind, external_id=external_id, body=dict(body), created=at, modified=at, customer_id=customer_id
        )
    )


def brand(session: Session, body: Mapping[str, Any], *, at: datetime, customer_id: str | None = None) -> None:
    """A label partner; and a Customer who knows the utility under it."""
    record(session, "label_partner", body["label_partner"], body, at=at)
    if customer_id is not None:
        session.get_one(CustomerRow, customer_id).label_partner = body["label_partner"]


def stay(
    session: Session,
    customer_id: str,
    street: str,
    *,
    at: datetime,
    since: str,
    until: str | None = None,
    **profile: Any,
) -> None:
    """A home in a street of Lausanne, where a Customer lives from an instant on, or from one to another."""
    place = {"external_installation_id": f"I-{street}", "postal_code": "1003", "city": "Lausanne", "country_code": "CH"}
    record(session, "installation", f"I-{street}", {**place, "street": street, **profile}, at=at)
    lived = {"external_occupancy_id": f"O-{street}", "external_installation_id": f"I-{street}", "move_in": since}
    ended = {} if until is None else {"move_out": until}
    body = {**lived, "external_account_id": f"A-{customer_id}", **ended}
    record(session, "occupancy", f"O-{street}", body, at=at, customer_id=customer_id)
