"""A Customer is told by mail what was agreed, and that it ended; in the transaction that did it."""

from dataclasses import replace

import pytest

from cdsc_server import exact_json
from cdsc_server.domain.grants import GrantStatus
from cdsc_server.services.grant_changes import GrantChange, modify_grant
from cdsc_server.services.mails import Mailing
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.outbox import OutboxRow
from tests.support import requirement

ALL = {"contract_numbers": ["_all"]}


@pytest.fixture
def settings(settings):
    """Nothing is sent here, so nobody has to listen."""
    return replace(settings, mail_url="smtp://127.0.0.1:1?starttls=no", mail_from="no-reply@dge.example")


@pytest.fixture
def shared(app, ask, visitor):
    """An approval of usage_data for three services by somebody with this address; takes what `ask` does."""

    def shares(email="ada@ada.example", **more):
        visitor.load(f"/consent/{ask(('usage_data', {**ALL, 'segment_start': 'P1Y'}), **more)}")
        with app.app_context(), transaction() as session:
            session.get(CustomerRow, "ada").email = email
        visitor.sign_in()
        return visitor.press("approve")

    return shares


@pytest.fixture
def letters(stored, ports):
    """The mails that wait: recipient and words."""

    def read():
        rows = sorted(stored(OutboxRow), key=lambda row: row.created)
        return [
            (row.recipient, exact_json.loads(ports.keys.open(row.sealed, context="mail" + row.outbox_id)))
            for row in rows
        ]

    return read


@requirement("WG3-01-9.1.1-29")
def test_yes_is_confirmed_by_mail(shared, letters, stored):
    shared()

    ((recipient, mail),) = letters()
    (grant,) = stored(GrantRow)
    assert recipient == "ada@ada.example"
    assert mail["subject"] == f"You share data with Kestrel Carbon: {grant.receipt_confirmations[0]}"
    assert "Hello Ada Lindqvist," in mail["text"]
    assert "On 1 March 2026 at 7:00 you let Kestrel Carbon read:" in mail["text"]
    assert "- Energy use. From 1 March 2025 until you stop it." in mail["text"]
    assert "For: 3 services." in mail["text"]


def test_the_one_link_leads_to_the_receipt(shared, letters, visitor):
    shared()
    ((_, mail),) = letters()
    links = [word for word in mail["text"].split() if "://" in word]

    assert len(links) == 1
    assert mail["html"].count("href=") == 1
    assert f'href="{links[0]}"' in mail["html"]
    assert visitor.load(links[0].removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_a_second_click_sends_no_second_mail(shared, visitor, letters):
    shared()
    visitor.press("approve")

    assert len(letters()) == 1


def test_who_has_no_address_gets_no_mail(shared, letters, stored):
    shared(email=None)

    assert stored(GrantRow)[0].status == "active"
    assert letters() == []


def test_no_is_followed_by_no_mail(shared, ask, visitor, letters):
    shared()
    visitor.load(f"/consent/{ask(('usage_data', ALL))}")
    visitor.press("decline")

    assert len(letters()) == 1


def test_stopping_is_confirmed_by_mail_once(shared, letters, visitor, stored, clock):
    shared(client={"contacts": ["help@kestrel.example"]})
    clock.advance(minutes=5)
    address = f"/my-data/{stored(GrantRow)[0].grant_id}"
    visitor.load(address)
    for _ in range(2):
        visitor.press("stop")

    _, (_, mail) = letters()
    assert mail["subject"] == "Kestrel Carbon can no longer read your data"
    assert "You stopped it on 1 March 2026 at 7:05." in mail["text"]
    assert "To have that deleted, ask Kestrel Carbon: help@\u2060kestrel.\u2060example." in mail["text"]


def test_stopping_by_the_receipt_is_confirmed_too(shared, letters, client):
    shared()
    ((_, mail),) = letters()
    address = next(word for word in mail["text"].split() if "://" in word)
    client.post(address.removeprefix("http://127.0.0.1:8000"), data={"do": "stop"})

    assert [each["subject"] for _, each in letters()][1:] == ["Kestrel Carbon can no longer read your data"]


def test_a_name_made_to_mislead_misleads_nobody(shared, letters):
    shared(client={"client_name": "<b>Sign in</b> at https://evil.example\r\nBcc: x@evil.example"})

    ((_, mail),) = letters()
    assert "\n" not in mail["subject"]
    assert "<b>" not in mail["html"]
    assert "https://evil" not in mail["text"] + mail["html"]


def test_the_customer_is_told_when_the_app_closes_the_grant(*, shared, letters, stored, app, catalogue, clock, ports):
    shared()
    (grant,) = stored(GrantRow)
    mailing = Mailing(catalogue.utility, app.extensions["cdsc"].settings, ports.keys)
    with app.app_context():
        for _ in range(2):
            modify_grant(
                grant.grant_id,
                GrantChange(status=GrantStatus.CLOSED),
                registration_id="reg",
                catalogue=catalogue,
                clock=clock,
                mailing=mailing,
            )

    told = [mail["text"] for _, mail in letters() if "can no longer" in mail["subject"]]
    assert len(told) == 1
    assert "Kestrel Carbon stopped it on 1 March 2026 at 7:00." in told[0]
