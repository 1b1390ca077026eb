"""What Customers are told about what they share, under “News” and by mail: that it began, changed, and ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cdsc_server.domain.letters import (
    Changed,
    StoppedBy,
    WhatFor,
    changed_letter,
    news_letter,
    receipt_letter,
    revoked_letter,
)
from cdsc_server.domain.news import NewsKind
from cdsc_server.languages import speaking
from cdsc_server.services import mails
from cdsc_server.services.mails import Mailing
from cdsc_server.services.readers import in_brand, reader_of_receipt
from cdsc_server.services.receipts import receipt_secret
from cdsc_server.storage import clients, grants, news
from cdsc_server.storage.grants import GrantRow, ReceiptRow


def tell_of_receipt(session: Session, grant: GrantRow, *, mailing: Mailing, now: datetime) -> None:
    """Tell of the approval just kept, in its transaction; without a mail address under “News” only."""
    receipt = grants.latest_receipt(session, grant.grant_id)
    if receipt is None:
        return
    _note(session, grant, NewsKind.AGREED, receipt, now=now)
    if not mailing.wanted:
        return
    reader, mailing = reader_of_receipt(session, receipt), in_brand(session, receipt.customer_id, mailing)
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
        by: with TIME at its `expires`; who wants no mail of that gets none.
        reason: why the Server stopped it, as the end of a sentence; for StoppedBy.SERVER only.
    """
    receipt = grants.latest_receipt(session, grant_id)
    grant = None if receipt is None else grants.grant_of_customer(session, grant_id, receipt.customer_id)
    if receipt is None or grant is None:
        return
    in_time = by is StoppedBy.TIME
    _note(session, grant, NewsKind.EXPIRED if in_time else NewsKind.STOPPED, receipt, now=now)
    if not mailing.wanted or (in_time and _unwanted(session, receipt.customer_id, NewsKind.EXPIRED)):
        return
    reader, mailing = reader_of_receipt(session, receipt), in_brand(session, receipt.customer_id, mailing)
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
            at=grant.expires or now if in_time else now,
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
    reader, mailing = reader_of_receipt(session, receipt), in_brand(session, receipt.customer_id, mailing)
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
    news.note(session, customer_id, kind, app=app, grant_id=grant.grant_id, until=until, news_id=once, now=now)
    if receipt is None or not mailing.wanted or _unwanted(session, customer_id, kind):
        return
    reader, mailing = reader_of_receipt(session, receipt), in_brand(session, receipt.customer_id, mailing)
    with speaking(reader.language):
        letter = news_letter(
            kind=kind,
            customer_name=reader.name,
            app=app,
            until=until,
            zone=mailing.utility.timezone,
            link=_receipt_url(receipt, mailing),
            signs_in=reader.signs_in,
        )
    mails.post(session, letter, to=reader.address, mailing=mailing, now=now)


def _unwanted(session: Session, customer_id: str | None, kind: NewsKind) -> bool:
    return customer_id is not None and kind in news.unwanted(session, customer_id)


def _note(session: Session, grant: GrantRow, kind: NewsKind, receipt: ReceiptRow, *, now: datetime) -> None:
    """Put it under the news of the Customer; of nobody known there are none."""
    if receipt.customer_id is not None:
        app = receipt.form["client_name"]
        news.note(session, receipt.customer_id, kind, app=app, grant_id=grant.grant_id, now=now)


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
