"""Who has my data."""

import re
from decimal import Decimal

import pytest

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.services.grant_reads import Read, note_reads
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import customer_data, people, provisioned
from tests.support import requirement

ALL = {"contract_numbers": ["_all"]}


@pytest.fixture
def shared(ask, visitor, stored):
    """Ada shares her energy use; gives the id of the Grant."""
    request_id = ask(("usage_data", ALL))
    visitor.load(f"/consent/{request_id}")
    visitor.sign_in()
    visitor.press("approve")
    return stored(GrantRow)[0].grant_id


@requirement("WG3-01-9.1.1-30")
def test_every_share_is_listed_with_its_receipt(shared, visitor):
    visitor.load("/my-data")
    assert "1 app can read your data now" in visitor.text
    assert "Energy use, for 3 services" in visitor.text
    assert "Has not read anything yet" in visitor.text
    visitor.load(f"/my-data/{shared}")

    assert "Shop 0003" in visitor.text
    assert "Receipt DGE-" in visitor.text


def test_the_last_read_is_told(app, shared, visitor, clock):
    with app.app_context():
        note_reads(shared, [Read("accounts", 1)], at=clock.now())
    visitor.load("/my-data")

    assert "Last read on 1 March 2026, 7:00" in visitor.text


@requirement("WG1-02-8.2-09")
def test_stopping_empties_the_grant(shared, visitor, stored):
    visitor.load(f"/my-data/{shared}")
    answer = visitor.press("stop")

    assert answer.location == f"/my-data/{shared}"
    (grant,) = stored(GrantRow)
    assert (grant.status, grant.enabled_scope, grant.enabled_authorization_details) == ("revoked", "", [])
    assert grant.authorization_details != []
    visitor.load("/my-data")
    assert "No longer sharing" in visitor.text
    assert "It never read anything" in visitor.text


def test_stopping_twice_changes_nothing(shared, visitor, stored, clock):
    visitor.load(f"/my-data/{shared}")
    visitor.press("stop")
    first = stored(GrantRow)[0].modified
    clock.advance(minutes=1)
    visitor.press("stop")

    assert stored(GrantRow)[0].modified == first


def test_somebody_else_finds_and_stops_nothing(app, clock, shared, visitor, stored):
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), customer_id="bo", contracts=1)
    visitor.load("/sign-in")
    visitor.sign_in("bo@example.com")
    assert "Nobody has your data" in visitor.text
    token = visitor.form().values("form_token")[0]
    answer = visitor.client.post(f"/my-data/{shared}", data={"do": "stop", "form_token": token})

    assert visitor.load(f"/my-data/{shared}").status_code == 404
    assert answer.status_code == 404
    assert stored(GrantRow)[0].status == "active"


def test_a_form_without_the_secret_of_the_page_stops_nothing(shared, visitor, stored):
    answer = visitor.client.post(f"/my-data/{shared}", data={"do": "stop"})

    assert answer.status_code == 403
    assert stored(GrantRow)[0].status == "active"


def test_nobody_sees_the_area_without_signing_in(client, stored):
    answer = client.get("/my-data")

    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/my-data"


def test_a_grant_whose_end_has_come_is_told_as_ended(app, shared, visitor, clock):
    with app.app_context(), transaction() as session:
        session.get(GrantRow, shared).expires = clock.now()
    visitor.load("/my-data")

    assert "No app can read your data now" in visitor.text
    assert '<span class="chip">Ended</span>' in visitor.text


def test_one_hundred_grants_take_as_many_statements_as_one(app, shared, visitor, clock):
    from sqlalchemy import event

    from cdsc_server.storage.db import db

    statements = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    visitor.load("/my-data")
    with_one = len(statements)
    with app.app_context(), transaction() as session:
        one = session.get(GrantRow, shared)
        plain = {column.name: getattr(one, column.name) for column in GrantRow.__table__.columns}
        for n in range(99):
            session.add(GrantRow(**{**plain, "grant_id": secret_hash(str(n))}))
    statements.clear()
    visitor.load("/my-data")

    assert visitor.text.count("<article") == 100
    assert len(statements) == with_one


def test_what_is_known_of_a_home_is_shown_to_who_lives_there_now(app, shared, visitor, clock):
    """In words; neither the home that was left, nor the one that comes, nor one of which only the address is known."""
    known = {"household_size": 3, "dwelling_type": "terraced", "solar_kwp": Decimal("4.80"), "pool": False}
    with app.app_context(), transaction() as session:
        for street, since, until, profile in (
            ("Rue Neuve", "2025-01-01T00:00:00Z", None, known),
            ("Rue Vieille", "2020-01-01T00:00:00Z", "2025-01-01T00:00:00Z", known),
            ("Rue Future", "2027-01-01T00:00:00Z", None, known),
            ("Rue Vide", "2025-01-01T00:00:00Z", None, {}),
        ):
            provisioned.stay(session, "ada", street, at=clock.now(), since=since, until=until, **profile)
        session.add(customer_data.customer("bob"))
        session.flush()
        provisioned.stay(session, "bob", "Rue Autre", at=clock.now(), since="2025-01-01T00:00:00Z", **known)
    visitor.load("/my-data")

    home = visitor.text.partition("What we know of your home")[2]
    assert "<bdi>Rue Neuve, 1003 Lausanne, CH</bdi>" in home
    facts = re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", home)
    assert facts == [
        ("People in your home", "3"),
        ("Kind of home", "house in a row"),
        ("Solar panels in kWp", "4.80"),
        ("Pool", "no"),
    ]


def test_nothing_is_said_of_a_home_of_which_nothing_is_known(shared, visitor):
    assert "What we know of your home" not in visitor.load("/my-data").text
