"""Customers of a brand meet the utility under its name, in its colours, by its address; nobody else does."""

import re
from dataclasses import replace

import pytest

from cdsc_server import exact_json
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.outbox import OutboxRow
from tests.factories import provisioned
from tests.support import requirement

NORTH = {
    "label_partner": "north",
    "name": "North Power",
    "support_phone": "+49 30 5550",
    "sender_address": "hello@north.example",
    "timezone": "Asia/Tokyo",
    "colour": "#7a1f5c",
    "colour_dark": "#f0a8d6",
    "mark": "N",
}


ENDED = "Subject: North: {{ app }} is out\n\n{% for each in lines %}{{ each }} {% endfor %}{{ app }}\n\n{{ link }}\n"


@pytest.fixture
def settings(settings, tmp_path):
    """Nothing is sent here, so nobody has to listen; of an end the brand tells in its own words."""
    words = tmp_path / "mails" / "north" / "en"
    words.mkdir(parents=True)
    (words / "revoked.txt").write_text(ENDED, encoding="utf-8")
    sent = {"mail_url": "smtp://127.0.0.1:1?starttls=no", "mail_from": "no-reply@dge.example"}
    return replace(settings, mail_templates_dir=str(tmp_path / "mails"), **sent)


@pytest.fixture
def approved(app, ask, visitor, clock):
    """Something that a Customer of the brand shares; the address of the receipt."""
    visitor.load(f"/consent/{ask(('usage_data', {'contract_numbers': ['_all']}))}")
    with app.app_context(), transaction() as session:
        provisioned.brand(session, NORTH, at=clock.now(), customer_id="ada")
        session.get_one(CustomerRow, "ada").email = "ada@ada.example"
    visitor.sign_in()
    form = visitor.text
    visitor.press("approve")
    visitor.load("/my-data")
    mine = visitor.text
    visitor.load(re.search(r'<h3 [^>]*><a href="(/my-data/[^"]+)"', mine)[1])
    return form, mine, re.search(r'href="(/receipt/[^"]+)"', visitor.text)[1]


def is_branded(page):
    """Whether a page has the name, the mark and the colours of the brand; half of it is none of both."""
    told = {"North Power</span>" in page, '"middle">N</text>' in page, 'href="/brands/north.css?v=' in page}
    assert len(told) == 1
    return told.pop()


@requirement("WG3-01-9.2.1.1-01")
def test_pages_of_a_customer_have_the_look_of_their_brand(app, approved):
    """Form, overview and receipt; the last also for whoever holds its address."""
    form, mine, receipt = approved
    stranger = app.test_client()

    assert [is_branded(page) for page in (form, mine, stranger.get(receipt).text)] == [True, True, True]
    assert "+49 30 5550" in mine
    assert not is_branded(stranger.get("/sign-in").text)


def test_days_and_hours_are_those_of_the_brand(approved, visitor, clock):
    """Noon in London is nine in the evening in Tokyo."""
    _, _, receipt = approved
    assert clock.now().hour == 12

    assert "21:00" in visitor.load(receipt).text


def test_the_colours_come_from_a_style_sheet_of_this_server(app, approved):
    """The policy of pages allows no other; an address that changes with them may be kept."""
    address = re.search(r'href="(/brands/[^"]+)"', approved[1])[1]
    answer = app.test_client().get(address)

    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "--brand: #7a1f5c;" in answer.text
    assert app.test_client().get("/brands/south.css").status_code == 404


def test_mails_come_from_the_brand(approved, stored, ports):
    (row,) = stored(OutboxRow)
    mail = exact_json.loads(ports.keys.open(row.sealed, context="mail" + row.outbox_id))

    assert (mail["sender"], mail["sender_name"]) == ("hello@north.example", "North Power")
    assert "North Power, +49 30 5550" in mail["text"]
    assert "Demo Gas" not in mail["text"] + mail["html"]


def test_mails_are_in_the_words_of_the_brand_where_it_has_some(app, approved, stored, ports):
    """Of a receipt it has none."""
    app.test_client().post(approved[2], data={"do": "stop"})
    mails = {
        row.kind: exact_json.loads(ports.keys.open(row.sealed, context="mail" + row.outbox_id))
        for row in stored(OutboxRow)
    }

    assert mails["receipt"]["subject"].startswith("You share data with ")
    assert (mails["revoked"]["subject"], mails["revoked"]["sender"]) == (
        "North: Kestrel Carbon is out",
        "hello@north.example",
    )
    assert mails["revoked"]["text"].startswith("You stopped it on 1 March 2026 at 21:00. Kestrel Carbon keeps")
    assert mails["revoked"]["html"].count("<a href=") == 1


def test_customers_of_no_brand_see_the_utility(ask, visitor):
    visitor.load(f"/consent/{ask(('usage_data', {'contract_numbers': ['_all']}))}")
    visitor.sign_in()

    assert not is_branded(visitor.text)
