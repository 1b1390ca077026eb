"""
What Customers are told about who reads their data without a form, under “News” and by mail: that it began, and ended.

An app is their own because it showed so by their sign-in, or an operator cleared a Client for them (CDS-WG3-01 4, 6.2).
Everything is written in the transaction of what it tells of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from cdsc_server.domain.access_letters import access_ended_letter, cleared_letter, own_access_letter
from cdsc_server.domain.letters import Letter, StoppedBy
from cdsc_server.domain.news import NewsKind
from cdsc_server.languages import speaking
from cdsc_server.services import mails
from cdsc_server.services.mails import Mailing
from cdsc_server.services.readers import Reader, in_brand, reader_of
from cdsc_server.storage import customers, news
from cdsc_server.storage.clients import ClientRow


def tell_of_own_app(
    session: Session,
    client: ClientRow,
    customer_id: str,
    *,
    titles: Callable[[], Sequence[str]],
    mailing: Mailing,
    now: datetime,
) -> None:
    """
    Tell that an app of the Customer's own can read now.

    Args:
        titles: of what it reads, in the language that is spoken.
    """

    def letter(reader: Reader, link: str, zone: ZoneInfo) -> Letter:
        return own_access_letter(
            customer_name=reader.name,
            app=client.client_name,
            titles=titles(),
            at=now,
            zone=zone,
            link=link,
        )

    _tell(session, client, customer_id, NewsKind.OWN_BEGAN, letter, mailing=mailing, now=now)


def tell_of_clearing(
    session: Session,
    client: ClientRow,
    customer_id: str,
    *,
    titles: Callable[[], Sequence[str]],
    account_number: str | None,
    reason: str,
    mailing: Mailing,
    now: datetime,
) -> None:
    """
    Tell that an operator lets a Client read without asking the Customer.

    Args:
        titles: of what it reads, in the language that is spoken.
        account_number: of the only Account it reads; None for every one.
        reason: in the operator's words.
    """

    def letter(reader: Reader, link: str, zone: ZoneInfo) -> Letter:
        return cleared_letter(
            customer_name=reader.name,
            app=client.client_name,
            titles=titles(),
            account_number=account_number,
            reason=reason,
            at=now,
            zone=zone,
            link=link,
            signs_in=reader.signs_in,
        )

    _tell(session, client, customer_id, NewsKind.CLEARED, letter, mailing=mailing, now=now)


def tell_of_access_ended(
    session: Session,
    client: ClientRow,
    customer_id: str,
    kind: NewsKind,
    *,
    by: StoppedBy,
    mailing: Mailing,
    now: datetime,
) -> None:
    """
    Tell that it reads no more.

    Args:
        kind: OWN_ENDED or CLEARED_ENDED.
    """

    def letter(reader: Reader, link: str, zone: ZoneInfo) -> Letter:
        return access_ended_letter(
            kind=kind,
            customer_name=reader.name,
            app=client.client_name,
            contact=next(iter(client.contacts), None),
            by=by,
            at=now,
            zone=zone,
            link=link,
            signs_in=reader.signs_in,
        )

    _tell(session, client, customer_id, kind, letter, mailing=mailing, now=now)


def _tell(
    session: Session,
    client: ClientRow,
    customer_id: str,
    kind: NewsKind,
    written: Callable[[Reader, str, ZoneInfo], Letter],
    *,
    mailing: Mailing,
    now: datetime,
) -> None:
    news.note(session, customer_id, kind, app=client.client_name, grant_id=None, now=now)
    customer = customers.find_customer(session, customer_id)
    if not mailing.wanted or customer is None:
        return
    reader, mailing = reader_of(session, customer), in_brand(session, customer_id, mailing)
    link = f"{mailing.settings.base_url}/my-data" if reader.signs_in else mailing.utility.support_url
    with speaking(reader.language):
        letter = written(reader, link, mailing.utility.timezone)
    mails.post(session, letter, to=reader.address, mailing=mailing, now=now)
