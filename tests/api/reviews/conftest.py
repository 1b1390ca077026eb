"""A server with every kind of registration field, and a registered Client with everything production needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from cdsc_server.services import review_cases, reviews
from cdsc_server.services.review_cases import Case
from cdsc_server.services.reviews import Decision, Desk
from cdsc_server.storage.db import reading
from cdsc_server.storage.reviews import RequirementRow, requirements_of
from tests.factories.messages import Box
from tests.factories.oauth import register
from tests.factories.registration_fields import ALL_TYPES, catalogue_file
from tests.support.pages import Visitor


@pytest.fixture
def settings(settings, tmp_path):
    """No mail leaves, but mails are written into the outbox."""
    return replace(
        settings,
        catalogue_file=str(catalogue_file(tmp_path)),
        mail_url="smtp://127.0.0.1:1?starttls=no",
        mail_from="no-reply@utility.example",
        registrations_per_hour=10_000,
    )


@pytest.fixture
def party(client):
    """Registered for the scope that needs something of every type."""
    return register(client, ALL_TYPES, contacts=["dev@client.example", "no address"])


@pytest.fixture
def box(app, party, clock):
    """Its Messages."""
    return Box(app, party, clock)


@pytest.fixture
def desk(app) -> Desk:
    """What an operator decides with."""
    context = app.extensions["cdsc"]
    return Desk(context.catalogue, context.settings, context.ports)


@dataclass(frozen=True)
class Owed:
    """What production needs of the registration, seen by its Client and by an operator."""

    app: Flask
    box: Box
    desk: Desk

    def asked(self, field_id: str) -> dict[str, Any]:
        """The Message that asks for a field, as the Client sees it now."""
        return self.box.get({"message_id": self._row(field_id).message_id})

    def status(self, field_id: str) -> str:
        """Where the requirement of a field stands."""
        return self._row(field_id).status

    def link_end(self, field_id: str) -> datetime | None:
        return self._row(field_id).link_expires

    def replies(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """The Server's answers to a Message, the oldest first."""
        found = [each for each in self.box.listing()["unread"] if each["previous_uri"] == message["uri"]]
        return sorted(found, key=lambda each: each["created"])

    def accept(self, message: dict[str, Any], **how: Any) -> Decision:
        """An operator says yes, a second later."""
        self.box.clock.advance(seconds=1)
        with self.app.app_context():
            return reviews.accept(message["message_id"], desk=self.desk, **how)

    def reject(self, message: dict[str, Any], reason: str) -> Decision:
        """An operator says no, a second later."""
        self.box.clock.advance(seconds=1)
        with self.app.app_context():
            return reviews.reject(message["message_id"], desk=self.desk, reason=reason)

    def ask_again(self, message: dict[str, Any], why: str) -> str:
        with self.app.app_context():
            return reviews.ask_again(message["message_id"], desk=self.desk, why=why)

    def ask_question(self, message: dict[str, Any], text: str) -> str:
        with self.app.app_context():
            return reviews.ask_question(message["message_id"], desk=self.desk, text=text)

    def show(self, message: dict[str, Any]) -> Case:
        """What the operator sees."""
        with self.app.app_context():
            return review_cases.show(message["message_id"], catalogue=self.desk.catalogue)

    def waiting(self) -> list[str]:
        """The ids of what waits, the longest wait first."""
        with self.app.app_context():
            return [each.id for each in review_cases.list_waiting()]

    def fulfil(self) -> None:
        """An operator accepts all that production needs."""
        with self.app.app_context(), reading() as session:
            rows = requirements_of(session, self.box.registration_id)
        for row in rows:
            self.accept({"message_id": row.message_id})

    def _row(self, field_id: str) -> RequirementRow:
        with self.app.app_context(), reading() as session:
            rows = requirements_of(session, self.box.registration_id)
        return next(row for row in rows if row.field_id == field_id)


@pytest.fixture
def owed(app, box, desk) -> Owed:
    """What the registration of `party` owes."""
    return Owed(app, box, desk)


@pytest.fixture
def visitor(app) -> Visitor:
    """A browser of its own, as of whoever the Client passes a link to."""
    return Visitor(app.test_client())
