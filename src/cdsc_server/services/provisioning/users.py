"""Users: each is a Customer with one Account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cdsc_server.domain.catalogue import Utility
from cdsc_server.domain.customer_graph import Kind as ObjectKind
from cdsc_server.domain.provisioned.users import USER
from cdsc_server.services.import_places import derived_id
from cdsc_server.services.provisioning.batch import Batch, Given, Kind
from cdsc_server.services.provisioning.rows import Stored, object_id
from cdsc_server.storage.accounts import AccountRow
from cdsc_server.storage.customers import CustomerRow, find_customers


def _store(batch: Batch) -> None:
    for each in batch.given:
        # As a document of Customers names the same one, so that either way meets the other.
        each.customer_id = derived_id("customer of a document", each.id)
    known = {row.customer_id: row for row in find_customers(batch.session, [str(g.customer_id) for g in batch.given])}
    for each in batch.given:
        _keep_customer(batch, each, known.get(str(each.customer_id)))
    batch.session.flush()
    accounts = Stored(batch.session, AccountRow, "account_id", now=batch.now)
    wanted = {
        (str(each.customer_id), account_id_of(str(each.customer_id), each.id)): _account(each, batch.catalogue.utility)
        for each in batch.given
    }
    accounts.keep(wanted)


def _keep_customer(batch: Batch, given: Given, row: CustomerRow | None) -> None:
    body = given.body
    if row is None:
        row = CustomerRow(
            customer_id=str(given.customer_id),
            display_name="",
            language=body.get("language", batch.named["label_partner"][body["label_partner"]].body.get("locale")),
            is_test=body.get("is_test", False),
            created=batch.now,
        )
        batch.session.add(row)
    elif row.is_test != body.get("is_test", False):
        batch.reject(given, "is_test", "must be as it is of the Customer who is here", conflict=True)
    row.display_name, row.email = name_of(body), body["email_address"]
    row.label_partner = body["label_partner"]


def name_of(user: Mapping[str, Any]) -> str:
    """What a user is called."""
    return f"{user['first_name']} {user['last_name']}"


def account_id_of(customer_id: str, external_account_id: str) -> str:
    """The id of a user's Account."""
    return object_id(ObjectKind.ACCOUNT, customer_id, external_account_id)


def _account(given: Given, utility: Utility) -> dict[str, Any]:
    body = given.body
    contacts = [{"id": "email", "types": ["email", "primary"], "value": body["email_address"]}]
    if "phone_number" in body:
        contacts.append({"id": "phone", "types": ["phone_number", "primary"], "value": body["phone_number"]})
    return {
        "account_number": given.id,
        "customer_number": given.id,
        "entity": entity_of(utility),
        "name": name_of(body),
        "address": body.get("postal_address", ""),
        "types": ["customer", body.get("segment", "residential"), *(["test"] if body.get("is_test") else [])],
        "status": body.get("status", "active"),
        "contacts": contacts,
        "programs": [],
    }


def entity_of(utility: Utility) -> dict[str, Any]:
    """The utility as Accounts and contracts name it (CDS-WG3-01 10.1.4)."""
    return {
        "id": utility.entity_number,
        "types": ["supplier"],
        "entity_number": utility.entity_number,
        "entity_name": utility.name,
        "entity_abbreviation": None,
    }


KIND: Final = Kind(USER, store=_store, ended=lambda body, _: {**body, "status": "closed"})
