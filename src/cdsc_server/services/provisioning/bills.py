"""Bills and certificates: stored as documents of them are."""

from __future__ import annotations

import re
from typing import Final

from cdsc_server.domain.provisioned.bills import BILL, CERTIFICATE, certificate_of, statement_of
from cdsc_server.domain.shapes import Fault
from cdsc_server.services.bill_places import places_of
from cdsc_server.services.import_bills import store_bills
from cdsc_server.services.import_eacs import store_eacs
from cdsc_server.services.provisioning.batch import Batch, Kind
from cdsc_server.services.provisioning.users import account_id_of

_PLACE: Final = re.compile(r"bill_statements\[([0-9]+)\]\.(.*)")


def _store_bills(batch: Batch) -> None:
    faults: list[Fault] = []
    statements = []
    seen: set[tuple[str, str]] = set()
    for each in batch.given:
        account = each.body["external_account_id"]
        if (account, each.body["bill_number"]) in seen:
            batch.reject(each, "bill_number", "is that of another bill of this account", conflict=True)
        seen.add((account, each.body["bill_number"]))
        each.customer_id = str(batch.named["user"][account].customer_id)
        statements.append({**statement_of(each.body), "cds_account_id": account_id_of(each.customer_id, account)})
    places = places_of(batch.session, statements, customer_id=None, faults=faults)
    for fault in faults:
        if (place := _PLACE.fullmatch(fault.at)) is not None:
            batch.reject(batch.given[int(place[1])], place[2], fault.rule)
    if not batch.rejected:
        none = [None] * len(statements)
        # Only when it is drawn from does it store.
        list(store_bills(batch.session, statements, places, none, at=batch.now, now=batch.now))


def _store_certificates(batch: Batch) -> None:
    formats = batch.catalogue.eac_formats
    for each in batch.given:
        if each.body["eac_format"] not in formats:
            batch.reject(each, "eac_format", f"must be one of {', '.join(formats)}")
    kept = [certificate_of(each.body) for each in batch.given if each.id not in batch.rejected]
    store_eacs(batch.session, kept, at=batch.now)


#: In an order in which none refers to a later one.
KINDS: Final = (Kind(BILL, store=_store_bills), Kind(CERTIFICATE, store=_store_certificates))
