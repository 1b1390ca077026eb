"""A form without a sign-in: numbers by hand, and a mail address that is proven (CDS-WG3-01 9.2, 9.2.1.6)."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from cdsc_server import exact_json
from cdsc_server.domain.grant_steps import GrantStep
from cdsc_server.errors import Conflict
from cdsc_server.services.identifying import identify
from cdsc_server.services.mails import Mailing
from cdsc_server.services.operator_grants import change_grant
from cdsc_server.storage.authorizations import AuthorizationRequestRow
from cdsc_server.storage.contact_codes import ContactCodeRow
from cdsc_server.storage.customers import CustomerRow, LoginRow
from cdsc_server.storage.db import DataBase, reading, transaction
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.outbox import OutboxRow
from tests.factories.catalogues import changed_catalogue
from tests.support import requirement
from tests.support.dom import by_class, by_id, links, parsed, text_of
from tests.support.rows import cases

HERS = {"contract_numbers": ["C-shop0002"]}
ADDRESS = "ada@mail.example"


@pytest.fixture
def settings(settings, tmp_path):
    """Two scopes need no sign-in; nothing is sent here, so nobody has to listen."""

    def open_to_all(text):
        for scope in ("distribution_details", "supply_details"):
            text = text.replace(f"[scopes.{scope}]\n", f"[scopes.{scope}]\nwithout_sign_in = true\n")
        return text

    return replace(
        settings,
        catalogue_file=changed_catalogue(tmp_path, open_to_all),
        mail_url="smtp://127.0.0.1:1?starttls=no",
        mail_from="no-reply@dge.example",
    )


@pytest.fixture
def form(app, ask, visitor):
    """Open a form without signing in; gives its address. Ada is a Customer with this mail address on file."""

    def opens(values=HERS, **more):
        address = f"/consent/{ask(('distribution_details', values), **more)}"
        with app.app_context(), transaction() as session:
            session.query(CustomerRow).filter_by(customer_id="ada").one().email = ADDRESS
        visitor.load(address)
        return address

    return opens


@pytest.fixture
def letters(stored, ports):
    """The mails of a kind, each as subject, text and HTML, the oldest first."""

    def opened(kind):
        mails = [mail for mail in stored(OutboxRow) if mail.kind == kind]
        return [exact_json.loads(ports.keys.open(mail.sealed, context="mail" + mail.outbox_id)) for mail in mails]

    return opened


@pytest.fixture
def code(letters):
    """The code that was mailed last."""
    return lambda: letters("contact_code")[-1]["subject"].split()[0]


@pytest.fixture
def mailed(form, visitor):
    """Fill in the form, say yes, and open the page for the code."""

    def sends(values=HERS, address=ADDRESS, **more):
        form(values, **more)
        visitor.load(visitor.press("approve", contact=address).location)

    return sends


@pytest.fixture
def agreed(mailed, visitor, code):
    """Fill in the form, say yes and enter the code; gives the answer."""

    def agrees(values=HERS, address=ADDRESS, **more):
        mailed(values, address, **more)
        return visitor.press("prove", code=code())

    return agrees


def answer_of(response):
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}


def listed(visitor):
    return [text_of(each) for each in by_class(by_id(parsed(visitor.text), "s1-list"), "entry")]


class TestTheForm:
    @requirement("WG3-01-9.1.1-16", "WG3-01-9.1.1-19")
    @pytest.mark.parametrize("scopes", [("distribution_details",), ("distribution_details", "supply_details")])
    def test_it_comes_without_a_sign_in(self, ask, visitor, scopes):
        """For as many scopes as the request has."""
        visitor.load(f"/consent/{ask(*((each, HERS) for each in scopes))}")

        assert "Do you want to share your data?" in visitor.text
        assert "You are not signed in." in visitor.text

    @requirement("WG3-01-9.1.1-15", "WG3-01-9.1.1-18")
    def test_one_scope_that_needs_a_sign_in_is_enough_to_need_one(self, ask, visitor):
        visitor.load(f"/consent/{ask(('distribution_details', HERS), 'usage_data')}")

        assert 'id="password"' in visitor.text

    @requirement("WG3-01-9.2-13", "WG3-01-9.2-14", "WG3-01-9.2-15", "WG3-01-9.2-16")
    def test_right_and_wrong_numbers_look_the_same_and_nothing_on_file_is_told(self, form, visitor):
        """Ada has one of the two."""
        form({"contract_numbers": ["C-shop0002", "C-nobody"], "error_if_no_preselections": True})

        assert listed(visitor) == ["C-nobody", "C-shop0002"]
        entries = by_class(by_id(parsed(visitor.text), "s1-list"), "tick")
        shapes = {re.sub("C-shop0002|C-nobody", "", repr([(e.tag, e.attrib) for e in each.iter()])) for each in entries}
        assert len(shapes) == 1
        for secret in ("Shop 0002", "shop0002 Street", "Lindqvist", ADDRESS, "M-m2", "A-a1"):
            assert secret not in visitor.text

    @requirement("WG3-01-9.2.1.7-01")
    def test_who_has_an_account_may_sign_in_instead(self, form, visitor):
        address = form()
        (link,) = (each for each in links(parsed(visitor.text)) if each.get("href").startswith("/sign-in"))
        visitor.load(link.get("href"))
        visitor.sign_in()

        assert visitor.page.request.path == address
        assert "Shop 0002" in visitor.text
        assert 'id="contact"' not in visitor.text

    @requirement("WG3-01-9.2-17", "WG3-01-9.2.1.5-11", "WG3-01-9.2.1.5-14")
    def test_the_closing_section_asks_for_a_mail_address_and_says_what_for(self, form, visitor):
        form()
        (closing,) = (e for e in parsed(visitor.text).iter("section") if e.get("aria-labelledby") == "closing-title")

        assert [(each.get("name"), each.get("type")) for each in closing.iter("input")] == [("contact", "email")]
        assert text_of(by_id(closing, "contact-hint")) == (
            "We use it only to send your receipt and news of this sharing. With the receipt you can stop it at any "
            "time. When you share, we first mail you a code to check the address."
        )

    @pytest.mark.parametrize("address", ["", "ada", "ada@mail", "a b@mail.example"])
    def test_a_form_without_a_usable_address_sends_nothing(self, form, visitor, stored, address):
        location = visitor.press("approve", contact=address).location if form() else ""
        visitor.load(location)

        assert location.endswith("#problem")
        assert "Email address: " in text_of(by_id(parsed(visitor.text), "contact-error"))
        assert stored(OutboxRow) == stored(GrantRow) == []


#: Kind of list: the field with its numbers, and the words for all and for later ones.
BY_HAND = {
    "account_selection": ("account_numbers", "All your accounts", "Also share accounts I add later"),
    "service_contract_selection": ("contract_numbers", "All your services", "Also share services I add later"),
    "servicepoint_selection": ("servicepoint_numbers", "All your connections", ""),
    "meter_device_selection": ("meter_numbers", "All your meters", ""),
    "aggregation_selection": ("aggregation_numbers", "", ""),
}


class TestNumbersByHand:
    """What the standard asks of lists that the server does not know (9.2.3)."""

    @pytest.mark.parametrize("kind", cases("form_selections.tsv", "by hand"))
    def test_a_person_writes_numbers(self, form, visitor, kind):
        address = form({"authorization_form_selection_type": kind})
        visitor.press("add-1", s1_added="40-7 \n 41-8, 42-9\n")
        visitor.load(address)

        assert listed(visitor) == ["40-7", "41-8", "42-9"]
        assert sorted(visitor.form().values("s1")) == ["40-7", "41-8", "42-9"]

    @pytest.mark.parametrize("kind", cases("form_selections.tsv", "prefilled"))
    def test_numbers_of_the_request_are_there_and_ticked(self, form, visitor, kind):
        form({"authorization_form_selection_type": kind, BY_HAND[kind][0]: ["40-7", "41-8"]})

        assert listed(visitor) == ["40-7", "41-8"]
        assert sorted(visitor.form().values("s1")) == ["40-7", "41-8"]

    @pytest.mark.parametrize("kind", cases("form_selections.tsv", "all of them"))
    def test_all_is_an_entry_of_its_own(self, form, visitor, kind):
        form({"authorization_form_selection_type": kind, BY_HAND[kind][0]: ["_all"]})

        assert listed(visitor) == [BY_HAND[kind][1]]
        assert visitor.form().values("s1") == ["_all"]

    @pytest.mark.parametrize("kind", cases("form_selections.tsv", "later ones"))
    def test_later_ones_are_an_entry_of_their_own(self, form, visitor, kind):
        form({"authorization_form_selection_type": kind, BY_HAND[kind][0]: ["_all", "_include_future"]})

        assert visitor.form().values("s1-future") == ["on"]
        assert BY_HAND[kind][2] in visitor.text


class TestTheCode:
    @requirement("WG3-01-9.2-18", "WG3-01-9.2.1.6-14", "WG3-01-9.2.1.6-15", "WG3-01-9.2.1.5-15")
    def test_yes_mails_a_code_first_and_shares_nothing(self, mailed, visitor, stored, code):
        mailed()

        assert text_of(next(parsed(visitor.text).iter("h1"))) == "Check your email"
        assert re.fullmatch(r"\d{8}", code())
        assert stored(GrantRow) == []
        assert stored(AuthorizationRequestRow)[0].decided is None
        assert code() not in str(vars(stored(ContactCodeRow)[0]))

    @requirement("WG3-01-9.2.1.6-19", "WG3-01-9.2.1.6-20", "WG3-01-9.2.1.6-21")
    def test_the_right_code_is_the_yes_and_the_receipt_goes_to_the_proven_address(
        self, mailed, visitor, stored, code, letters
    ):
        mailed()
        answer = visitor.press("prove", code=code())

        assert answer.location.startswith("https://client.example/callback?code=")
        (grant,) = stored(GrantRow)
        assert (grant.status, grant.customer_id, grant.enabled_scope) == ("active", "ada", "distribution_details")
        assert grant.selections[0]["ids"] == ["shop0002"]
        assert [mail.recipient for mail in stored(OutboxRow)] == [ADDRESS, ADDRESS]
        assert grant.receipt_confirmations[0] in letters("receipt")[0]["subject"]

    def test_a_code_works_once(self, mailed, visitor, stored, code):
        mailed()
        first, second = visitor.press("prove", code=code()), visitor.press("prove", code=code())

        assert first.location == second.location
        assert len(stored(GrantRow)) == len(stored(ReceiptRow)) == 1

    def test_a_code_is_too_old_after_a_quarter_of_an_hour(self, mailed, visitor, stored, code, clock):
        mailed()
        clock.advance(minutes=9)
        visitor.client.get(visitor.page.request.path)
        clock.advance(minutes=7)

        assert visitor.press("prove", code=code()).status_code == 400
        assert stored(GrantRow) == []

    @requirement("WG3-01-9.2.1.6-16")
    def test_no_is_offered_all_the_time(self, mailed, visitor, stored):
        mailed()
        visitor.press("prove", code="00000000")
        button = by_id(parsed(visitor.text), "decline")
        answer = visitor.client.post(button.get("formaction"), data={**dict(visitor.form().sends), "do": "decline"})

        assert answer_of(answer)["error"] == "access_denied"
        assert stored(GrantRow) == []

    @requirement("WG3-01-9.2.1.6-17")
    def test_the_address_can_be_changed_and_another_code_be_had(self, mailed, visitor, stored, code, letters):
        mailed(address="typo@mail.example")
        old = code()
        visitor.press("again")
        (link,) = (each for each in links(parsed(visitor.text)) if each.get("href", "").endswith("#contact"))
        visitor.load(link.get("href"))
        visitor.load(visitor.press("approve", contact=ADDRESS).location)

        assert [mail.recipient for mail in stored(OutboxRow)] == ["typo@mail.example", "typo@mail.example", ADDRESS]
        assert visitor.press("prove", code=old).status_code == 400
        assert visitor.press("prove", code=code()).location.startswith("https://client.example/callback?code=")

    @requirement("WG3-01-9.2.1.6-18")
    def test_five_wrong_codes_are_a_no(self, mailed, visitor, stored, code):
        """Over all codes together: a new one brings no new tries."""
        mailed()
        answers = [visitor.press("prove", code="0000 0000") for _ in range(3)]
        visitor.press("again")
        answers += [visitor.press("prove", code="00000000") for _ in range(2)]

        assert [each.status_code for each in answers] == [400, 400, 400, 400, 303]
        assert "You have 1 try left" in answers[3].text
        assert answer_of(answers[4])["error"] == "access_denied"
        assert visitor.press("prove", code=code()).location == answers[4].location
        assert stored(GrantRow) == []

    @requirement("WG3-01-9.2.1.6-18")
    def test_too_many_codes_are_a_no(self, mailed, visitor, stored):
        mailed()
        answers = [visitor.press("again") for _ in range(5)]

        assert [each.location.startswith("/consent/") for each in answers] == [True, True, True, True, False]
        assert answer_of(answers[4])["error"] == "access_denied"
        assert len(stored(OutboxRow)) == 5

    def test_one_address_gets_six_codes_an_hour_whoever_asks(self, mailed, visitor, stored, letters):
        mailed()
        for _ in range(3):
            visitor.press("again")
        mailed()
        visitor.press("again")

        assert visitor.press("again").status_code == 429
        assert len(letters("contact_code")) == 6

    def test_another_browser_cannot_use_the_code(self, app, mailed, visitor, code, stored):
        mailed()
        with app.test_client() as other:
            answer = other.post(visitor.page.request.path, data={**dict(visitor.form().sends), "code": code()})

        assert answer.status_code in (403, 404)
        assert stored(GrantRow) == []


class TestWhoseItIs:
    """Nobody is told whether the numbers are right."""

    @pytest.mark.parametrize(
        ("values", "address"),
        [
            ({"contract_numbers": ["C-shop0002", "C-nobody"]}, ADDRESS),
            (HERS, "stranger@mail.example"),
            ({"authorization_form_selection_type": "meter_device_selection", "meter_numbers": ["M-x"]}, ADDRESS),
        ],
    )
    def test_who_cannot_be_recognised_is_answered_the_same_and_waits(self, agreed, stored, clock, values, address):
        answer = agreed(values, address)

        assert set(answer_of(answer)) == {"code", "state", "iss"}
        (grant,), (receipt,) = stored(GrantRow), stored(ReceiptRow)
        assert (grant.status, grant.customer_id, grant.enabled_scope) == ("pending", None, "")
        assert grant.enabled_authorization_details == grant.selections == []
        assert grant.eta > clock.now()
        assert (receipt.customer_id, receipt.stated["contact"]) == (None, address)

    def test_real_customers_are_no_concern_of_the_sandbox(self, agreed, stored):
        """The address and the number are those of a real Customer."""
        agreed(is_test=False)

        assert (stored(GrantRow)[0].status, stored(GrantRow)[0].customer_id) == ("pending", None)

    def test_an_operator_says_whose_it_is(self, app, agreed, stored, clock):
        agreed(address="stranger@mail.example")
        grant_id = stored(GrantRow)[0].grant_id
        with app.app_context():
            identify(grant_id, "ada", reason="Called back.", actor="olga", clock=clock)

        (grant,) = stored(GrantRow)
        assert (grant.status, grant.customer_id, grant.eta) == ("active", "ada", None)
        assert grant.enabled_scope == "distribution_details"
        assert grant.selections[0]["ids"] == ["shop0002"]
        assert stored(ReceiptRow)[0].customer_id == "ada"

    def test_an_operator_cannot_give_what_somebody_else_has(self, app, agreed, stored, clock):
        agreed({"contract_numbers": ["C-shop0002", "C-nobody"]})
        grant_id = stored(GrantRow)[0].grant_id
        with app.app_context(), pytest.raises(Conflict, match="does not have what was named"):
            identify(grant_id, "ada", reason="Called back.", actor="olga", clock=clock)

        assert stored(GrantRow)[0].enabled_scope == ""

    def test_the_receipt_stops_it_and_tells_no_stranger_more(self, agreed, visitor, stored, letters):
        agreed(address="stranger@mail.example")
        path = re.search(r"/receipt/[\w-]+", letters("receipt")[0]["text"])[0]
        visitor.load(path)

        assert "C-shop0002" not in visitor.text
        visitor.press("stop")
        assert stored(GrantRow)[0].status == "revoked"
        assert [mail.recipient for mail in stored(OutboxRow)][-1] == "stranger@mail.example"

    def test_nothing_is_called_shared_before_it_is_known_whose_it_is(self, agreed, visitor, letters):
        agreed(address="stranger@mail.example")
        (mail,) = letters("receipt")
        visitor.load(re.search(r"/receipt/[\w-]+", mail["text"])[0])

        assert mail["subject"].startswith("You agreed to share data with Kestrel Carbon")
        assert "We first find out whose data this is. Until then nothing is shared." in mail["text"]
        assert text_of(next(parsed(visitor.text).iter("h1"))) == "You agreed to share data with Kestrel Carbon"
        assert "by 4 March 2026 if we can. Until then nothing is shared." in visitor.text
        assert [text_of(each) for each in by_class(parsed(visitor.text), "chip")] == ["Waiting"]

    def test_who_has_no_sign_in_is_never_sent_to_one_for_an_overview(self, app, agreed, visitor, letters):
        """Neither while nobody knows who it is, nor by the answers of a form that was used up."""
        answer = agreed(address="stranger@mail.example")
        form = visitor.page.request.path.removesuffix("/code")
        (mail,) = letters("receipt")
        pages = [re.search(r"/receipt/[\w-]+", mail["text"])[0], form, "/receipt-redirect?code=x"]

        assert answer.status_code == 303
        assert "Who has my data" not in mail["text"] + mail["html"]
        for page in pages:
            visitor.client.get(form)
            assert "Who has my data" not in visitor.load(page).text
            assert "/my-data" not in visitor.text

    @pytest.mark.parametrize("signs_in", [True, False])
    def test_a_customer_is_sent_to_the_overview_where_there_is_a_sign_in(
        self, *, app, mailed, visitor, code, letters, stored, signs_in
    ):
        """Recognised by address and number."""
        mailed()
        if not signs_in:
            with app.app_context(), transaction() as session:
                session.query(LoginRow).delete()
        visitor.press("prove", code=code())
        (mail,) = letters("receipt")
        visitor.load(re.search(r"/receipt/[\w-]+", mail["text"])[0])

        assert stored(GrantRow)[0].customer_id == "ada"
        assert ("Who has my data" in mail["text"]) == signs_in
        assert ("/my-data" in visitor.text) == signs_in

    def test_who_is_refused_is_told_that_nothing_was_read(self, *, app, agreed, visitor, stored, letters, clock, ports):
        agreed(address="stranger@mail.example")
        context = app.extensions["cdsc"]
        mailing = Mailing(context.catalogue.utility, context.settings, ports.keys)
        with app.app_context():
            change_grant(
                stored(GrantRow)[0].grant_id,
                GrantStep.DISABLE,
                reason="No such number.",
                told="nobody here has that number",
                actor="olga",
                catalogue=context.catalogue,
                clock=clock,
                mailing=mailing,
            )
        (mail,) = letters("revoked")
        visitor.load(re.search(r"/receipt/[\w-]+", mail["text"])[0])

        assert mail["subject"] == "Kestrel Carbon gets no data of yours"
        assert "because nobody here has that number." in mail["text"]
        assert "Kestrel Carbon has read nothing." in mail["text"]
        assert "gets no data of yours.</strong> It has read nothing." in visitor.text
        assert "may still hold" not in visitor.text

    @requirement("WG3-01-9.2.1.5-12")
    def test_the_address_is_kept_for_the_receipt_and_nothing_else(self, app, agreed):
        """It stands with the request while that is open, with its code, on the receipt, and on what is sent there."""
        agreed(address="stranger@mail.example")
        with app.app_context(), reading() as session:
            holding = {
                table.name
                for table in DataBase.metadata.sorted_tables
                if any("stranger@mail.example" in str(row) for row in session.execute(select(table)))
            }

        assert holding == {"authorization_requests", "contact_codes", "receipts", "outbox"}
