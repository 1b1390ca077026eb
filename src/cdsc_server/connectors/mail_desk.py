"""Tickets as plain mail to a desk that reads mail. What it answers is written at the console."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

from markupsafe import escape

from cdsc_server.domain.tickets import Ticket
from cdsc_server.ports import ForgedCallback, Mail, Mailer, MailFault, TicketFault


class MailDesk:
    """Satisfies `ports.TicketDesk`."""

    def __init__(self, address: str, *, mailer: Mailer) -> None:
        self._address = address
        self._mailer = mailer

    def open(self, ticket: Ticket) -> str:
        """Our own id, which is all there is; a mail that comes twice carries the same Message-ID."""
        self._send(ticket, ticket.external_id)
        return ticket.external_id

    def comment(self, ticket_id: str, ticket: Ticket) -> None:
        """One more mail, with the id of the first in its subject."""
        self._send(ticket, ticket_id)

    def read_news(self, _body: bytes, _headers: Mapping[str, str], *, now: datetime) -> NoReturn:  # noqa: ARG002
        """
        Nothing: mail desks do not call.

        Raises:
            ForgedCallback: always.
        """
        raise ForgedCallback("a desk that is written mails does not call")

    def _send(self, ticket: Ticket, ticket_id: str) -> None:
        html = "".join(f"<p>{escape(part)}</p>" for part in ticket.body.split("\n\n"))
        subject = f"[{ticket_id}] {ticket.subject}"
        try:
            self._mailer.send(Mail(ticket.external_id, self._address, subject, ticket.body, html))
        except MailFault as fault:
            raise TicketFault(str(fault), hopeless=fault.hopeless) from fault
