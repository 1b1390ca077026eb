"""Two made-up companies that have registered and wait for an operator, so that there is something to decide."""

from __future__ import annotations

from dataclasses import dataclass

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.message_posts import MessagePost
from cdsc_server.domain.messages import MessageType
from cdsc_server.ports import Ports
from cdsc_server.services import message_posts, requirement_forms
from cdsc_server.services.registration import register
from cdsc_server.settings import Settings
from cdsc_server.storage import clients, reviews
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading

_ANSWERS = {
    "name": "Maren Holt, head of product",
    "use": "We show shops which of our price plans would have cost them less last year.",
    "agree": "yes",
}


@dataclass(frozen=True)
class Companies:
    """Does at the server of the demonstration what companies would do."""

    catalogue: Catalogue
    settings: Settings
    ports: Ports

    def arrive(self) -> None:
        """One reads price plans and has done part of what that needs; the other only wants to go live."""
        tariffs = self._register("Harbour Tariffs", "usage_data rate_plan")
        self._fill_in_terms(tariffs)
        self._post(tariffs, MessageType.PRODUCTION_REQUEST, "Our app is ready for customers.")
        meters = self._register("Tidewater Metering", "usage_data generation_mix")
        self._post(meters, MessageType.PRODUCTION_REQUEST, "Tested for two weeks; all is well.")
        self._post(meters, MessageType.SUPPORT_REQUEST, "Are cubic metres of gas corrected for temperature?")

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
            clock=self.ports.clock,
            keys=self.ports.keys,
            blobs=self.ports.blobs,
        )
        return row

    def _fill_in_terms(self, admin: ClientRow) -> None:
        with reading() as session:
            owed = reviews.requirements_of(session, admin.registration_id)
        link = next(row.link for row in owed if row.field_id == "terms")
        requirement_forms.send_answers(link, _ANSWERS, catalogue=self.catalogue, clock=self.ports.clock)

    def _post(self, admin: ClientRow, type: MessageType, words: str) -> None:
        with reading() as session:
            own = clients.clients_of(session, admin.registration_id)
        sandbox = next(each for each in own if each.response_types)
        about = f"{self.settings.base_url}/clients/{sandbox.client_id}"
        message_posts.post_message(
            MessagePost(
                previous_uri=None,
                type=type,
                name=words,
                description=words,
                related_uri=about if type is MessageType.PRODUCTION_REQUEST else None,
            ),
            client_id=admin.client_id,
            registration_id=admin.registration_id,
            catalogue=self.catalogue,
            settings=self.settings,
            clock=self.ports.clock,
            blobs=self.ports.blobs,
        )
