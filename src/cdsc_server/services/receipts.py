"""
Receipts: the words of an approval as they were read, at an address nobody can guess (CDS-WG3-01 9.4).

Whoever holds the address sees what is shared and may stop it; names and numbers are for the signed-in Customer only.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.brands import Brand
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.choosing import Item
from cdsc_server.domain.grants import FINAL, SHUT, GrantStatus, status_at
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import NotFound
from cdsc_server.languages import language, speaking
from cdsc_server.ports import Clock, KeyStore
from cdsc_server.services.brands import read_brand
from cdsc_server.services.consent_form import Section
from cdsc_server.services.reviewed import looked_at
from cdsc_server.services.standing import standing_sections
from cdsc_server.storage import clients, customers, grants
from cdsc_server.storage.authorizations import find_code
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.holdings import read_holdings

#: No 0 O, 1 I L, U V: a number is read out over the telephone.
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTWXYZ"
_SEALED_FOR: Final = "receipt"


@dataclass(frozen=True)
class Today:
    """
    What has become of a section since its approval, in the language of the receipt (CDS-WG3-01 9.4).

    Args:
        gone: nothing of it is shared any more; then the rest is empty.
        periods: how long, where that is another time now.
        details: what is opened, where that is something else now.
        covered: how many things, where those are others now.
        items: these things, for the Customer whose receipt it is only.
    """

    gone: bool = False
    periods: Sequence[str] = ()
    details: Sequence[str] = ()
    covered: str = ""
    items: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Receipt:
    """
    A receipt as a visitor may see it.

    Args:
        form: the words of the approval; entries of the selection only for the Customer whose receipt it is.
        status: of the Grant, now.
        newer: secret of the receipt that replaced this one, None when it is the latest.
        client_name_now: what the Client calls itself today.
        client_uri_now: its web site today; None for none we looked at.
        today: beside each section of `form`, what has changed since, None for nothing.
        new: titles of what was not there yet.
        eta: while its data comes late, about when it is there.
        own: whether the visitor is signed in as the Customer.
        unidentified: whether nobody knows yet who it was that did not sign in; nothing has been shared then.
        signs_in: whether the Customer has a sign-in here.
        brand: under which the Customer knows us; None for the utility's own.
    """

    confirmation: str
    created: datetime
    form: Mapping[str, Any]
    grant_id: str
    status: GrantStatus
    ended: datetime | None
    client_name_now: str
    client_uri_now: str | None
    today: Sequence[Today | None]
    new: Sequence[str]
    newer: str | None
    own: bool
    unidentified: bool
    signs_in: bool
    brand: Brand | None
    eta: datetime | None = None

    @property
    def stoppable(self) -> bool:
        """Whether there is anything left to stop."""
        return self.status not in FINAL | {GrantStatus.EXPIRED}

    @property
    def sharing(self) -> bool:
        return self.status not in SHUT


def add_receipt(
    session: Session,
    grant: GrantRow,
    form: dict[str, Any],
    *,
    stated: dict[str, Any] | None = None,
    prefix: str,
    keys: KeyStore,
    now: datetime,
) -> str:
    """
    Keep the receipt of an approval, and its confirmation number on the Grant.

    Args:
        grant: its Customer is whose receipt it is.
        form: as `frozen` gives it.
        stated: of somebody who did not sign in, the proven address and what they named.

    Returns:
        The secret of its address.
    """
    secret = secrets.token_urlsafe(32)
    confirmation = _confirmation(prefix)
    while grants.confirmation_taken(session, confirmation):
        confirmation = _confirmation(prefix)
    session.add(
        ReceiptRow(
            path_hash=secret_hash(secret),
            path_sealed=keys.seal(secret, context=_SEALED_FOR),
            confirmation=confirmation,
            grant_id=grant.grant_id,
            customer_id=grant.customer_id,
            form=form,
            stated=stated,
            created=now,
        )
    )
    grant.receipt_confirmations = [*grant.receipt_confirmations, confirmation]
    return secret


def frozen(
    client: ClientRow,
    kept: Iterable[tuple[Section, Sequence[Item]]],
    *,
    catalogue: Catalogue,
    terms: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """
    What was agreed to as plain JSON: every word that was read, and what was ticked, scope by scope.

    Args:
        kept: the sections, each with everything that is ticked in it.
        terms: of an agreement that did not come by the form, such as "begins" and "ends"; the receipt tells them.
    """
    shown: dict[str, Any] = {
        "language": language(),
        "client_name": client.client_name,
        "client_uri": looked_at(client, catalogue),
        "terms_url": catalogue.utility.terms_url,
        "sections": [each for section, ticked in kept for each in told(section, ticked)],
    }
    return shown if terms is None else {**shown, "terms": dict(terms)}


def _purpose(section: Section) -> dict[str, Any] | None:
    """The text as it was read, whose it is, and whether an operator has looked at it."""
    if section.purpose is None:
        return None
    return {
        name: getattr(section.purpose, name) for name in ("content", "related_uri", "related_name", "ours", "reviewed")
    }


def told(section: Section, ticked: Sequence[Item]) -> list[dict[str, Any]]:
    """One section as plain JSON, scope by scope: its words, and what is ticked in it."""
    return [
        {
            "scope_id": part.scope_id,
            "title": part.contents.title,
            "sentence": part.contents.sentence,
            "shows": part.contents.shows,
            "details": list(part.contents.details),
            "periods": [asdict(period) for period in part.periods],
            "kind": section.kind,
            "counted": section.counted,
            "purpose": _purpose(section),
            "covered": section.covered,
            "items": [
                {"id": item.id, "title": item.title, "about": item.about, "numbers": list(item.numbers)}
                for item in ticked
            ],
        }
        for part in section.parts
    ]


def open_receipt(
    secret: str, *, customer_id: str | None, catalogue: Catalogue, keys: KeyStore, clock: Clock
) -> Receipt:
    """
    The receipt at this address.

    Args:
        customer_id: who is signed in; the entries of the selection are for nobody else.

    Raises:
        NotFound: there is none.
    """
    now = clock.now()
    with reading() as session:
        row = grants.find_receipt(session, secret_hash(secret))
        if row is None:
            raise NotFound("There is no receipt at this address.")
        grant = grants.grant_of_customer(session, row.grant_id, row.customer_id)
        latest = grants.latest_receipt(session, row.grant_id)
        client = clients.find_client(session, grant.client_id) if grant is not None else None
        if grant is None:
            raise NotFound("There is no receipt at this address.")
        with speaking(row.form["language"]):
            today, new = _changes(session, row, grant, catalogue=catalogue, now=now)
        signs_in = row.customer_id is not None and customers.signs_in(session, row.customer_id)
        brand = None if row.customer_id is None else read_brand(session, row.customer_id, catalogue.utility)
    own = customer_id is not None and customer_id == row.customer_id
    status = status_at(GrantStatus(grant.status), expires=grant.expires, not_before=grant.not_before, now=now)
    newer = None
    if latest is not None and latest.path_hash != row.path_hash:
        newer = keys.open(latest.path_sealed, context=_SEALED_FOR)
    return Receipt(
        confirmation=row.confirmation,
        created=row.created,
        form=row.form if own else _redacted(row.form),
        grant_id=grant.grant_id,
        status=status,
        ended=grant.modified if status in SHUT else None,
        client_name_now=client.client_name if client is not None else row.form["client_name"],
        client_uri_now=looked_at(client, catalogue) if client is not None else None,
        today=today if own else [None if each is None else replace(each, items=()) for each in today],
        new=new,
        newer=newer,
        own=own,
        unidentified=row.unidentified,
        signs_in=signs_in,
        brand=brand,
        eta=grant.eta if status is GrantStatus.PENDING and (grant.loading or row.unidentified) else None,
    )


def _changes(
    session: Session, row: ReceiptRow, grant: GrantRow, *, catalogue: Catalogue, now: datetime
) -> tuple[list[Today | None], list[str]]:
    """What has changed of each section, and titles of what is new; nothing of a Grant that opens nothing any more."""
    frozen_sections = row.form["sections"]
    details = grant.enabled_authorization_details
    # What somebody named who did not sign in cannot be told from what was found for it later; nor can what is still
    # to come from what was taken away.
    told_apart = row.customer_id is not None and row.stated is None and not grant.loading
    if not told_apart or not details or not grant.selections:
        return [None] * len(frozen_sections), []
    holdings = read_holdings(session, str(row.customer_id), now=now)
    standing = standing_sections(details, grant.selections, holdings, catalogue=catalogue, at=row.created)
    left = [each for section in standing.values() for each in told(section, section.ticked)]
    today = []
    for before in frozen_sections:
        place = next((n for n, each in enumerate(left) if each["scope_id"] == before["scope_id"]), None)
        today.append(Today(gone=True) if place is None else _difference(before, left.pop(place)))
    return today, [each["title"] for each in left]


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Today | None:
    says = [period["says"] for period in after["periods"]]
    others = {each["id"] for each in before["items"]} != {each["id"] for each in after["items"]}
    found = Today(
        periods=says if says != [period["says"] for period in before["periods"]] else (),
        details=after["details"] if after["details"] != before["details"] else (),
        covered=after["covered"] if others or after["covered"] != before["covered"] else "",
        items=after["items"] if others else (),
    )
    return None if found == Today() else found


def receipt_of_code(code: str, *, keys: KeyStore, clock: Clock) -> str | None:
    """The secret of the receipt that belongs to an authorization code which is still good; None when there is none."""
    with reading() as session:
        row = find_code(session, secret_hash(code))
        if row is None or row.expires <= clock.now():
            return None
        receipt = grants.latest_receipt(session, row.grant_id)
    return None if receipt is None else keys.open(receipt.path_sealed, context=_SEALED_FOR)


def receipt_secret(row: ReceiptRow, *, keys: KeyStore) -> str:
    """The secret of the address, for the Customer's own pages."""
    return keys.open(row.path_sealed, context=_SEALED_FOR)


def _redacted(form: Mapping[str, Any]) -> dict[str, Any]:
    return {**form, "sections": [{**section, "items": None} for section in form["sections"]]}


def _confirmation(prefix: str) -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{prefix}-{letters[:4]}-{letters[4:]}"
