"""What production needs is asked for at registration, handed in on pages, and told by Messages: CDS-WG1-02 3.6."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest

from cdsc_server.domain.payments import PaymentNews, PaymentStatus
from cdsc_server.errors import Conflict
from cdsc_server.services import payments, requirements
from cdsc_server.storage.clients import find_client
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.outbox import OutboxRow
from cdsc_server.storage.reviews import requirements_of
from tests.factories import people
from tests.factories.messages import BASE, attachment
from tests.factories.oauth import register
from tests.factories.registration_fields import PDF
from tests.support import requirement
from tests.support.oauth import judged_before_storage

ANSWERS = {"name": "Ada, director", "use": "It compares price plans.", "agree": "yes"}


def admin_token(party):
    """A fresh one, after time went by."""
    answer = party.token({"grant_type": "client_credentials"}, by=party.admin)
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def path_of(message):
    """The way to a form, as a browser on this server asks for it."""
    return message["related_uri"].removeprefix(BASE)


@requirement(
    "WG1-02-3.6-10",
    "WG1-02-3.6-11",
    "WG1-02-3.6-20",
    "WG1-02-3.6-21",
    "WG1-02-3.6-28",
    "WG1-02-3.6-29",
    "WG1-02-3.6-38",
    "WG1-02-3.6-39",
    "WG1-02-3.6-48",
    "WG1-02-3.6-49",
    "WG1-02-6.1-26",
    "WG1-02-6.1-27",
)
@pytest.mark.parametrize(
    ("field_id", "type", "related"),
    [
        ("setup_fee", "payment_request", ("payment_form", "/payments/")),
        ("contact_email", "online_form_request", ("online_form", "/requirements/")),
        ("business_account", "online_form_request", ("online_form", "/requirements/")),
        ("terms", "online_form_request", ("online_form", "/requirements/")),
        ("data_agreement", "pdf_form_request", ("pdf_form", "/register/fields/data_agreement/form.pdf")),
    ],
)
def test_registering_asks_at_once(owed, visitor, field_id, type, related):
    """The Message is there when the registration is answered, and its link leads somewhere."""
    message = owed.asked(field_id)

    assert (message["type"], message["status"], message["creator"]) == (type, "open", None)
    assert message["related_type"] == related[0]
    assert message["related_uri"].startswith(BASE + related[1])
    assert message.get("amount") == (25 if field_id == "setup_fee" else None)
    assert message.get("currency") == ("USD" if field_id == "setup_fee" else None)
    assert visitor.load(path_of(message)).status_code == 200


def test_each_field_is_asked_for_once(owed, box):
    """However many scopes need it."""
    outstanding = box.listing()["outstanding"]

    assert len(outstanding) == 5
    assert len({each["related_uri"] for each in outstanding}) == 5


@requirement("WG1-02-3.6-07")
def test_an_internal_review_is_told_of_from_start_to_end(owed):
    begun = owed.asked("company_review")
    assert (begun["type"], begun["status"], begun["name"]) == (
        "private_message",
        "complete",
        "We review your registration",
    )

    owed.accept(begun, note="You are who you say.")

    (told,) = owed.replies(begun)
    assert (told["type"], told["description"]) == ("private_message", "You are who you say.")
    assert owed.status("company_review") == "accepted"


@requirement(
    "WG1-02-3.6-50",
    "WG1-02-3.6-52",
    "WG1-02-3.6-53",
    "WG1-02-3.6-22",
    "WG1-02-3.6-30",
)
def test_an_online_form_can_be_opened_again_and_again_until_it_is_sent(owed, visitor):
    message = owed.asked("terms")
    for _ in range(3):
        assert visitor.load(path_of(message)).status_code == 200
    assert owed.status("terms") == "open"

    assert visitor.press("send", **ANSWERS).status_code == 303

    (told,) = owed.replies(message)
    assert (told["type"], told["status"], owed.asked("terms")["status"]) == ("request_update", "pending", "pending")
    assert "It has arrived" in visitor.load(path_of(message)).text
    case = owed.show(message)
    assert case.requirement.answers["Your name and position"] == "Ada, director"
    owed.accept(message)
    assert (owed.asked("terms")["status"], owed.status("terms")) == ("complete", "accepted")
    assert "All is well" in visitor.load(path_of(message)).text


@requirement("WG1-02-3.6-54", "WG1-02-6.3-08")
def test_a_rejected_form_says_why(owed, visitor):
    message = owed.asked("terms")
    visitor.load(path_of(message))
    visitor.press("send", **ANSWERS)
    owed.reject(message, reason="The name is missing its position.")

    told = owed.replies(message)[-1]
    assert (told["type"], told["status"]) == ("request_update", "rejected")
    assert "The name is missing its position." in told["description"]
    assert (owed.asked("terms")["status"], owed.status("terms")) == ("rejected", "rejected")


@pytest.mark.parametrize("missing", ANSWERS)
def test_an_answer_that_is_missing_brings_the_form_back_with_the_others(owed, visitor, missing):
    visitor.load(path_of(owed.asked("terms")))
    answer = visitor.press("send", **{name: text for name, text in ANSWERS.items() if name != missing})

    assert answer.status_code == 400
    assert f'href="#{missing}"' in answer.text
    assert all(text in answer.text for name, text in ANSWERS.items() if name not in (missing, "agree"))
    assert owed.status("terms") == "open"


@judged_before_storage
def test_a_form_that_another_site_sends_counts_nothing(owed, visitor):
    path = path_of(owed.asked("terms"))
    visitor.load(path)

    assert visitor.client.post(path, data={"form_token": "wrong", "do": "send", **ANSWERS}).status_code == 403
    assert visitor.client.get("/requirements/guessed").status_code == 404
    assert owed.status("terms") == "open"


class TestEmail:
    """A code is mailed to a contact of the registration."""

    @pytest.fixture
    def page(self, owed, visitor):
        visitor.load(path_of(owed.asked("contact_email")))
        return visitor

    @pytest.fixture
    def mailed(self, app, ports):
        """The codes in the outbox, the oldest first, each with who gets it."""

        def codes():
            with app.app_context(), reading() as session:
                rows = session.query(OutboxRow).order_by(OutboxRow.created).all()
                words = [ports.keys.open(row.sealed, context=f"mail{row.outbox_id}") for row in rows]
            return [
                (row.recipient, re.search(r"right: (\d{8})", text)[1]) for row, text in zip(rows, words, strict=True)
            ]

        return codes

    @requirement("WG1-02-3.6-24", "WG1-02-3.6-22")
    def test_the_code_verifies_the_address_at_once(self, page, mailed, owed, clock):
        page.press("code", address="dev@client.example")
        ((recipient, code),) = mailed()
        assert recipient == "dev@client.example"
        page.load(path_of(owed.asked("contact_email")))
        clock.advance(minutes=14)

        assert page.press("verify", n=1, code=f"{code[:4]} {code[4:]}").status_code == 303

        (told,) = owed.replies(owed.asked("contact_email"))
        assert (told["type"], told["status"]) == ("request_update", "complete")
        assert (owed.asked("contact_email")["status"], owed.status("contact_email")) == ("complete", "accepted")

    @pytest.mark.parametrize("how", [(15, 0), (0, 5)], ids=["too late", "after five wrong ones"])
    def test_a_code_ends(self, page, mailed, owed, clock, how):
        minutes, wrong = how
        page.press("code", address="dev@client.example")
        ((_, code),) = mailed()
        page.load(path_of(owed.asked("contact_email")))
        form = page.form(1)
        sends = dict(form.sends)
        for _ in range(wrong):
            answer = page.client.post(form.action, data={**sends, "code": "1234"})
            assert answer.status_code == 400
        clock.advance(minutes=minutes)

        answer = page.client.post(form.action, data={**sends, "code": code, "do": "verify"})

        assert (answer.status_code, owed.status("contact_email")) == (400, "open")
        assert "Get a new code" in answer.text

    def test_a_new_code_ends_the_old_one(self, page, mailed, owed, clock):
        for _ in range(2):
            clock.advance(seconds=1)
            page.load(path_of(owed.asked("contact_email")))
            page.press("code", address="dev@client.example")
        (_, old), (_, new) = mailed()
        page.load(path_of(owed.asked("contact_email")))

        assert old != new
        assert page.press("verify", n=1, code=old).status_code == 400
        assert owed.status("contact_email") == "open"

    def test_nobody_else_is_written_to_and_nobody_too_often(self, page, mailed):
        form = page.form()
        token = form.values("form_token")[0]
        for address in ("victim@example.com", "no address", ""):
            answer = page.client.post(form.action, data={"form_token": token, "do": "code", "address": address})
            assert answer.status_code == 400
        assert mailed() == []
        sends = {"form_token": token, "do": "code", "address": "dev@client.example"}
        answers = [page.client.post(form.action, data=sends).status_code for _ in range(7)]
        assert answers == [303] * 6 + [429]


@requirement("WG1-02-3.6-30", "WG1-02-3.6-32", "WG1-02-3.6-33")
def test_an_account_is_shown_by_signing_in(owed, visitor, app, clock):
    """A local account is the identity provider; the operator sees whose it is."""
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())
    message = owed.asked("business_account")
    visitor.load(path_of(message))
    visitor.load(f"/sign-in?next={path_of(message)}")
    visitor.sign_in()
    assert "Ada Lindqvist" in visitor.text

    visitor.press("send", n=0)

    assert [each["status"] for each in owed.replies(message)] == ["pending"] or owed.replies(message)[0][
        "status"
    ] == "pending"
    assert owed.show(message).requirement.answers["customer_id"] == "ada"
    owed.accept(message)
    assert (owed.asked("business_account")["status"], owed.status("business_account")) == ("complete", "accepted")


@requirement("WG1-02-3.6-34")
def test_an_account_that_does_not_fit_is_rejected(owed):
    """At any point, whether or not somebody signed in."""
    message = owed.asked("business_account")
    owed.reject(message, reason="We know no account of yours.")

    assert owed.replies(message)[-1]["status"] == "rejected"
    assert owed.status("business_account") == "rejected"


def test_nobody_shows_an_account_without_signing_in(owed, visitor):
    message = owed.asked("business_account")
    visitor.load(path_of(message))
    visitor.load("/sign-in")
    token = visitor.form().values("form_token")[0]
    visitor.client.post(path_of(message), data={"form_token": token, "do": "send"})

    assert owed.status("business_account") == "open"


@requirement("WG1-02-3.6-40", "WG1-02-3.6-41", "WG1-02-3.6-42")
@pytest.mark.parametrize("linked", [False, True])
def test_a_pdf_form_comes_back_as_a_submission(owed, box, visitor, linked):
    message = owed.asked("data_agreement")
    blank = visitor.client.get(path_of(message))
    assert (blank.mimetype, blank.data[:5]) == ("application/pdf", b"%PDF-")
    files = (
        {"updates_requested": [{"field": "form", "uri": "https://client.example/signed.pdf"}]}
        if linked
        else {"attachments": [attachment(PDF)], "updates_requested": ...}
    )

    box.posted("client_submission", previous_uri=message["uri"], **files)

    assert (owed.replies(message)[0]["status"], owed.status("data_agreement")) == ("pending", "submitted")
    waiting = owed.waiting()
    assert message["message_id"] in waiting
    case = owed.show(message)
    assert (len(case.attachments), case.submission is not None) == (0 if linked else 1, True)
    owed.accept(message)
    assert (owed.asked("data_agreement")["status"], owed.status("data_agreement")) == ("complete", "accepted")


@requirement("WG1-02-3.6-43")
def test_a_pdf_form_can_be_rejected_and_asked_for_again(owed, box):
    message = owed.asked("data_agreement")
    box.posted("client_submission", previous_uri=message["uri"], attachments=[attachment(PDF)], updates_requested=...)
    owed.reject(message, reason="It is not signed.")
    assert owed.status("data_agreement") == "rejected"
    again = owed.ask_again(message, why="Sign it this time.")

    fresh = owed.asked("data_agreement")
    assert (fresh["message_id"], fresh["previous_uri"], fresh["status"]) == (again, message["uri"], "open")
    assert owed.status("data_agreement") == "open"
    box.posted("client_submission", previous_uri=fresh["uri"], attachments=[attachment(PDF)], updates_requested=...)
    assert owed.status("data_agreement") == "submitted"


class TestPayment:
    """The payment of a requirement moves it along."""

    @pytest.fixture
    def settle(self, app, clock, owed):
        def tells(told):
            payment_id = path_of(owed.asked("setup_fee")).removeprefix("/payments/")
            news = PaymentNews(payment_id, PaymentStatus(told), Decimal("25.00"), "USD")
            with app.app_context():
                return payments.settle(news, clock=clock, on_change=requirements.payment_changed)

        return tells

    @requirement("WG1-02-3.6-12", "WG1-02-3.6-14", "WG1-02-3.6-15", "WG1-02-6.3-05")
    def test_every_step_is_told(self, owed, settle, visitor):
        message = owed.asked("setup_fee")
        assert [visitor.load(path_of(message)).status_code for _ in range(2)] == [200, 200]

        settle("submitted")
        assert ([each["status"] for each in owed.replies(message)], owed.status("setup_fee")) == (
            ["pending"],
            "submitted",
        )
        settle("accepted")
        settle("accepted")

        told = next(
            each
            for each in owed.replies(message)
            if "received" in each["description"] and each["type"] == "request_update" and each.get("related_type")
        )
        assert (told["status"], told["related_type"]) == ("complete", "payment_receipt")
        assert "Payment received" in visitor.load(path_of(told)).text
        assert (len(owed.replies(message)), owed.status("setup_fee"), owed.asked("setup_fee")["status"]) == (
            2,
            "accepted",
            "complete",
        )

    @requirement("WG1-02-3.6-13")
    def test_a_link_that_ran_out_is_followed_by_a_fresh_one(self, owed, settle, visitor, clock, app):
        """The old page takes no money any more; Messages lead to the new one."""
        message = owed.asked("setup_fee")
        clock.advance(days=90)
        with app.app_context():
            requirements.renew_links(catalogue=owed.desk.catalogue, clock=clock)
        owed.box.party.bearer.update(admin_token(owed.box.party))

        fresh = owed.asked("setup_fee")
        assert (fresh["type"], fresh["previous_uri"], fresh["status"]) == ("payment_request", message["uri"], "open")
        assert (fresh["amount"], fresh["currency"]) == (message["amount"], message["currency"])
        assert fresh["related_uri"] != message["related_uri"]
        visitor.load(path_of(message))
        assert "This link ran out" in visitor.text
        assert 'id="pay"' not in visitor.text
        assert "Payment due" in visitor.load(path_of(fresh)).get_data(as_text=True)
        settle("accepted")
        assert owed.status("setup_fee") == "accepted"

    def test_money_that_comes_by_the_old_link_counts(self, owed, settle, visitor, clock, app):
        """Whoever had gone on to pay already has paid; nobody is asked twice."""
        old = path_of(owed.asked("setup_fee")).removeprefix("/payments/")
        clock.advance(days=90)
        with app.app_context():
            requirements.renew_links(catalogue=owed.desk.catalogue, clock=clock)
        owed.box.party.bearer.update(admin_token(owed.box.party))
        fresh = owed.asked("setup_fee")

        with app.app_context():
            news = PaymentNews(old, PaymentStatus.ACCEPTED, Decimal("25.00"), "USD")
            payments.settle(news, clock=clock, on_change=requirements.payment_changed)

        assert (owed.status("setup_fee"), owed.box.get(fresh)["status"]) == ("accepted", "complete")
        assert "This link ran out" in visitor.load(path_of(fresh)).get_data(as_text=True)

    @requirement("WG1-02-3.6-16")
    def test_a_refused_payment_is_told_and_can_be_asked_for_again(self, owed, settle):
        message = owed.asked("setup_fee")
        settle("rejected")
        assert owed.replies(message)[-1]["status"] == "rejected"

        owed.ask_again(message, why="Try another card.")

        fresh = owed.asked("setup_fee")
        assert (fresh["type"], fresh["previous_uri"], fresh["status"]) == ("payment_request", message["uri"], "open")
        assert fresh["related_uri"] != message["related_uri"]
        settle("accepted")
        assert owed.status("setup_fee") == "accepted"

    @requirement("WG1-02-3.6-18")
    def test_an_operator_accepts_a_cheque(self, owed):
        message = owed.asked("setup_fee")
        owed.accept(message, note="Your cheque arrived.")

        assert (owed.status("setup_fee"), owed.asked("setup_fee")["status"]) == ("accepted", "complete")
        assert any("Your cheque arrived." in each["description"] for each in owed.replies(message))
        with pytest.raises(Conflict):
            owed.reject(message, reason="It bounced.")


@requirement("WG1-02-3.6-26", "WG1-02-3.6-36", "WG1-02-3.6-45", "WG1-02-3.6-56")
@pytest.mark.parametrize("field_id", ["contact_email", "business_account", "data_agreement", "terms"])
def test_an_operator_accepts_what_was_met_in_another_way(owed, field_id):
    owed.accept(owed.asked(field_id))

    assert (owed.status(field_id), owed.asked(field_id)["status"]) == ("accepted", "complete")


@requirement("WG1-02-3.6-23", "WG1-02-3.6-31", "WG1-02-3.6-51")
@pytest.mark.parametrize("field_id", ["contact_email", "business_account", "terms"])
def test_a_link_that_runs_out_is_replaced_by_a_reply(owed, app, clock, visitor, field_id):
    """The catalogue lets links live for 90 days; only those that ran out are renewed, and only once."""
    old = owed.asked(field_id)
    clock.advance(days=89)
    with app.app_context():
        assert requirements.renew_links(catalogue=owed.desk.catalogue, clock=clock) == 0
    clock.advance(days=1)
    assert visitor.load(path_of(old)).status_code == 404
    with app.app_context():
        assert requirements.renew_links(catalogue=owed.desk.catalogue, clock=clock) == 4
        assert requirements.renew_links(catalogue=owed.desk.catalogue, clock=clock) == 0

    owed.box.party.bearer.update(admin_token(owed.box.party))
    fresh = owed.asked(field_id)
    assert (fresh["type"], fresh["previous_uri"], fresh["status"]) == ("online_form_request", old["uri"], "open")
    assert owed.link_end(field_id) == clock.now() + timedelta(days=90)
    assert visitor.load(path_of(fresh)).status_code == 200
    assert visitor.load(path_of(old)).status_code == 404


@requirement("WG1-02-3.6-17", "WG1-02-3.6-25", "WG1-02-3.6-35", "WG1-02-3.6-44", "WG1-02-3.6-55")
@pytest.mark.parametrize("field_id", ["setup_fee", "contact_email", "business_account", "data_agreement", "terms"])
def test_both_sides_may_write_about_it(owed, box, field_id):
    message = owed.asked(field_id)
    owed.ask_question(message, text="Do you need help?")
    box.posted("private_message", previous_uri=message["uri"])

    (told,) = owed.replies(message)
    assert (told["type"], told["description"]) == ("private_message", "Do you need help?")
    assert (owed.status(field_id), owed.asked(field_id)["status"]) == ("open", "open")


def test_a_scope_that_comes_later_brings_what_it_needs(app, client):
    """In the sandbox a Client may add scopes by itself; production waits for the same as ever."""
    party = register(client, "cds_client_admin usage_data")
    address = f"/clients/{party.app.client_id}"

    for _ in range(2):
        body = {**client.get(address, headers=party.bearer).json, "scope": "usage_data rate_plan"}
        assert client.put(address, json=body, headers=party.bearer).status_code == 200

    listing = client.get("/messages", headers=party.bearer).json
    assert len(listing["outstanding"]) == 5
    with app.app_context(), reading() as session:
        assert len(requirements_of(session, find_client(session, party.app.client_id).registration_id)) == 6


def test_what_the_catalogue_came_to_need_later_is_asked_for_with_the_production_request(app, box, owed):
    """As if the registration were older than the requirement."""
    with app.app_context(), transaction() as session:
        row = next(each for each in requirements_of(session, box.registration_id) if each.field_id == "terms")
        session.delete(row)
    with pytest.raises(StopIteration):
        owed.status("terms")

    request = box.posted("production_request")

    assert owed.status("terms") == "open"
    assert owed.asked("terms")["type"] == "online_form_request"
    assert owed.show(request).unmet["terms"] == "open"
