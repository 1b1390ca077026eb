"""
Mails: written into the outbox in the transaction of what they tell of, and sent afterwards by the worker.

So nobody reads of a change that was undone, and a mail server that is down delays mails but loses none.
A mail may come twice when a worker dies at the wrong moment; it then carries the same Message-ID.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from cdsc_server import exact_json
from cdsc_server.domain.catalogue import Utility
from cdsc_server.domain.letters import Letter
from cdsc_server.domain.waits import wait_after
from cdsc_server.ports import Clock, KeyStore, Mail, Mailer, MailFault
from cdsc_server.services.own_templates import own_words, paragraphs, read_templates
from cdsc_server.settings import Settings
from cdsc_server.storage import outbox
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.outbox import Channel, OutboxRow

log = logging.getLogger(__name__)

#: How long an attempt may take before another worker may try: longer than any conversation with a mail server.
CLAIM: Final = timedelta(minutes=10)
_BATCH: Final = 50
_SEALED_FOR: Final = "mail"


@dataclass(frozen=True)
class Mailing:
    """
    What it takes to put a letter into the outbox.

    Args:
        sender: whom it comes from; None for the server's own address.
        brand: under which the reader knows us, the id of a label partner; None for the utility itself.
    """

    utility: Utility
    settings: Settings
    keys: KeyStore
    sender: str | None = None
    brand: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether this server sends mail at all."""
        return bool(self.settings.mail_url)


def post(session: Session, letter: Letter, *, to: str | None, mailing: Mailing, now: datetime) -> None:
    """
    Put a letter into the outbox, in the caller's transaction; nothing where no mail is sent or nobody to send it to.

    Args:
        to: mail address; None for a Customer without one.
    """
    if not mailing.wanted or not to:
        return
    mail_id = secrets.token_urlsafe(16)
    told = {"sender": mailing.sender, "sender_name": mailing.utility.name}
    words = exact_json.dumps({**told, **rendered(letter, mailing)}).decode()
    session.add(
        OutboxRow(
            outbox_id=mail_id,
            channel=Channel.MAIL,
            kind=letter.kind,
            recipient=to,
            sealed=mailing.keys.seal(words, context=_SEALED_FOR + mail_id),
            created=now,
            due=now,
        )
    )


def send_due(*, mailer: Mailer, keys: KeyStore, clock: Clock, settings: Settings) -> int:
    """
    Send every mail whose time has come.

    Safe to run in several workers at once: each mail is claimed first, in a transaction of its own.

    Returns:
        How many were handed on.
    """
    sent = 0
    while True:
        with reading() as session:
            ids = outbox.due_of(session, Channel.MAIL, now=clock.now(), limit=_BATCH)
        if not ids:
            return sent
        sent += sum(_attempt(mail_id, mailer=mailer, keys=keys, clock=clock, settings=settings) for mail_id in ids)


def _attempt(mail_id: str, *, mailer: Mailer, keys: KeyStore, clock: Clock, settings: Settings) -> bool:
    now = clock.now()
    with transaction() as session:
        claimed = outbox.claim(session, [mail_id], now=now, until=now + CLAIM)
    if not claimed:
        return False
    (row,) = claimed
    if row.attempts > settings.mail_tries:
        # Every attempt before this one was counted, but none came to an end.
        _postpone(row, "no attempt came to an end", hopeless=True, now=now, settings=settings)
        return False
    try:
        mailer.send(_opened(row, keys))
    except (MailFault, ValueError) as fault:
        hopeless = not isinstance(fault, MailFault) or fault.hopeless
        _postpone(row, str(fault), hopeless=hopeless, now=clock.now(), settings=settings)
        return False
    with transaction() as session:
        outbox.finish(session, [mail_id], now=clock.now())
    log.info("mail %s (%s) was sent", mail_id, row.kind)
    return True


def _opened(row: OutboxRow, keys: KeyStore) -> Mail:
    words = exact_json.loads(keys.open(row.sealed or b"", context=_SEALED_FOR + row.outbox_id))
    return Mail(row.outbox_id, row.recipient, **words)


def _postpone(row: OutboxRow, fault: str, *, hopeless: bool, now: datetime, settings: Settings) -> None:
    dead = hopeless or row.attempts >= settings.mail_tries
    first, chance = timedelta(seconds=settings.mail_retry_seconds), secrets.SystemRandom().random()
    due = now if dead else now + wait_after(row.attempts, first=first, chance=chance)
    with transaction() as session:
        outbox.postpone(session, row.outbox_id, due=due, fault=fault, dead=dead)
    log.warning("mail %s (%s), attempt %d: %s%s", row.outbox_id, row.kind, row.attempts, fault, "; given up" * dead)


def rendered(letter: Letter, mailing: Mailing) -> dict[str, str]:
    """
    A letter as it is sent, in the words of the brand where it has some.

    Returns:
        `subject`, `text` and `html`.
    """
    utility = mailing.utility
    closing = [line.format(utility=utility.name, phone=utility.support_phone) for line in letter.closing]
    templates = read_templates(mailing.settings.mail_templates_dir)
    own = own_words(templates, letter, brand=mailing.brand, utility=utility, closing=closing)
    if own is None:
        values = {"letter": asdict(letter), "utility": utility, "closing": closing}
        text, html = _render("letter.txt", values), _render("letter.html", values)
        return {"subject": letter.subject, "text": text, "html": html}
    named = asdict(replace(letter, subject=own.subject))
    html = _render("own.html", {"letter": named, "utility": utility, "paragraphs": paragraphs(own.text)})
    return {"subject": own.subject, "text": own.text, "html": html}


def _render(template: str, values: Mapping[str, Any]) -> str:
    return _templates().get_template(template).render(values)


def _linked(line: str, link: str) -> Markup:
    """A line of which the link, where it stands there, can be followed."""
    anchor = Markup(
        '<a href="{0}" target="_blank" rel="noopener noreferrer" style="overflow-wrap:anywhere">{0}</a>'
    ).format(link)
    return escape(line).replace(escape(link), anchor)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("cdsc_server.services", "mail_templates"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["linked"] = _linked
    return environment
