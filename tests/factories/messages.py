"""A Client's Messages: what it posts, what the Server sends it, and what its listing shows."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from cdsc_server.domain.messages import RelatedTo
from cdsc_server.services import messages
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.messages import MessageRow, find_message
from tests.factories.oauth import Party
from tests.support.clock import FakeClock

BASE = "http://127.0.0.1:8000"

#: What the Server asks for in the server_request of these tests.
ASKED = [
    {"field": "logo", "name": "Logo", "description": "A square picture."},
    {"field": "terms", "name": "Terms", "description": "The terms you show to Customers."},
]
ANSWERS = [
    {"field": "logo", "uri": "https://client.example/logo.png"},
    {"field": "terms", "description": "See our site."},
]
LEAD = RelatedTo("more_info", "https://utility.example/registration")

#: Sound Messages of the Server, one of each type it sends by itself.
FROM_SERVER: dict[str, dict[str, Any]] = {
    "notification": {"status": "complete"},
    "private_message": {"status": "complete"},
    "server_request": {"status": "open", "updates_requested": ASKED, "related": LEAD},
    "field_changes": {
        "status": "pending",
        "updates_requested": [{"field": "client_name", "previous_value": "Old", "new_value": "New"}],
        "related": RelatedTo("client", "some-client"),
    },
    "payment_request": {
        "status": "open",
        "related": RelatedTo("payment_form", "https://pay.example/1"),
        "amount": Decimal("250.00"),
        "currency": "EUR",
    },
    "online_form_request": {"status": "open", "related": RelatedTo("online_form", "/forms/1")},
    "pdf_form_request": {"status": "open", "related": RelatedTo("pdf_form", "/forms/1.pdf")},
}


def attachment(content: bytes = b"%PDF-1.7", **changes: Any) -> dict[str, Any]:
    """A small file as it is posted."""
    sound = {"filename": "letter.pdf", "mime_type": "application/pdf", "data": base64.b64encode(content).decode()}
    return {**sound, **changes}


@dataclass(frozen=True)
class Box:
    """The Messages of one registration, from both sides."""

    app: Flask
    party: Party
    clock: FakeClock

    def sound(self, type: str = "private_message", **changes: Any) -> dict[str, Any]:
        """A post of this type that is taken, except that a client_submission needs a previous_uri; ... leaves out."""
        post: dict[str, Any] = {"previous_uri": None, "type": type, "name": "A word", "description": "About meters."}
        target = f"{BASE}/clients/{self.party.app.client_id}"
        if type == "client_submission":
            post |= {"name": "", "description": "", "updates_requested": ANSWERS}
        if type in ("production_request", "grant_request"):
            post["related_uri"] = target
        if type == "grant_request":
            post["grants_requested"] = [{"scope": "usage_data", "authorization_details": []}]
        return {name: value for name, value in {**post, **changes}.items() if value is not ...}

    def post(self, type: str = "private_message", **changes: Any) -> TestResponse:
        """The answer to a sound post with these changes, a second after whatever was before."""
        return self.send(self.sound(type, **changes))

    def send(self, body: Any) -> TestResponse:
        """The answer to posting this body."""
        self.clock.advance(seconds=1)
        return self.party.http.post("/messages", json=body, headers=self.party.bearer)

    def posted(self, type: str = "private_message", **changes: Any) -> dict[str, Any]:
        """The Message that a sound post made."""
        answer = self.post(type, **changes)
        assert answer.status_code == 201, answer.json
        return dict(answer.json)

    def get(self, message: dict[str, Any]) -> dict[str, Any]:
        """The Message as it is now."""
        answer = self.party.http.get(f"/messages/{message['message_id']}", headers=self.party.bearer)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def patch(self, message: dict[str, Any], body: Any) -> TestResponse:
        """The answer to a modification, a second later."""
        self.clock.advance(seconds=1)
        return self.party.http.patch(f"/messages/{message['message_id']}", json=body, headers=self.party.bearer)

    def listing(self, **query: str) -> dict[str, Any]:
        """The listing."""
        return self.follow(f"{BASE}/messages", **query)

    def follow(self, address: str, **query: str) -> dict[str, Any]:
        """The listing at an address that the server gave."""
        answer = self.party.http.get(address.removeprefix(BASE), query_string=query or None, headers=self.party.bearer)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def server(self, type: str = "server_request", **changes: Any) -> dict[str, Any]:
        """A sound Message of the Server of this type, with these changes, as the Client sees it."""
        fields = {"name": "From the server", "description": "Read this.", **FROM_SERVER.get(type, {}), **changes}
        return self.told(lambda session: messages.add_message(session, **self._addressed(type, fields)))

    def reply(self, message: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """The Server's answer to a Message, as the Client sees it."""

        def answer(session: Session) -> MessageRow:
            original = find_message(session, message["message_id"])
            assert original is not None
            return messages.reply(session, original, now=self.clock.now(), **{"description": "Looked at.", **fields})

        return self.told(answer)

    def told(self, tell: Callable[[Session], MessageRow]) -> dict[str, Any]:
        """What the Server does in one transaction, a second after whatever was before; the Message it made."""
        self.clock.advance(seconds=1)
        with self.app.app_context(), transaction() as session:
            made = tell(session).message_id
        return self.get({"message_id": made})

    def count(self) -> int:
        """How many Messages there are, of anybody."""
        with self.app.app_context(), reading() as session:
            return session.scalar(select(func.count()).select_from(MessageRow)) or 0

    @property
    def registration_id(self) -> str:
        """Whose Messages these are."""
        with self.app.app_context(), reading() as session:
            return str(session.get_one(ClientRow, self.party.admin.client_id).registration_id)

    def _addressed(self, type: str, fields: dict[str, Any]) -> dict[str, Any]:
        return {"type": type, "registration_id": self.registration_id, "now": self.clock.now(), **fields}
