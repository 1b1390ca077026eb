"""“News”: what happened with a Customer's data, and which mails of it the Customer wants."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cdsc_server.services import clean_up, news
from cdsc_server.services.grant_reads import Read, note_reads
from cdsc_server.services.mails import Mailing
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.news import NewsRow
from cdsc_server.storage.outbox import OutboxRow
from cdsc_server.web.context import mailing

ALL = {"contract_numbers": ["_all"]}


@pytest.fixture
def settings(settings):
    """Nothing is sent here, so nobody has to listen."""
    return replace(settings, mail_url="smtp://127.0.0.1:1?starttls=no", mail_from="no-reply@dge.example")


@pytest.fixture
def shared(app, ask, visitor, stored):
    """Ada shares usage; gives the Grant's id."""
    visitor.load(f"/consent/{ask(('usage_data', {**ALL, 'segment_start': 'P1Y'}))}")
    with app.app_context(), transaction() as session:
        session.get_one(CustomerRow, "ada").email = "ada@ada.example"
    visitor.sign_in()
    visitor.press("approve")
    (grant,) = stored(GrantRow)
    return grant.grant_id


@pytest.fixture
def look_at_time(app, settings, ports, clock):
    """Do the worker's work once; gives how many Customers were told of what."""
    mailing = Mailing(app.extensions["cdsc"].catalogue.utility, settings, ports.keys)

    def looks():
        with app.app_context():
            began = news.tell_of_first_reads(mailing=mailing, clock=clock)
            return began, news.tell_of_ends(days=14, mailing=mailing, clock=clock)

    return looks


@pytest.fixture
def mails(stored):
    """Kinds of the mails that wait."""
    return lambda: sorted(row.kind for row in stored(OutboxRow) if row.channel == "mail")


def token_of(visitor):
    """What proves that a form comes from the page that is open."""
    return next(form.values("form_token")[0] for form in map(visitor.form, range(3)) if form.values("form_token"))


def test_what_a_customer_does_stands_there_and_is_new_once(shared, visitor):
    visitor.load(f"/my-data/{shared}")
    visitor.press("stop")
    first = visitor.load("/my-data/news").text
    again = visitor.load("/my-data/news").text

    assert "can no longer read your data" in first
    assert "You let " in first
    assert f'href="/my-data/{shared}"' in first
    assert (first.count("chip-info"), again.count("chip-info")) == (2, 0)


def test_news_of_others_are_not_shown(app, shared, client, stored):
    """Nobody is shown any who has not signed in."""
    assert client.application.test_client().get("/my-data/news").status_code == 303
    assert {row.customer_key for row in stored(NewsRow)} == {row.customer_key for row in stored(CustomerRow)}


def test_an_app_that_begins_to_read_is_told_of_once(*, app, shared, look_at_time, mails, stored, clock):
    assert look_at_time() == (0, 0)
    with app.app_context():
        note_reads(shared, [Read("usage_segments", 1, clock.now(), clock.now())], at=clock.now())
    assert look_at_time() == (1, 0)
    clock.advance(hours=1)
    with app.app_context():
        note_reads(shared, [Read("usage_segments", 1, clock.now(), clock.now())], at=clock.now())

    assert look_at_time() == (0, 0)
    assert mails() == ["began", "receipt"]
    assert sorted(row.kind for row in stored(NewsRow)) == ["agreed", "began"]


def test_an_end_is_told_of_two_weeks_before_and_once(app, shared, look_at_time, mails, clock):
    with app.app_context(), transaction() as session:
        session.get_one(GrantRow, shared).expires = clock.now() + timedelta(days=15)
    assert look_at_time() == (0, 0)
    clock.advance(days=1)

    assert look_at_time() == (0, 1)
    assert look_at_time() == (0, 0)
    assert mails() == ["ends_soon", "receipt"]


@pytest.mark.parametrize(("wanted", "told"), [(["expired"], ["expired", "receipt"]), ([], ["receipt"])])
def test_an_end_in_time_is_told_of_once(*, app, shared, mails, visitor, clock, wanted, told):
    """By mail to whom it is welcome, under “News” to everybody."""
    visitor.load("/my-data/news")
    visitor.client.post("/my-data/news", data={"form_token": token_of(visitor), "mail": wanted})
    with app.app_context():
        with transaction() as session:
            session.get_one(GrantRow, shared).expires = clock.now() + timedelta(minutes=5)
        clock.advance(minutes=5)
        assert [clean_up.expire_grants(mailing=mailing(), clock=clock) for _ in range(2)] == [1, 0]

    assert mails() == told
    assert visitor.load("/my-data/news").text.count("the time you agreed to is over") == 1


def test_who_wants_no_such_mail_gets_none_but_finds_it_there(*, app, shared, look_at_time, mails, visitor, clock):
    visitor.load("/my-data/news")
    assert visitor.text.count(" checked") == 5
    token = token_of(visitor)
    sent = {"form_token": token, "mail": ["ends_soon"]}
    assert visitor.client.post("/my-data/news", data=sent).status_code == 303
    with app.app_context():
        note_reads(shared, [Read("usage_segments", 1, clock.now(), clock.now())], at=clock.now())
    assert look_at_time() == (1, 0)

    assert mails() == ["receipt"]
    assert "has begun to read your data" in visitor.load("/my-data/news").text


def test_mails_of_what_was_done_in_the_customers_name_cannot_be_turned_off(shared, visitor, mails):
    visitor.load("/my-data/news")
    token = token_of(visitor)
    visitor.client.post("/my-data/news", data={"form_token": token})
    visitor.load(f"/my-data/{shared}")
    visitor.press("stop")

    assert mails() == ["receipt", "revoked"]
