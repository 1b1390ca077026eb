"""Who reads a mail: the name we have, the address, the language, and the brand under which they know us."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from cdsc_server.domain.brands import Brand
from cdsc_server.services.brands import read_brand
from cdsc_server.services.mails import Mailing
from cdsc_server.storage import customers
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.grants import ReceiptRow


@dataclass(frozen=True)
class Reader:
    """
    Who reads a mail.

    Args:
        name: ours for the person; empty for nobody known.
        address: None for a Customer without one.
        language: None for no choice.
        signs_in: whether there is a sign-in here.
    """

    name: str
    address: str | None
    language: str | None
    signs_in: bool


def reader_of(session: Session, customer: CustomerRow) -> Reader:
    """A Customer as the reader of a mail."""
    signs_in = customers.signs_in(session, customer.customer_id)
    return Reader(customer.display_name, customer.email, customer.language, signs_in)


def reader_of_receipt(session: Session, receipt: ReceiptRow) -> Reader:
    """Whose receipt it is; who did not sign in is written to where they proved to be (9.2.1.6)."""
    customer = None if receipt.customer_id is None else customers.find_customer(session, receipt.customer_id)
    contact = None if receipt.stated is None else str(receipt.stated["contact"])
    if customer is None:
        return Reader("", contact, receipt.form["language"], signs_in=False)
    reader = reader_of(session, customer)
    return replace(reader, address=contact or reader.address, language=reader.language or receipt.form["language"])


def in_brand(session: Session, customer_id: str | None, mailing: Mailing) -> Mailing:
    """The same in the words of the brand under which a Customer knows us; None is nobody known."""
    brand = None if customer_id is None else read_brand(session, customer_id, mailing.utility)
    return mailing if brand is None else of_brand(brand, mailing)


def of_brand(brand: Brand, mailing: Mailing) -> Mailing:
    """The same in the words of a brand."""
    return replace(mailing, utility=brand.utility, sender=brand.sender, brand=brand.id)
