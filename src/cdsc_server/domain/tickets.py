"""Support requests as tickets of another system, and what comes back: words and marks, and no data of Customers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: Stands before the id of a Message where the other system keeps an id of ours.
_PREFIX: Final = "cdsc-message-"
_MARK: Final = re.compile(rf"\[{_PREFIX}[0-9a-f]+\]")


@dataclass(frozen=True)
class Ticket:
    """
    A support request as it is handed on.

    Args:
        external_id: ours, the same at every attempt.
        body: what the Client wrote, with the way to it at the console; ends in the mark of the Message.
        requester_email: None where the Client named none.
    """

    external_id: str
    subject: str
    body: str
    requester_name: str
    requester_email: str | None


@dataclass(frozen=True)
class TicketNews:
    """
    What became of a ticket.

    Args:
        news_id: the same whenever the same is told.
        ticket_id: of the other system.
        comment: what an agent wrote for the Client to read; None when this is not about a comment.
        solved: whether it is solved now.
    """

    news_id: str
    ticket_id: str
    comment: str | None = None
    solved: bool = False


def ticket_of(
    *, message_id: str, name: str, description: str, client_name: str, contacts: list[str], console: str
) -> Ticket:
    """
    The ticket of a support request. What is attached to the request stays here, where operators open it.

    Args:
        contacts: of the Client Object that wrote, in its order; mail addresses and others.
        console: address of the Message at the console.
    """
    words = description.strip() or name
    return Ticket(
        external_id=f"{_PREFIX}{message_id}",
        subject=name.strip() or description.strip().partition("\n")[0][:120],
        body=f"{words}\n\nFrom {client_name}, with what is attached: {console}\n[{_PREFIX}{message_id}]",
        requester_name=client_name,
        requester_email=next((each for each in contacts if "@" in each and ":" not in each), None),
    )


def is_ours(text: str) -> bool:
    """Whether a text came from this server, so that it is not sent back to where it came from."""
    return _MARK.search(text) is not None
