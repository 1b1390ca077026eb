"""
Tickets at Zendesk: two calls out, one signed call in.

A ticket is looked for by our id before it is made, in the listing and not by the search, which lags behind: so an
attempt that died after it made the ticket makes no second one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import requests

from cdsc_server import exact_json
from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.tickets import Ticket, TicketNews
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import ForgedCallback, TicketFault

_SECONDS: Final = 20
_TAG: Final = "cdsc-server"
#: How far the clocks of both sides may be apart, with the way between them.
_TOLERANCE: Final = timedelta(minutes=5)
_LONGEST_WAIT: Final = timedelta(hours=1)
_COMMENT: Final = "zen:event-type:ticket.comment_added"
_STATUS: Final = "zen:event-type:ticket.status_changed"
_SOLVED: Final = frozenset({"solved", "closed"})


class ZendeskDesk:
    """Satisfies `ports.TicketDesk`."""

    def __init__(self, url: str, *, token: str, secret: bytes) -> None:
        """
        Args:
            url: of the account, without a slash at the end.
            token: an OAuth access token that may read and write tickets.
            secret: what Zendesk signs its calls with.
        """
        self._url = url
        self._token = token
        self._secret = secret

    def __repr__(self) -> str:
        return f"ZendeskDesk({self._url!r}, token and secret hidden)"

    @classmethod
    def read(cls, url: str, *, token_file: str, secret_file: str) -> ZendeskDesk:
        """
        The desk whose token and secret are in these files.

        Raises:
            InvalidConfiguration: a file cannot be read, or is empty.
        """
        return cls(url, token=_secret(token_file), secret=_secret(secret_file).encode())

    def open(self, ticket: Ticket) -> str:
        """Its id; the one that is there where an earlier attempt made it."""
        found = self._ask("GET", f"/api/v2/tickets.json?{urlencode({'external_id': ticket.external_id})}")
        for each in found.get("tickets") or ():
            if each.get("external_id") == ticket.external_id:
                return str(each["id"])
        body: dict[str, Any] = {
            "subject": ticket.subject,
            "comment": {"body": ticket.body},
            "external_id": ticket.external_id,
            "tags": [_TAG],
        }
        if ticket.requester_email is not None:
            body["requester"] = {"name": ticket.requester_name, "email": ticket.requester_email}
        # Two workers at once are kept apart by the key.
        made = self._ask("POST", "/api/v2/tickets.json", {"ticket": body}, {"Idempotency-Key": ticket.external_id})
        return str(made["ticket"]["id"])

    def comment(self, ticket_id: str, ticket: Ticket) -> None:
        """Add a text; nothing where an earlier attempt added it."""
        found = self._ask("GET", f"/api/v2/tickets/{ticket_id}/comments.json?sort_order=desc")
        if any(ticket.external_id in str(each.get("body")) for each in found.get("comments") or ()):
            return
        change = {"comment": {"body": ticket.body, "public": True}}
        self._ask("PUT", f"/api/v2/tickets/{ticket_id}.json", {"ticket": change})

    def read_news(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> TicketNews | None:
        """
        What a call says; None for what is nothing to a Client.

        Raises:
            ForgedCallback: not signed with our secret, signed too long ago, or not in the form of Zendesk.
        """
        sent = {name.lower(): value for name, value in headers.items()}
        timestamp = sent.get("x-zendesk-webhook-signature-timestamp", "")
        right = base64.b64encode(hmac.new(self._secret, timestamp.encode() + body, hashlib.sha256).digest())
        if not hmac.compare_digest(sent.get("x-zendesk-webhook-signature", "").encode(), right):
            raise ForgedCallback("the signature is wrong")
        try:
            at = read_datetime(timestamp)
        except ValueError as fault:
            raise ForgedCallback("the time of the signature is none") from fault
        if abs(now - at) > _TOLERANCE:
            raise ForgedCallback("it was signed too long ago")
        # Zendesk sends an empty body where a trigger says nothing.
        return _news(body, sent.get("x-zendesk-webhook-invocation-id", "")) if body else None

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, more: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", **(more or {})}
        try:
            answer = requests.request(
                method, f"{self._url}{path}", json=body, headers=headers, timeout=_SECONDS, allow_redirects=False
            )
        except requests.RequestException as fault:
            raise TicketFault(f"Zendesk does not answer: {type(fault).__name__}") from fault
        if answer.status_code in (200, 201):
            try:
                told: dict[str, Any] = answer.json()
            except ValueError as fault:
                raise TicketFault("Zendesk answered what is not JSON") from fault
            return told
        words = f"Zendesk answered {answer.status_code} to {method}"
        if answer.status_code in (401, 403):
            words = f"{words}: look at the file of CDSC_TICKETS_TOKEN_FILE"
        # What it says of our ticket will be the same the next time; who we are and how busy it is will not.
        hopeless = answer.status_code in (400, 404, 422)
        raise TicketFault(words, hopeless=hopeless, retry_after=_retry_after(answer.headers.get("Retry-After", "")))


def _news(body: bytes, invocation_id: str) -> TicketNews | None:
    try:
        told = exact_json.loads(body)
        kind, ticket_id, event = told["type"], str(told["detail"]["id"]), told["event"]
        if kind == _COMMENT:
            comment = event["comment"]
            # What the Client wrote itself, and what agents write to each other, is not for it.
            if not comment["is_public"] or not comment["author"]["is_staff"]:
                return None
            return TicketNews(invocation_id or str(told["id"]), ticket_id, comment=str(comment["body"]))
        if kind == _STATUS and str(event["current"]).lower() in _SOLVED:
            return TicketNews(invocation_id or str(told["id"]), ticket_id, solved=True)
    except (KeyError, TypeError, ValueError) as fault:
        raise ForgedCallback("it is signed, but not in the form of Zendesk's events") from fault
    return None


def _retry_after(text: str) -> timedelta:
    """How long Zendesk asks us to wait; at most an hour, whatever it says."""
    seconds = int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
    return min(timedelta(seconds=seconds), _LONGEST_WAIT)


def _secret(path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except OSError as fault:
        raise InvalidConfiguration([f"{path}: {fault.strerror}"]) from fault
    if not text:
        raise InvalidConfiguration([f"{path} is empty"])
    return text
