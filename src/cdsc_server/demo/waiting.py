"""
Three made-up companies that wait for an operator, so that there is something of each kind to decide.

They do what Clients do, through the same use cases; one of them was let into production before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files as packaged
from typing import Any, Final

from cdsc_server.demo.people import OPERATOR
from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.message_posts import Attachment, MessagePost
from cdsc_server.domain.messages import MessageType
from cdsc_server.domain.payments import PaymentNews, PaymentStatus
from cdsc_server.domain.registration_fields import FieldType
from cdsc_server.ports import Ports
from cdsc_server.services import client_changes, message_posts, payments, requirement_forms, requirements, reviews
from cdsc_server.services.audit import noting
from cdsc_server.services.registration import register
from cdsc_server.services.reviews import Desk
from cdsc_server.settings import Settings
from cdsc_server.storage import clients
from cdsc_server.storage import reviews as stored
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.payments import PaymentRow, find_payment
from cdsc_server.storage.reviews import RequirementRow

_ANSWERS: Final = {
    "name": "Maren Holt, head of product",
    "use": "We show shops which of our price plans would have cost them less last year.",
    "agree": "yes",
}
_PDF: Final = "data-agreement.pdf"


@dataclass(frozen=True)
class _SlowClock:
    """A clock that is behind by some time."""

    behind: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) - self.behind


@dataclass(frozen=True)
class Companies:
    """Does at the server of the demonstration what companies would do."""

    catalogue: Catalogue
    settings: Settings
    ports: Ports

    def arrive(self) -> None:
        """One has handed in much of what production needs, one has tested enough, one is in production."""
        self.ago(timedelta(days=9)).settle_in()
        self.ago(timedelta(days=4, hours=2)).hand_in_a_lot()
        self.ago(timedelta(hours=5)).ask_a_lot()

    def ago(self, time: timedelta) -> Companies:
        """The same, with clocks that are slow by so much: things wait for different times then."""
        return replace(self, ports=replace(self.ports, clock=_SlowClock(time)))

    def settle_in(self) -> None:
        """Go into production, and want another name there some days later."""
        admin = self._register("Tern Coaching", "usage_data")
        self._clear(admin)
        made = reviews.approve_production(self._sandbox(admin).client_id, desk=self._desk()).made
        self.ago(timedelta(days=2)).change_name(admin, made[0], "Tern & Daughters")

    def hand_in_a_lot(self) -> None:
        """A form, a payment on its way and a signed PDF; the review of the company is the utility's own."""
        admin = self._register("Harbour Tariffs", "usage_data rate_plan")
        with reading() as session:
            owed = {row.type: row for row in stored.requirements_of(session, admin.registration_id)}
            payment = find_payment(session, str(owed[FieldType.PAYMENT_REQUIRED].payment_id))
        link = owed[FieldType.ONLINE_FORM].link
        requirement_forms.send_answers(link, _ANSWERS, catalogue=self.catalogue, clock=self.ports.clock)
        if payment is not None:
            self._pay(payment)
        self._sign(admin, owed[FieldType.PDF_FORM])
        self._post(
            admin,
            MessageType.PRODUCTION_REQUEST,
            "Ready for customers",
            "Our app compares price plans. Three shops have tried it with your test accounts.",
            related_uri=self._uri(self._sandbox(admin)),
        )

    def ask_a_lot(self) -> None:
        """For production, an answer, and access that a Customer agreed to on paper."""
        admin = self._register("Tidewater Metering", "usage_data generation_mix")
        self._clear(admin)
        sandbox = self._uri(self._sandbox(admin))
        self._post(
            admin,
            MessageType.PRODUCTION_REQUEST,
            "Tested for two weeks",
            "We have read the test accounts every night, and all is well.",
            related_uri=sandbox,
        )
        self._post(
            admin,
            MessageType.SUPPORT_REQUEST,
            "Cubic metres of gas",
            "Are the cubic metres of gas corrected for temperature and pressure?",
        )
        self._post(
            admin,
            MessageType.GRANT_REQUEST,
            "Access for Ben Castellanos",
            "He has signed our form on paper; you know him as ben@example.com.",
            related_uri=sandbox,
            grants_requested=({"scope": "usage_data", "authorization_details": []},),
        )

    def _register(self, name: str, scopes: str) -> ClientRow:
        word = name.split(maxsplit=1)[0].lower()
        metadata = {
            "client_name": name,
            "contacts": [f"cds@{word}.example"],
            "client_uri": f"https://{word}.example/",
            "scope": f"cds_client_admin {scopes}",
        }
        row, _ = register(
            metadata,
            fields={"cds_app_kind": "advice"},
            address="demo",
            catalogue=self.catalogue,
            settings=self.settings,
            limits=self.ports.limits,
            clock=self.ports.clock,
            keys=self.ports.keys,
            blobs=self.ports.blobs,
        )
        return row

    def _desk(self) -> Desk:
        return Desk(self.catalogue, self.settings, self.ports, noted=noting(OPERATOR, self.ports.clock))

    def _clear(self, admin: ClientRow) -> None:
        """Have an operator accept all that production needs."""
        with reading() as session:
            owed = stored.requirements_of(session, admin.registration_id)
        for row in owed:
            reviews.accept(row.message_id, desk=self._desk())

    def _pay(self, payment: PaymentRow) -> None:
        news = PaymentNews(payment.payment_id, PaymentStatus.SUBMITTED, payment.amount, payment.currency)
        payments.settle(news, clock=self.ports.clock, on_change=requirements.payment_changed)

    def _sign(self, admin: ClientRow, form: RequirementRow) -> None:
        signed = (packaged("cdsc_server") / _PDF).read_bytes()
        asked = f"{self.settings.base_url}/messages/{form.message_id}"
        attachment = Attachment("data-agreement-signed.pdf", "application/pdf", signed)
        post = MessagePost(asked, MessageType.CLIENT_SUBMISSION, "", "", attachments=(attachment,))
        self._send(admin, post)

    def change_name(self, admin: ClientRow, client_id: str, name: str) -> None:
        """Change what operators have to agree to."""
        client_changes.replace_client(
            client_id,
            {"client_name": name},
            registration_id=admin.registration_id,
            catalogue=self.catalogue,
            settings=self.settings,
            clock=self.ports.clock,
            blobs=self.ports.blobs,
        )

    def _post(self, admin: ClientRow, type: MessageType, name: str, words: str, **more: Any) -> None:
        self._send(admin, replace(MessagePost(None, type, name, words), **more))

    def _send(self, admin: ClientRow, post: MessagePost) -> None:
        message_posts.post_message(
            post,
            client_id=admin.client_id,
            registration_id=admin.registration_id,
            catalogue=self.catalogue,
            settings=self.settings,
            clock=self.ports.clock,
            blobs=self.ports.blobs,
        )

    def _sandbox(self, admin: ClientRow) -> ClientRow:
        with reading() as session:
            own = clients.clients_of(session, admin.registration_id)
        return next(each for each in own if each.response_types)

    def _uri(self, client: ClientRow) -> str:
        return f"{self.settings.base_url}/clients/{client.client_id}"
