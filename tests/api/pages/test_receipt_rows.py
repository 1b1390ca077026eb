"""What a receipt and its mail hold, row by row: CDS-WG3-01 9.4."""

import re
from dataclasses import replace

import pytest

from cdsc_server import exact_json
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.outbox import OutboxRow
from tests.support import requirement
from tests.support.dom import parsed, text_of
from tests.support.words import grade, sentences_of

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
def letter(stored, ports):
    """The one mail."""

    def opens():
        (row,) = stored(OutboxRow)
        return {**exact_json.loads(ports.keys.open(row.sealed, context="mail" + row.outbox_id)), "to": row.recipient}

    return opens


@pytest.fixture
def reachable(app):
    """Write down a mail address of Ada's."""

    def writes():
        with app.app_context(), transaction() as session:
            session.get_one(CustomerRow, "ada").email = "ada@ada.example"

    return writes


@pytest.fixture
def approved(ask, visitor, reachable, letter):
    """An approval of use and supply details: the pages of form and receipt, and the mail."""
    use = {**ALL, "segment_start": "P1Y", "purpose": "mine"}
    visitor.load(f"/consent/{ask(('usage_data', use), ('supply_details', ALL), client={'purposes': {'mine': MINE}})}")
    reachable()
    visitor.sign_in()
    form = visitor.text
    visitor.press("approve")
    mail = letter()
    address = next(word for word in mail["text"].split() if "://" in word).removeprefix("http://127.0.0.1:8000")
    return form, address, mail


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


@pytest.fixture
def reviewing(app):
    """Operators see Purposes of production Client Objects before anybody else does, and the Client is one."""

    def reviews(*, fields=("cds_purposes",), status="production"):
        context = app.extensions["cdsc"]
        rules = replace(context.catalogue.review, client_fields=fields)
        app.extensions["cdsc"] = replace(context, catalogue=replace(context.catalogue, review=rules))
        return {"status": status}

    return reviews


@requirement("WG3-01-9.4-19", "WG3-01-9.4-20")
@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        (("cds_purposes",), "production", True),
        (("client_name",), "production", False),
        (("cds_purposes",), "sandbox", False),
    ],
)
def test_what_a_client_wrote_is_in_the_mail_where_operators_look_at_it(
    *, ask, visitor, reachable, letter, reviewing, fields, status, told
):
    client = {"purposes": {"mine": MINE}, **reviewing(fields=fields, status=status)}
    use = {**ALL, "purpose": "mine"}
    visitor.load(f"/consent/{ask(('usage_data', use), client=client, is_test=status == 'sandbox')}")
    reachable()
    visitor.sign_in()
    assert ("We have looked at it" in visitor.text, "We have not checked it" in visitor.text) == (told, not told)
    visitor.press("approve")

    mail = letter()
    assert (MINE["content"] in mail["text"], MINE["content"] in mail["html"]) == (told, told)
    assert ("Energy use: how Kestrel Carbon will use it, in its own words." in mail["text"]) == told


@requirement("WG3-01-9.4-19")
def test_what_we_wrote_is_in_the_mail(ask, visitor, reachable, letter):
    visitor.load(f"/consent/{ask(('usage_data', {**ALL, 'purpose': 'service'}), ('supply_details', ALL))}")
    reachable()
    visitor.sign_in()
    visitor.press("approve")

    mail = letter()
    assert "Energy use: how Kestrel Carbon will use it.\n" in mail["text"]
    assert "Your data is used only for the service you asked for" in mail["text"]


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


#: Words of the standard that mean nothing, or something else, to whoever reads a receipt.
JARGON = (
    r"(?i)\b(scopes?|grants?|authori[sz]\w*|tokens?|clients?|consent|revoke\w*|segments?|entit(?:y|ies)|null|none)\b|_"
)
ACCOUNTS = {"account_numbers": ["_all"]}
EVERY_SCOPE = (
    ("usage_data", ALL), ("supply_details", ALL), ("distribution_details", ALL), ("bill_statements", ACCOUNTS),
    ("service_bills", ALL), ("rate_plan", ALL), ("generation_mix", ALL), ("account_list", ACCOUNTS),
)  # fmt: skip


@requirement("WG3-01-9.4-47")
def test_it_is_told_in_words_that_everybody_understands(ask, visitor, reachable, letter):
    """Each fact under a name of its own, in plain and short sentences, and the mail alike."""
    visitor.load(f"/consent/{ask(*EVERY_SCOPE)}")
    reachable()
    visitor.sign_in()
    visitor.press("approve")
    mail = letter()["text"]
    visitor.load(next(word for word in mail.split() if "://" in word).removeprefix("http://127.0.0.1:8000"))
    (page,) = parsed(visitor.text).iter("main")
    named = [text_of(each) for each in page.iter("dt")]
    told = [text_of(each) for kind in ("h2", "dt", "p", "li") for each in page.iter(kind)]
    sentences = [each for text in told for each in sentences_of(text)]

    assert named[:3] == ["Confirmation number", "You agreed on", "Shared with"]
    assert len(set(named)) == len(named) == 3 + len(EVERY_SCOPE)
    assert [text_of(each) for each in page.iter("h2")] == ["In short", "What you share", "Stop sharing"]
    assert [text for text in [*told, *mail.splitlines()] if "://" not in text and re.search(JARGON, text)] == []
    assert max(map(len, sentences)) <= 25
    assert grade(sentences) < 6


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
