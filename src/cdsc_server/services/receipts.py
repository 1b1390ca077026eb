"""
Receipts: the words of an approval as they were read, at an address nobody can guess (CDS-WG3-01 9.4).

Whoever holds the address sees what is shared and may stop it; names and numbers are for the signed-in Customer only.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.choosing import Item
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.grants import SHUT, GrantStatus, status_at
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import NotFound
from cdsc_server.languages import language
from cdsc_server.ports import Clock, KeyStore
from cdsc_server.services.consent_form import Section
from cdsc_server.storage import clients, grants
from cdsc_server.storage.authorizations import find_code
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.grants import GrantRow, ReceiptRow

#: No 0 O, 1 I L, U V: a number is read out over the telephone.
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTWXYZ"
_SEALED_FOR: Final = "receipt"


@dataclass(frozen=True)
class Receipt:
    """
    A receipt as a visitor may see it.

    Args:
        form: the words of the approval; entries of the selection only for the Customer whose receipt it is.
        status: of the Grant, now.
        newer: secret of the receipt that replaced this one, None when it is the latest.
        client_name_now: what the Client calls itself today.
        eta: while its data comes late, about when it is there.
        own: whether the visitor is signed in as the Customer.
    """

    confirmation: str
    created: datetime
    form: Mapping[str, Any]
    grant_id: str
    status: GrantStatus
    ended: datetime | None
    client_name_now: str
    newer: str | None
    own: bool
    eta: datetime | None = None

    @property
    def stoppable(self) -> bool:
        """Whether there is anything left to stop."""
        return self.status not in (GrantStatus.REVOKED, GrantStatus.CLOSED, GrantStatus.EXPIRED)

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
    """The text as it was read, and whose it is."""
    if section.purpose is None:
        return None
    return {name: getattr(section.purpose, name) for name in ("content", "related_uri", "related_name", "ours")}


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


def open_receipt(secret: str, *, customer_id: str | None, keys: KeyStore, clock: Clock) -> Receipt:
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
        newer=newer,
        own=own,
        eta=grant.eta if status is GrantStatus.PENDING and grant.loading else None,
    )


def looked_at(client: ClientRow, catalogue: Catalogue) -> str | None:
    """The Client's web site, where an operator saw it before production and sees each change of it (9.2.1.2)."""
    seen = client.status == ClientStatus.PRODUCTION and "client_uri" in catalogue.review.client_fields
    return client.uris.get("client_uri") if seen else None


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
