"""The brand under which a Customer knows the utility."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from cdsc_server.domain.brands import Brand, brand_of
from cdsc_server.domain.catalogue import Utility
from cdsc_server.errors import NotFound
from cdsc_server.storage.db import one_look
from cdsc_server.storage.provisioned import find_record, find_records, label_partner_of


def brand_of_customer(customer_id: str, utility: Utility) -> Brand | None:
    """
    The brand of a Customer; None for the utility's own.

    Args:
        utility: says what the brand leaves out.
    """
    with one_look() as session:
        return read_brand(session, customer_id, utility)


def read_brand(session: Session, customer_id: str, utility: Utility) -> Brand | None:
    """As `brand_of_customer`, inside a transaction."""
    told = label_partner_of(session, customer_id)
    return None if told is None else brand_of(told, utility)


def known_brands(label_partners: Collection[str]) -> frozenset[str]:
    """Those of these ids that brands have."""
    with one_look() as session:
        return frozenset(find_records(session, "label_partner", label_partners))


def find_brand(label_partner: str, utility: Utility) -> Brand:
    """
    A brand by its id.

    Raises:
        NotFound: there is none.
    """
    with one_look() as session:
        row = find_record(session, "label_partner", label_partner)
    if row is None:
        raise NotFound("nothing is at this address")
    return brand_of(row.body, utility)
