"""A Client shows that it is a Customer, and reads that Customer's data: CDS-WG3-01 4.1 to 4.3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from cdsc_server.errors import Conflict, NotFound
from cdsc_server.services import reviews
from cdsc_server.services.audit import noting
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.customers import CustomerRow, customer_key_of
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.permissions import PermittedAccountRow
from cdsc_server.storage.service_contracts import ServiceContractRow
from tests.api.console.conftest import hire
from tests.api.direct_access.conftest import Direct
from tests.api.direct_access.test_bills_and_usage import JANUARY, home
from tests.api.reviews.conftest import Owed, desk
from tests.factories import customer_data, people
from tests.factories.messages import BASE, Box
from tests.factories.oauth import Party
from tests.support import requirement
from tests.support.pages import Visitor

__all__ = ["desk", "hire", "home"]

#: By scope: its listing, and of each object there what names it.
LISTS = {
    "query_accounts": ("accounts", "cds_account_id"),
    "query_service_contracts": ("service_contracts", "cds_servicecontract_id"),
    "query_service_points": ("service_points", "cds_servicepoint_id"),
    "query_meter_devices": ("meter_devices", "cds_meterdevice_id"),
    "query_bill_statements": ("bill_statements", "cds_billstatement_id"),
    "query_bill_sections": ("bill_sections", "cds_billsection_id"),
    "query_usage": ("usage_segments", "related_meterdevices"),
}
ADAS = {
    "query_accounts": {"family", "home"},
    "query_service_contracts": {"house", "shop"},
    "query_service_points": {"house-sp", "shop-sp"},
    "query_meter_devices": {"m-house", "m-old", "m-shop"},
    "query_bill_statements": {"ada-feb", "ada-jan", "family-jan"},
    "query_bill_sections": {"house-jan", "house-feb", "shop-jan"},
    "query_usage": {"m-house", "m-shop"},
}
USAGE_ROWS = ("WG3-01-4.1-21", "WG3-01-4.1-22", "WG3-01-4.1-23", "WG3-01-4.1-24", "WG3-01-4.1-25", "WG3-01-4.3-01")
BILL_ROWS = ("WG3-01-4.2-14", "WG3-01-4.2-15", "WG3-01-4.2-16", "WG3-01-4.2-17", "WG3-01-4.3-02")


@dataclass(frozen=True)
class Own:
    """A Client for direct access, asked to show that it is a Customer; and Ada in front of a browser."""

    direct: Direct
    owed: Owed
    browser: Visitor

    @property
    def path(self) -> str:
        """Where the Client sends whoever is to sign in."""
        return str(self.owed.asked("own_account")["related_uri"]).removeprefix(BASE)

    def say(self, do: str, name: str = "ada") -> None:
        """Somebody opens the link, signs in, reads what that opens, and presses a button."""
        self.browser.load(f"/sign-in?next={self.path}")
        self.browser.sign_in(f"{name}@example.com")
        self.browser.load(self.path)
        assert self.browser.press(do).status_code == 303

    def show(self, name: str = "ada") -> None:
        """As `say` yes; an operator accepts."""
        self.say("send", name)
        self.owed.accept(self.owed.asked("own_account"))

    def go_live(self) -> str:
        """An operator accepts all else, and makes the production Client Object; gives its id."""
        for field_id in ("contact_email", "terms", "company_review"):
            self.owed.accept(self.owed.asked(field_id))
        with self.owed.app.app_context():
            made = reviews.make_production(self.direct.own.client_id, desk=self.owed.desk)
        return made.made[0]

    def refused(self) -> bool:
        """Whether a token is refused because nobody's data may be read."""
        answer = self.direct.ask({"type": "query_accounts"})
        return (answer.status_code, answer.json.get("error")) == (400, "unauthorized_client")


@pytest.fixture
def own(app, party: Party, direct, desk, clock) -> Own:
    with app.app_context(), transaction() as session:
        session.add_all([people.login(f"{name}@example.com", name, at=clock.now()) for name in ("ada", "bob")])
    noted = replace(desk, noted=noting("olga", clock))
    return Own(direct, Owed(app, Box(app, party, clock), noted), Visitor(app.test_client()))


@pytest.fixture
def seen(get) -> Callable[[str, str], set[str]]:
    """What a scope's listing names with a token."""

    def listed(scope_id: str, token: str) -> set[str]:
        name, member = LISTS[scope_id]
        objects = get(f"/cds/{name}", token)[name]
        return {each[member][0] if scope_id == "query_usage" else each[member] for each in objects}

    return listed


@pytest.fixture
def permitted(app) -> Callable[[], set[tuple[str, str]]]:
    """Which Client Object may read whom."""

    def rows() -> set[tuple[str, str]]:
        with app.app_context(), reading() as session:
            return {(row.client_id, row.customer_id) for row in session.query(PermittedAccountRow)}

    return rows


@pytest.fixture
def noted(app) -> Callable[[], list[tuple[str, str, Any]]]:
    """Who permitted or took back what, as the audit trail has it."""

    def entries() -> list[tuple[str, str, Any]]:
        with app.app_context(), reading() as session:
            rows = session.query(AuditRow).filter(AuditRow.subject.startswith("client:")).order_by(AuditRow.at)
            return [(row.actor, row.action, row.detail.get("customer")) for row in rows if "customer" in row.detail]

    return entries


@requirement(*USAGE_ROWS, *BILL_ROWS)
def test_whoever_shows_that_they_are_the_customer_reads_all_of_their_data(own, hire, seen, noted):
    """From the registration to the readings, by requests alone; a reviewer accepts at the console."""
    message, olga = own.owed.asked("own_account"), hire("reviewer")
    assert (message["type"], message["status"]) == ("online_form_request", "open")
    own.browser.load(own.path)
    assert "Signing in shares nothing." in own.browser.text
    own.say("send")
    assert own.refused()
    page = f"/console/messages/{message['message_id']}"
    assert "read all data of this Customer directly" in olga.load(page).text
    assert olga.act(f"{page}/decision", decision="accept", reason="").status_code == 303

    found = {scope_id: seen(scope_id, own.direct.token(scope_id)) for scope_id in LISTS}

    assert found == ADAS
    assert noted() == [("olga@dge.example", "client.permitted", "ada")]


def test_the_page_says_what_a_yes_opens_before_anybody_signs_in(own):
    """In the words of the form, whose the app must be, for how long, and where to stop it."""
    own.browser.load(own.path)

    titles = (
        "Your accounts.",
        "Supply details.",
        "Meters and connection.",
        "Your bills.",
        "Charges for your services.",
    )
    for words in (*titles, "Energy use.", "Bright Bills", "only if", "your own app", "until you stop it", "/my-data"):
        assert words in own.browser.text, words


def test_who_says_no_shares_nothing(own, permitted):
    own.say("decline")

    assert "You said no." in own.browser.load(f"{own.path}?said=no").text
    assert (own.owed.status("own_account"), own.owed.asked("own_account")["status"]) == ("open", "open")
    assert permitted() == set()
    assert own.refused()


def test_nothing_opens_before_it_is_accepted_nor_when_it_is_rejected(own, permitted, noted):
    own.say("send")
    assert own.owed.status("own_account") == "submitted"
    assert own.refused()

    own.owed.reject(own.owed.asked("own_account"), reason="This is not your account.")

    assert own.refused()
    assert permitted() == set()
    assert noted() == []


def test_a_step_that_is_accepted_without_a_sign_in_opens_nothing(own, permitted):
    """An operator may do without the proof, and then permits by hand whose data it is."""
    own.owed.accept(own.owed.asked("own_account"))

    assert own.owed.status("own_account") == "accepted"
    assert permitted() == set()
    assert own.refused()


@requirement("WG3-01-4.1-29", "WG3-01-4.2-18", "WG3-01-4.2-24")
def test_a_property_that_comes_later_is_read_with_the_token_there_is(app, own, seen):
    """With its contract, connection, meter, readings and bills."""
    own.show()
    tokens = {scope_id: own.direct.token(scope_id) for scope_id in LISTS}
    assert {scope_id: seen(scope_id, token) for scope_id, token in tokens.items()} == ADAS

    make = customer_data
    with app.app_context(), transaction() as session:
        session.add_all([make.account("cabin"), make.contract("cabin", "cabin"), make.service_point("cabin-sp")])
        session.add_all([make.served("cabin-sp", "cabin"), make.meter("m-cabin")])
        session.add_all(
            [make.installed("m-cabin", "cabin-sp"), make.statement("cabin-jan", "cabin", date(2026, 1, 31))]
        )
        session.add(make.section("cabin-jan", "cabin", date(2026, 1, 1), date(2026, 1, 31), contracts=["cabin"]))
        session.flush()
        make.readings(session, make.series(session, "m-cabin", meter_device_id="m-cabin"), JANUARY, ["1.50"] * 24)

    later = ("cabin", "cabin", "cabin-sp", "m-cabin", "cabin-jan", "cabin-jan", "m-cabin")
    assert {scope_id: seen(scope_id, token) - ADAS[scope_id] for scope_id, token in tokens.items()} == {
        scope_id: {name} for scope_id, name in zip(LISTS, later, strict=True)
    }


@requirement("WG3-01-4.1-29", "WG3-01-4.2-24")
def test_what_is_the_customers_no_longer_is_not_read_any_more(app, own, seen):
    """The shop is sold, and its contract is gone."""
    own.show()
    token = own.direct.token("query_service_contracts")
    with app.app_context(), transaction() as session:
        session.delete(session.get(ServiceContractRow, (customer_key_of("ada"), "shop")))

    assert seen("query_service_contracts", token) == {"house"}


def test_a_customer_sees_their_own_apps_and_stops_them(own, seen, noted, get):
    """With one click; the very next request is refused, and the Client is told."""
    own.show()
    token = own.direct.token("query_accounts")
    assert seen("query_accounts", token)
    page = own.browser.load("/my-data").text
    for words in ("Your own apps", "Bright Bills", "1 app can read your data now", "your bills", "Last read on"):
        assert words in page, words

    answer = own.browser.press("stop")

    assert "You stopped it." in own.browser.load(answer.location).text
    assert "Your own apps" not in own.browser.text
    assert get("/cds/accounts", token)["accounts"] == []
    assert own.refused()
    told = [each["description"] for each in own.owed.replies(own.owed.asked("own_account"))]
    assert any("The Customer has stopped this app." in each for each in told)
    assert own.owed.status("own_account") == "rejected"
    assert sorted(noted()) == [("customer", "client.forbidden", "ada"), ("olga", "client.permitted", "ada")]


def test_nobody_else_sees_or_stops_it(own, permitted):
    own.show()
    before = permitted()
    stranger = Visitor(own.browser.client.application.test_client())
    stranger.load("/sign-in")
    stranger.sign_in("bob@example.com")
    stranger.load("/my-data")
    token = stranger.form().values("form_token")[0]

    path = f"/my-data/own/{own.direct.own.client_id}"
    assert "Bright Bills" not in stranger.text
    assert stranger.client.post(path, data={"form_token": token}).status_code == 404
    assert own.browser.client.post(path, data={"form_token": "wrong"}).status_code == 403
    assert permitted() == before


@pytest.mark.parametrize("how", ["forbidden", "rejected"])
def test_an_operator_ends_it_with_the_step(own, permitted, noted, how):
    """What is taken back from one Client Object does not come back with the next."""
    own.show()
    if how == "forbidden":
        own.direct.forbid("ada")
    else:
        own.owed.reject(own.owed.asked("own_account"), reason="It is somebody else's account.")

    assert own.refused()
    assert own.owed.status("own_account") == "rejected"
    actor = "test" if how == "forbidden" else "olga"
    assert sorted(noted()) == sorted([("olga", "client.permitted", "ada"), (actor, "client.forbidden", "ada")])
    with pytest.raises(Conflict, match="own_account"):
        own.go_live()
    assert permitted() == set()


def test_after_it_ended_it_can_be_asked_for_again_of_somebody_else(own, seen):
    own.show()
    own.owed.reject(own.owed.asked("own_account"), reason="It is Bob's app.")
    own.owed.ask_again(own.owed.asked("own_account"), why="Sign in as Bob.")
    own.browser.load("/my-data")

    own.show("bob")

    assert seen("query_accounts", own.direct.token("query_accounts")) == {"bobs"}


def test_what_an_operator_permits_by_hand_stays_when_the_step_ends(own, seen):
    own.direct.permit("ada")
    own.show()
    with pytest.raises(NotFound):
        own.direct.forbid("bob")

    own.owed.reject(own.owed.asked("own_account"), reason="It has no proof.")

    assert seen("query_accounts", own.direct.token("query_accounts")) == ADAS["query_accounts"]


@pytest.mark.parametrize("first", ["shown", "live"])
def test_in_production_it_reads_real_customers_only_and_in_the_sandbox_made_up_ones(app, own, permitted, noted, first):
    """Whether the production Client Object is made before or after the account is shown."""
    with app.app_context(), transaction() as session:
        session.get(CustomerRow, "ada").is_test = False
    if first == "shown":
        own.show()
        assert permitted() == set()
        live = own.go_live()
    else:
        own.owed.accept(own.owed.asked("own_account"))
        live = own.go_live()
        own.owed.reject(own.owed.asked("own_account"), reason="Now with an account.")
        own.owed.ask_again(own.owed.asked("own_account"), why="Sign in.")
        own.show()

    assert permitted() == {(live, "ada")}
    with app.app_context(), reading() as session:
        assert session.get(ClientRow, live).status == "production"
