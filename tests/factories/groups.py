"""A building with a flat for each Customer, and groups of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.aggregations import Definition
from cdsc_server.storage.clients import RegistrationRow
from cdsc_server.storage.grants import GrantRow
from tests.factories import access
from tests.factories import customer_data as make

#: First hour of the readings of every flat.
FIRST_HOUR = datetime(2026, 1, 5, tzinfo=UTC)


def flat(session: Session, customer_id: str, *, premise: str = "17", is_test: bool = True, **fields: Any) -> None:
    """A Customer with an Account, a contract, a Service Point in a building and a meter, named after the Customer."""
    name = customer_id
    session.add(make.customer(customer_id, is_test=is_test))
    session.flush()
    premises = [{"id": f"premise-{name}", "premise_number": premise, "types": ["building"]}]
    place = {"premises": premises, "address": f"17 Mill Street, flat {name}\nAshford Bay, MA 02144", **fields}
    session.add_all(
        [
            make.account(name, name),
            make.contract(name, name, name),
            make.service_point(name, name, **place),
            make.served(name, name, name),
            make.meter(name, name),
            make.installed(name, name, name),
        ]
    )
    session.flush()


def hours(
    session: Session, customer_id: str, texts: Sequence[str], *, start: datetime = FIRST_HOUR, **fields: Any
) -> None:
    """Hourly readings of the meter of a flat."""
    plain = {"meter_device_id": customer_id, "service_point_id": customer_id, "contract_id": customer_id}
    qualities = fields.pop("qualities", None)
    name = fields.pop("name", "use")
    row = make.series(session, name, customer_id, **{**plain, **fields})
    make.readings(session, row, start, texts, qualities=qualities)


def building(number: str = "B-17", *, premise: str = "17", **fields: Any) -> Definition:
    """Everybody at a premise, known to chosen Clients only."""
    plain: dict[str, Any] = {
        "number": number,
        "name": "Mill House",
        "types": ("confidential", "building", "premise_number"),
        "lists": {"premise_number": frozenset({premise})},
        "addresses": ("17 Mill Street\nAshford Bay, MA 02144",),
    }
    return Definition(**{**plain, **fields})


def waiting_for(
    session: Session,
    *customers: str,
    at: datetime,
    registration_id: str = "reg",
    client_id: str = "app",
    number: str = "B-17",
) -> None:
    """A Grant "whole" for the sums of a group that waits for a sub-Grant of each of these, named "part-<Customer>"."""
    if session.get(RegistrationRow, registration_id) is None:
        session.add(access.registration(registration_id, at=at))
        session.flush()
        session.add(access.client_object(client_id, registration_id, at=at, scope="aggregation_consent"))
        session.flush()
    shut: dict[str, Any] = {"enabled_scope": "", "enabled_authorization_details": [], "selections": [], "states": []}
    plain: dict[str, Any] = {**shut, "registration_id": registration_id, "client_id": client_id, "created": at,
                             "modified": at, "receipt_confirmations": []}  # fmt: skip
    named = {"aggregation_numbers": [number]}
    usage, asked = {"type": "group_usage", **named}, {"type": "aggregation_consent", **named, "expires": "P1Y"}
    waits = {"status": "needs_sub_grants", "scope": "group_usage", "authorization_details": [usage]}
    session.add(GrantRow(grant_id="whole", **waits, **plain))
    session.flush()
    for name in customers:
        details = [{**asked, "premise_numbers": ["17"]}]
        waits = {"status": "needs_authorization", "scope": "aggregation_consent", "authorization_details": details}
        session.add(GrantRow(grant_id=f"part-{name}", parent_id="whole", customer_id=name, **waits, **plain))
    session.flush()
