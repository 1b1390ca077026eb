"""Recurring work: what has ended goes, what lives stays, and running it twice changes nothing."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from cdsc_server.domain.grants import Selection
from cdsc_server.services import clean_up
from cdsc_server.storage.authorizations import TokenRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.web.context import mailing
from tests.factories import access, customer_data


@pytest.fixture(autouse=True)
def _in_app(app):
    with app.app_context():
        yield


def token(name, expires, now):
    return TokenRow(
        token_hash=name,
        kind="access",
        client_id="c",
        registration_id="r",
        scope="usage_data",
        issued=now,
        expires=expires,
    )


def kept():
    with reading() as session:
        return set(session.scalars(sa.select(TokenRow.token_hash)))


def test_only_what_ended_long_enough_ago_is_removed(clock):
    now = clock.now()
    with transaction() as session:
        session.add(token("long ended", now - clean_up.KEPT - timedelta(seconds=1), now))
        session.add(token("just ended", now - clean_up.KEPT + timedelta(hours=1), now))
        session.add(token("alive", now + timedelta(hours=1), now))
        session.add(token("as long as its grant", None, now))

    removed = clean_up.remove_ended(clock=clock)

    assert removed == 1
    assert kept() == {"just ended", "alive", "as long as its grant"}
    assert clean_up.remove_ended(clock=clock) == 0


def test_more_than_one_batch_is_removed_in_one_run(clock):
    ended = clock.now() - timedelta(days=2)
    with transaction() as session:
        session.add_all(token(f"t{n}", ended, ended) for n in range(clean_up.BATCH + 10))

    assert clean_up.remove_ended(clock=clock) == clean_up.BATCH + 10


def test_a_grant_whose_end_has_passed_is_marked_expired(clock):
    now = clock.now()
    with transaction() as session:
        session.add(customer_data.customer())
        session.flush()
        entries = [({"type": "usage_data"}, Selection("account_selection", frozenset()).to_stored())]
        for name, life in {"over": timedelta(minutes=5), "going on": timedelta(days=5)}.items():
            access.grant(session, entries, at=now, token=name, grant_id=name, expires=now + life)
    clock.advance(minutes=5)

    assert clean_up.expire_grants(mailing=mailing(), clock=clock) == 1

    with reading() as session:
        over, going_on = session.get(GrantRow, "over"), session.get(GrantRow, "going on")
    assert (over.status, over.enabled_scope, over.enabled_authorization_details) == ("expired", "", [])
    assert over.modified == clock.now()
    assert (going_on.status, going_on.enabled_scope) == ("active", "usage_data")
