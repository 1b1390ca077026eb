"""Mails to the operators, of what they have to look after."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.letters import Letter
from cdsc_server.services import mails
from cdsc_server.services.mails import Mailing
from cdsc_server.storage.operators import list_operators


def tell_operators(session: Session, letter: Letter, *, mailing: Mailing, now: datetime) -> None:
    """Write to every operator whose name is a mail address and whose account is not disabled."""
    for operator in list_operators(session):
        if operator.disabled is None and "@" in operator.username:
            mails.post(session, letter, to=operator.username, mailing=mailing, now=now)
