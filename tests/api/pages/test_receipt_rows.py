"""What a receipt and its mail hold, row by row: CDS-WG3-01 9.4."""

import re
from dataclasses import replace

import pytest

from cdsc_server import exact_json
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.outbox import MailRow
from tests.support import requirement

ALL = {"contract_numbers": ["_all"]}
MINE = {
    "name": "Ours",
    "content": "We write you a savings plan for your ovens.",
    "related_uri": "https://kestrel.example/",
    "related_name": "Kestrel",
}


@pytest.fixture
def settings(settings):
    """Nothing is sent here, so nobody has to listen."""
    return replace(settings, mail_url="smtp://127.0.0.1:1?starttls=no", mail_from="no-reply@dge.example")


@pytest.fixture
def approved(app, ask, visitor, stored, ports):
    """An approval of use and supply details: the pages of form and receipt, and the mail."""
    use = {**ALL, "segment_start": "P1Y", "purpose": "mine"}
    visitor.load(f"/consent/{ask(('usage_data', use), ('supply_details', ALL), client={'purposes': {'mine': MINE}})}")
    with app.app_context(), transaction() as session:
        session.get_one(CustomerRow, "ada").email = "ada@ada.example"
    visitor.sign_in()
    form = visitor.text
    visitor.press("approve")
    (row,) = stored(MailRow)
    mail = exact_json.loads(ports.keys.open(row.sealed, context="mail" + row.mail_id))
    address = next(word for word in mail["text"].split() if "://" in word).removeprefix("http://127.0.0.1:8000")
    return form, address, {**mail, "to": row.recipient}


@requirement("WG3-01-9.4-01", "WG3-01-9.4-02", "WG3-01-9.4-03")
def test_a_page_is_there_as_soon_as_something_was_approved(approved, visitor, stored):
    _, address, _ = approved
    answer = visitor.load(address)

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert [len(grant.receipt_confirmations) for grant in stored(GrantRow)] == [1]


@requirement("WG3-01-9.4-10", "WG3-01-9.4-11", "WG3-01-9.4-12", "WG3-01-9.4-13", "WG3-01-9.4-14")
def test_who_can_be_reached_is_told_who_writes_and_where_the_receipt_is(approved, visitor, stored):
    _, address, mail = approved
    (number,) = stored(GrantRow)[0].receipt_confirmations
    visitor.load(address)

    assert mail["to"] == "ada@ada.example"
    assert "Demo Gas & Electric" in mail["text"]
    assert number in mail["subject"]
    assert number in visitor.text


@requirement("WG3-01-9.4-15", "WG3-01-9.4-16", "WG3-01-9.4-17", "WG3-01-9.4-18")
def test_the_mail_tells_when_to_whom_what_and_of_which_things(approved):
    _, _, mail = approved

    assert "On 1 March 2026 at 7:00 you let Kestrel Carbon read:" in mail["text"]
    assert "- Energy use. From 1 March 2025 until you stop it." in mail["text"]
    assert "- Supply details. Kept up to date" in mail["text"]
    assert "For: 3 services." in mail["text"]


@requirement("WG3-01-9.4-20")
def test_what_a_client_wrote_itself_is_in_no_mail(approved):
    """Nobody has looked at it."""
    form, _, mail = approved

    assert MINE["content"] in form
    assert MINE["content"] not in mail["text"] + mail["html"] + mail["subject"]


@requirement("WG3-01-9.4-39", "WG3-01-9.4-40")
def test_a_purpose_is_the_one_that_was_read(app, approved, visitor):
    _, address, _ = approved
    with app.app_context(), transaction() as session:
        row = session.get_one(ClientRow, "app")
        row.purposes = {"mine": {**MINE, "content": "We sell your data."}}
    visitor.load(address)

    assert MINE["content"] in visitor.text
    assert "We sell your data." not in visitor.text


@requirement("WG3-01-9.4-22", "WG3-01-9.4-42")
def test_it_looks_like_the_form_and_says_where_to_ask(approved, visitor):
    form, address, _ = approved
    visitor.load(address)

    def brand(text):
        return re.search(r'<a class="brand".*?</a>', text, re.S)[0]

    assert brand(visitor.text) == brand(form)
    assert re.findall(r'rel="stylesheet" href="([^"]+)"', visitor.text) == re.findall(
        r'rel="stylesheet" href="([^"]+)"', form
    )
    assert 'Questions? Call <a href="tel:' in visitor.text
    assert ">write to us</a>" in visitor.text


@requirement("WG3-01-9.4-30", "WG3-01-9.4-31")
def test_it_says_what_the_form_said(approved, visitor):
    form, address, _ = approved
    visitor.load(address)

    said = re.findall(r"<p><strong>((?:From|Kept)[^<]+)</strong></p>", form)
    lines = re.findall(r"<li>([^<]+)</li>", form.partition('id="closing-title"')[0])
    assert len(said) == 2
    assert len(lines) > 5
    assert [each for each in (*said, *lines) if each not in visitor.text] == []


@requirement("WG3-01-9.4-25")
@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("active", "Sharing now"),
        ("revoked", "Stopped by you"),
        ("closed", "Stopped by the app"),
        ("disabled", "Stopped by us"),
        ("expired", "Ended"),
        ("suspended", "Paused"),
        ("future", "Not yet begun"),
    ],
)
def test_the_status_is_told_in_plain_words(app, approved, visitor, status, words):
    _, address, _ = approved
    with app.app_context(), transaction() as session:
        row = session.query(GrantRow).filter_by(customer_id="ada").one()
        row.status = status
        row.not_before = row.created.replace(year=2099) if status == "future" else None
    visitor.load(address)

    assert re.search(r'<span class="chip[^"]*">([^<]+)</span>', visitor.text)[1] == words


@requirement("WG3-01-9.4-21", "WG3-01-9.4-53", "WG3-01-9.4-54")
def test_an_update_makes_a_new_receipt_that_the_old_one_leads_to(app, approved, visitor, stored, clock):
    _, address, _ = approved
    with app.app_context(), transaction() as session:
        row = session.query(GrantRow).filter_by(customer_id="ada").one()
        usage, supply = row.authorization_details
        row.authorization_details = [{**usage, "segment_start": "2020-01-01T05:00:00Z"}, supply]
        row.status = "needs_authorization"
    clock.advance(seconds=1)
    visitor.load(f"/my-data/{stored(GrantRow)[0].grant_id}")
    visitor.press("longer")
    visitor.load(address)
    newer = re.search(r'This receipt is old\.</strong> It was replaced\. <a href="(/receipt/[^"]+)"', visitor.text)[1]
    visitor.load(newer)

    (grant,) = stored(GrantRow)
    assert newer != address
    assert len(set(grant.receipt_confirmations)) == 2
    assert grant.receipt_confirmations[1] in visitor.text
    assert "This receipt is old." not in visitor.text
