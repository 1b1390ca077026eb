"""What Customers are told about what they share, under “News” and by mail: that it began, changed, and ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.letters import (
    Changed,
    StoppedBy,
    WhatFor,
    changed_letter,
    harmless,
    news_letter,
    receipt_letter,
    revoked_letter,
)
from cdsc_server.domain.news import NewsKind, headline
from cdsc_server.languages import speaking
from cdsc_server.services import mails
from cdsc_server.services.brands import read_brand
from cdsc_server.services.mails import Mailing
from cdsc_server.services.receipts import receipt_secret
from cdsc_server.storage import clients, customers, grants, news
from cdsc_server.storage.customers import customer_key_of
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.news import NewsRow


def tell_of_receipt(session: Session, grant: GrantRow, *, mailing: Mailing, now: datetime) -> None:
    """Tell of the approval just kept, in its transaction; without a mail address under “News” only."""
    receipt = grants.latest_receipt(session, grant.grant_id)
    if receipt is None:
        return
    _note(session, grant, NewsKind.AGREED, receipt, now=now)
    if not mailing.wanted:
        return
    reader, mailing = _reader(session, receipt), _in_brand(session, receipt, mailing)
    sections = receipt.form["sections"]
    with speaking(receipt.form["language"]):
        letter = receipt_letter(
            customer_name=reader.name,
            app=receipt.form["client_name"],
            confirmation=receipt.confirmation,
            at=receipt.created,
            zone=mailing.utility.timezone,
            parts=[(each["title"], " ".join(period["says"] for period in each["periods"])) for each in sections],
            counts=[each["covered"] for each in sections],
            purposes=_purposes(sections),
            terms=receipt.form.get("terms"),
            waits=receipt.unidentified,
            link=_receipt_url(receipt, mailing),
            signs_in=reader.signs_in,
        )
    mails.post(session, letter, to=reader.address, mailing=mailing, now=now)


def tell_of_end(
    session: Session, grant_id: str, *, by: StoppedBy, reason: str = "", mailing: Mailing, now: datetime
) -> None:
    """
    Tell that a sharing has ended, in the transaction that ends it.

    Nothing for a Grant without a receipt: no Customer agreed to that one.

    Args:
        reason: why the Server stopped it, as the end of a sentence; for StoppedBy.SERVER only.
    """
    receipt = grants.latest_receipt(session, grant_id)
    grant = None if receipt is None else grants.grant_of_customer(session, grant_id, receipt.customer_id)
    if receipt is None or grant is None:
        return
    _note(session, grant, NewsKind.STOPPED, receipt, now=now)
    if not mailing.wanted:
        return
    reader, mailing = _reader(session, receipt), _in_brand(session, receipt, mailing)
    client = clients.find_client(session, grant.client_id)
    with speaking(reader.language):
        letter = revoked_letter(
            customer_name=reader.name,
            app=receipt.form["client_name"] if client is None else client.client_name,
            contact=next(iter(client.contacts), None) if client is not None else None,
            opened=not receipt.unidentified,
            confirmation=receipt.confirmation,
            by=by,
            reason=reason,
            at=now,
            zone=mailing.utility.timezone,
            link=_receipt_url(receipt, mailing),
            signs_in=reader.signs_in,
        )
    mails.post(session, letter, to=reader.address, mailing=mailing, now=now)


def tell_of_change(session: Session, grant: GrantRow, change: Changed, *, mailing: Mailing, now: datetime) -> None:
    """Tell of what a Customer changed, in its transaction; not of a Grant without a receipt."""
    receipt = grants.latest_receipt(session, grant.grant_id)
    if receipt is None:
        return
    _note(session, grant, NewsKind(change.value), receipt, now=now)
    if not mailing.wanted:
        return
    reader, mailing = _reader(session, receipt), _in_brand(session, receipt, mailing)
    with speaking(reader.language):
        letter = changed_letter(
            customer_name=reader.name,
            app=receipt.form["client_name"],
            change=change,
            confirmation=receipt.confirmation,
            at=now,
            zone=mailing.utility.timezone,
            link=_receipt_url(receipt, mailing),
            signs_in=reader.signs_in,
        )
    mails.post(session, letter, to=reader.address, mailing=mailing, now=now)


def tell_of_time(session: Session, grant: GrantRow, kind: NewsKind, *, mailing: Mailing, now: datetime) -> None:
    """
    Tell of what nobody did just now: an app began to read, or what was agreed to ends soon.

    Args:
        grant: one of a Customer.
        kind: one of domain.news.OPTIONAL: who wants no mail of it gets none.
    """
    receipt = grants.latest_receipt(session, grant.grant_id)
    client = clients.find_client(session, grant.client_id)
    if client is None:
        return
    once = f"{kind}:{grant.grant_id}" + (f":{grant.expires:%Y%m%d%H%M%S}" if kind is NewsKind.ENDS_SOON else "")
    until = grant.expires if kind is NewsKind.ENDS_SOON else None
    customer_id, app = str(grant.customer_id), client.client_name
    session.add(_entry(customer_id, grant, kind, app, news_id=once, until=until, now=now))
    if receipt is None or not mailing.wanted or kind in news.unwanted(session, customer_id):
        return
    reader, mailing = _reader(session, receipt), _in_brand(session, receipt, mailing)
    with speaking(reader.language):
        letter = news_letter(
            kind=kind,
            customer_name=reader.name,
            headline=headline(kind, app=harmless(app), until=until, zone=mailing.utility.timezone),
            link=_receipt_url(receipt, mailing),
            signs_in=reader.signs_in,
        )
    mails.post(session, letter, to=reader.address, mailing=mailing, now=now)


def _note(session: Session, grant: GrantRow, kind: NewsKind, receipt: ReceiptRow, *, now: datetime) -> None:
    """Put it under the news of the Customer; of nobody known there are none."""
    if receipt.customer_id is not None:
        app = receipt.form["client_name"]
        session.add(_entry(receipt.customer_id, grant, kind, app, news_id=secrets.token_hex(12), now=now))


def _entry(
    customer_id: str,
    grant: GrantRow,
    kind: NewsKind,
    app: str,
    *,
    news_id: str,
    until: datetime | None = None,
    now: datetime,
) -> NewsRow:
    key = customer_key_of(customer_id)
    return NewsRow(
        customer_key=key, news_id=news_id, kind=kind, grant_id=grant.grant_id, client_name=app, until=until, at=now
    )


@dataclass(frozen=True)
class _Reader:
    name: str
    address: str | None
    language: str
    signs_in: bool


def _reader(session: Session, receipt: ReceiptRow) -> _Reader:
    """Whose receipt it is; who did not sign in is written to where they proved to be (9.2.1.6)."""
    customer = None if receipt.customer_id is None else customers.find_customer(session, receipt.customer_id)
    contact = None if receipt.stated is None else str(receipt.stated["contact"])
    if customer is None:
        return _Reader("", contact, receipt.form["language"], signs_in=False)
    return _Reader(
        customer.display_name,
        contact or customer.email,
        customer.language or receipt.form["language"],
        signs_in=customers.signs_in(session, customer.customer_id),
    )


def _in_brand(session: Session, receipt: ReceiptRow, mailing: Mailing) -> Mailing:
    """The same in the words of the brand under which the Customer knows us."""
    brand = None if receipt.customer_id is None else read_brand(session, receipt.customer_id, mailing.utility)
    return mailing if brand is None else replace(mailing, utility=brand.utility, sender=brand.sender)


def _purposes(sections: Sequence[Mapping[str, Any]]) -> list[WhatFor]:
    """What the data is for, as far as we wrote it or have looked at it (9.4); each text once."""
    titles: dict[tuple[str, bool], list[str]] = {}
    for each in sections:
        purpose = each["purpose"]
        if purpose is not None and (purpose["ours"] or purpose["reviewed"]):
            titles.setdefault((purpose["content"], purpose["ours"]), []).append(each["title"])
    return [WhatFor(titles=told, content=content, ours=ours) for (content, ours), told in titles.items()]


def _receipt_url(receipt: ReceiptRow, mailing: Mailing) -> str:
    return f"{mailing.settings.base_url}/receipt/{receipt_secret(receipt, keys=mailing.keys)}"
