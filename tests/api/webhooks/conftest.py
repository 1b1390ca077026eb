"""`hook`: a receiver, and a webhook of a registered Client that has answered its challenge."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from cdsc_server.domain.webhooks import EventKind
from cdsc_server.services.webhook_sending import Dispatcher
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.outbox import OutboxRow
from tests.factories.oauth import Party
from tests.support.receiver import Receiver, receiving


@pytest.fixture
def settings(settings):
    """A demonstration, because the receiver is on this machine."""
    return replace(settings, demo=True)


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


@pytest.fixture
def send(app, settings, ports, clock):
    """Do the worker's work once; gives how many events arrived."""

    def sends(caller=ports.caller):
        with app.app_context():
            dispatcher = Dispatcher(caller=caller, keys=ports.keys, clock=clock, settings=settings)
            return asyncio.run(dispatcher.send_due())

    return sends


@dataclass
class Hook:
    """A webhook over the API, and who is called by it."""

    party: Party
    receiver: Receiver
    path: str
    secret: str

    def call(self, method, below="", **body):
        """A call of the API about this webhook, with a fresh token."""
        return asked(self.party, method, self.path + below, **body)

    def get(self):
        return self.call("GET").json


def asked(party, method, path, **body):
    """A call of an admin API by this Client, with a fresh token."""
    token = party.token({"grant_type": "client_credentials", "scope": "cds_client_admin"}, by=party.admin).json
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    return party.http.open(path, method=method, headers=headers, json=body if method in ("POST", "PATCH") else None)


@pytest.fixture
def pending(party, receiver):
    """Has not been asked yet."""
    made = party.http.post("/webhooks", json={"url": receiver.url}, headers=party.bearer)
    assert made.status_code == 201, made.json
    path = "/webhooks/" + made.json["webhook_id"]
    return Hook(party, receiver, path, made.json["secret"])


@pytest.fixture
def hook(pending, send):
    """Is active."""
    assert send() == 1
    return pending


@pytest.fixture
def tell(app, party, clock):
    """Put an event into the outbox, as the use cases do in their transactions."""
    from cdsc_server.services.webhook_events import tell

    def told(grant_id="g1", kind=EventKind.GRANT_CHANGED):
        registration_id = registration_of(app, party)
        with app.app_context(), transaction() as session:
            tell(session, registration_id, kind, grant_id=grant_id, now=clock.now())

    return told


@pytest.fixture
def outbox(app):
    """Every event in the outbox but questions to addresses, the oldest first."""

    def rows():
        with app.app_context(), reading() as session:
            events = session.query(OutboxRow).where(OutboxRow.kind != EventKind.VERIFICATION)
            found = events.order_by(OutboxRow.created, OutboxRow.outbox_id).all()
            session.expunge_all()
            return found

    return rows


def registration_of(app, party):
    """The id of the registration of a Client."""
    from cdsc_server.storage.clients import ClientRow

    with app.app_context(), reading() as session:
        return session.get_one(ClientRow, party.app.client_id).registration_id
