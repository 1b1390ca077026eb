"""A Grant that waits for a Customer gets its answer: CDS-WG1-02 8.3."""

from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from cdsc_server.domain.grants import Selection
from cdsc_server.storage.authorizations import AuthorizationRequestRow, CodeRow, TokenRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.messages import MessageRow
from tests.factories import people
from tests.factories.access import entry
from tests.factories.oauth import register
from tests.support import requirement
from tests.support.clock import FakeClock
from tests.support.oauth import judged_before_storage

SCOPES = ("usage_data", "account_list")


def told(answer):
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert answer.location.startswith("https://client.example/callback?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


@pytest.fixture
def people_here(app, clock):
    """Ada and Bob, each with shops and a login."""
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), is_test=True)
        session.add(people.rows.customer("bob", display_name="Bob", is_test=True))
        session.flush()
        session.add(people.login("bob@example.com", "bob", at=clock.now()))


@pytest.fixture
def waiting(app, catalogue, clock, people_here, client):
    """A Client with a Grant over Ada's first shop that waits for her to add her accounts."""
    party = register(client)
    selection = Selection("service_contract_selection", frozenset({"shop0001"}))
    editable = {"allow_scope_modifications": True}
    agreed, ticked = entry(
        catalogue, "usage_data", selection, at=clock.now(), include_contract_numbers=True, **editable
    )
    more, _ = entry(catalogue, "account_list", selection, at=clock.now(), **editable)

    def make(**fields):
        plain = {
            "grant_id": "waiting",
            "registration_id": None,
            "client_id": party.app.client_id,
            "customer_id": "ada",
            "status": "needs_authorization",
            "scope": " ".join(SCOPES),
            "authorization_details": [agreed, more],
            "enabled_scope": "usage_data",
            "enabled_authorization_details": [agreed],
            "selections": [ticked],
            "states": ["first"],
            "receipt_confirmations": ["DGE-AAAA-BBBB"],
            "created": clock.now(),
            "modified": clock.now(),
        }
        with app.app_context(), transaction() as session:
            row = GrantRow(**{**plain, **fields})
            row.registration_id = session.get_one(ClientRow, row.client_id).registration_id
            session.add(row)
        clock.advance(seconds=1)
        return party

    return make


@pytest.fixture
def ask_for(visitor):
    """Leads the browser to a form, or wherever the request leads."""

    def asks(party, *, push=False, **changes):
        asked = party.asking(**{"scope": " ".join(SCOPES), "cds_grant_id": "waiting", "state": "second", **changes})
        if push:
            pushed = party.http.post("/oauth/par", data=asked, headers=party.app.headers)
            assert pushed.status_code == 201, pushed.json
            asked = {"client_id": party.app.client_id, "request_uri": pushed.json["request_uri"]}
        return party.http.get("/oauth/authorize", query_string=asked)

    return asks


def grant_of(party):
    return party.http.get("/grants/waiting", headers=party.bearer).json


@requirement(
    "WG1-02-8.3-01",
    "WG1-02-8.3-02",
    "WG1-02-8.3-09",
    "WG1-02-8.3-10",
    "WG1-02-8.1-17",
    "WG1-02-8.1-18",
    "WG1-02-8.2-02",
    "WG3-01-9.1.1-27",
)
@pytest.mark.parametrize("push", [False, True])
def test_a_yes_updates_the_grant_that_waits(waiting, ask_for, visitor, stored, push):
    """At once, before any token is asked for; there is no second Grant."""
    party = waiting()
    before = grant_of(party)
    visitor.load(ask_for(party, push=push).location)
    visitor.sign_in()

    answer = told(visitor.press("approve", tick=(("s1", "shop0001"), ("s2", "a1"))))

    grant = grant_of(party)
    assert (answer["state"], [row.grant_id for row in stored(GrantRow)]) == ("second", ["waiting"])
    assert (before["status"], grant["status"]) == ("needs_authorization", "active")
    assert grant["enabled_authorization_details"] == grant["authorization_details"] == before["authorization_details"]
    assert (grant["scope"], grant["enabled_scope"]) == ("usage_data account_list", "usage_data account_list")
    assert grant["states"] == ["first", "second"]
    assert (grant["receipt_confirmations"][0], len(grant["receipt_confirmations"])) == ("DGE-AAAA-BBBB", 2)
    assert grant["modified"] > grant["created"]
    assert stored(TokenRow)[-1].scope == "cds_client_admin"  # nothing was redeemed
    assert "A Customer authorized it." in stored(MessageRow)[-1].description


@requirement("WG1-02-8.4-01", "WG1-02-8.4-02")
def test_the_tokens_of_an_approval_name_the_grant_it_changed(waiting, ask_for, visitor):
    """As they name one that it made."""
    party = waiting()
    verifier = "v" * 64
    visitor.load(ask_for(party, code_challenge=create_s256_code_challenge(verifier)).location)
    visitor.sign_in()
    answer = told(visitor.press("approve", tick=(("s2", "a1"),)))

    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "code_verifier": verifier,
        "redirect_uri": "https://client.example/callback",
    }

    assert party.token(form).json["cds_grant_ids"] == ["waiting"]


def test_what_was_ticked_before_is_ticked_again(waiting, ask_for, visitor, stored):
    """The Customer sees what is shared already, and may change it."""
    party = waiting()
    visitor.load(ask_for(party).location)
    visitor.sign_in()
    visitor.press("approve", tick=(("s2", "a1"),))

    usage, accounts = stored(GrantRow)[0].selections
    assert (usage["ids"], accounts["ids"]) == (["shop0001"], ["a1"])


def test_a_grant_of_nobody_becomes_the_customers_who_approves_it(waiting, ask_for, visitor, stored):
    """One that the Server made for a Client to have approved."""
    empty = {"enabled_scope": "", "enabled_authorization_details": [], "selections": [], "states": []}
    party = waiting(customer_id=None, receipt_confirmations=[], **empty)
    visitor.load(ask_for(party).location)
    visitor.sign_in()

    told(visitor.press("approve", tick=(("s1", "shop0002"), ("s2", "a1"))))

    (row,) = stored(GrantRow)
    assert (row.customer_id, row.status, row.states) == ("ada", "active", ["second"])
    assert [each["ids"] for each in row.selections] == [["shop0002"], ["a1"]]


@requirement("WG1-02-8.3-08", "WG3-01-9.1.1-20", "WG3-01-9.1.1-21")
def test_a_grant_of_somebody_else_is_refused_after_sign_in(waiting, ask_for, visitor, stored):
    """The Client learns that it was the wrong person, and the Grant waits on."""
    party = waiting()
    before = grant_of(party)
    visitor.load(ask_for(party).location)

    signed_in = visitor.press(username="bob@example.com", password="correct horse")
    answer = told(visitor.client.get(signed_in.location))

    assert (answer["error"], answer["state"]) == ("cds_grant_id_invalid_user", "second")
    assert answer["iss"] == "http://127.0.0.1:8000"
    assert grant_of(party) == before
    assert stored(CodeRow) == []


@requirement("WG1-02-8.3-08")
def test_a_refused_request_is_over(waiting, ask_for, visitor, stored):
    """Signing in as the right person afterwards takes another request."""
    party = waiting()
    place = ask_for(party).location
    visitor.load(place)
    signed_in = visitor.press(username="bob@example.com", password="correct horse")
    visitor.client.get(signed_in.location)

    assert stored(AuthorizationRequestRow)[0].decided is not None
    assert visitor.load(place).status_code == 200
    assert "You already answered" in visitor.text


@requirement("WG1-02-8.3-03")
@judged_before_storage
@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({}, {"scope": "usage_data"}),
        ({}, {"scope": "usage_data account_list supply_details"}),
        ({}, {"authorization_details": '[{"type":"usage_data","segment_start":"P5Y"}]'}),
        ({}, {"authorization_details": '[{"type":"usage_data","include_accounts":true}]'}),
        ({"status": "active"}, {}),
        ({"status": "closed"}, {}),
        ({"expires": FakeClock().now()}, {}),
        ({}, {"cds_grant_id": "another"}),
    ],
)
def test_a_grant_that_does_not_fit_is_refused_before_sign_in(waiting, ask_for, stored, fields, changes):
    """By the scope, by the details, by its status: the Client is told, and no page is shown."""
    party = waiting(**fields)

    answer = told(ask_for(party, **changes))

    assert (answer["error"], answer["state"]) == ("cds_grant_id_invalid_value", "second")
    assert stored(AuthorizationRequestRow) == []


def test_a_grant_of_another_client_object_is_refused(waiting, ask_for, client):
    """Known to its own registration only."""
    waiting()
    stranger = register(client)

    assert told(ask_for(stranger))["error"] == "cds_grant_id_invalid_value"


@requirement("WG1-02-8.3-04")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "openid"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "invalid_request"),
        ({"authorization_details": '[{"type":"usage_data","segment_start":"P9Y"}]'}, "invalid_authorization_details"),
    ],
)
@judged_before_storage
def test_every_other_fault_is_told_first(waiting, ask_for, changes, error):
    """Even when the Grant does not fit either."""
    assert told(ask_for(waiting(status="closed"), **changes))["error"] == error


@pytest.mark.parametrize("ends", ["patch", "close"])
def test_a_grant_that_changed_meanwhile_is_not_approved(waiting, ask_for, visitor, clock, ends):
    """The form showed something else than what it lists now."""
    party = waiting()
    visitor.load(ask_for(party).location)
    visitor.sign_in()
    clock.advance(seconds=1)
    body = {"scope": "usage_data account_list supply_details"} if ends == "patch" else {"status": "closed"}
    changed = party.http.patch("/grants/waiting", json=body, headers=party.bearer).json

    answer = told(visitor.press("approve", tick=(("s2", "a1"),)))

    assert answer["error"] == "cds_grant_id_invalid_value"
    assert grant_of(party) == changed


def test_details_may_ask_for_less_and_say_what_to_tick(waiting, ask_for, visitor, stored):
    """A request is within what the Grant waits for."""
    party = waiting()
    text = '[{"type":"usage_data","contract_numbers":["C-shop0003"],"segment_start":"2026-02-01T00:00:00Z"}]'
    visitor.load(ask_for(party, scope="account_list", authorization_details=text).location)
    visitor.sign_in()

    told(visitor.press("approve", tick=(("s2", "a1"),)))

    (row,) = stored(GrantRow)
    assert row.authorization_details[0]["segment_start"] == "2026-02-01T00:00:00Z"
    assert row.selections[0]["ids"] == ["shop0003"]


@requirement("WG1-02-8.3-07")
@pytest.mark.parametrize("push", [False, True])
def test_prompt_login_asks_for_a_new_sign_in(waiting, ask_for, visitor, clock, push):
    """Although somebody is signed in."""
    party = waiting()
    visitor.load(ask_for(party).location)
    visitor.sign_in()
    clock.advance(seconds=1)

    visitor.load(ask_for(party, prompt="login", push=push).location)

    assert [name for name, _ in visitor.form().sends if name == "password"]


def test_a_customer_is_told_what_can_be_read_and_not_what_is_waited_for(waiting, visitor):
    """Nothing that was not agreed to looks as if it were shared."""
    waiting()
    visitor.load("/sign-in?next=/my-data/waiting")
    visitor.sign_in()

    assert "can read 1 kind of your data" in visitor.text
    assert "Sharing now" in visitor.text
