"""What happens is told in the transaction in which it happens; data by a look at what was written since."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from cdsc_server.domain.grants import GrantStatus
from cdsc_server.services import server_grants, webhook_events
from cdsc_server.services.webhook_sending import CLAIM
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.usage_blocks import put_readings
from tests.api.webhooks.conftest import asked
from tests.factories import customer_data
from tests.support.oauth import judged_before_storage

START = datetime(2026, 1, 31, 23, tzinfo=UTC)


@pytest.fixture
def granted(approval):
    """Id of a Grant of the Client."""
    return approval.grant_id


def test_a_client_is_told_of_its_grants_and_messages(app, hook, send, granted, clock):
    """A Message comes with each change of a Grant, and its event with it."""
    with app.app_context():
        server_grants.set_status(granted, GrantStatus.SUSPENDED, clock=clock)
        server_grants.set_status(granted, GrantStatus.ACTIVE, clock=clock)
        server_grants.set_status(granted, GrantStatus.DISABLED, clock=clock)
    send()

    told = [each for each in hook.receiver.events() if each["type"] != "message.added"]
    assert sorted(each["type"] for each in told) == ["grant.changed", "grant.disabled", "grant.suspended"]
    assert {each["data"]["grant_id"] for each in told} == {granted}
    messages = [each["data"] for each in hook.receiver.events("message.added")]
    assert len(messages) == 3
    assert asked(hook.party, "GET", messages[0]["uri"]).json["message_id"] == messages[0]["message_id"]


def test_a_change_that_is_undone_is_not_told(app, hook, send, granted, clock):
    def undone():
        with app.app_context(), transaction() as session:
            row = session.get_one(GrantRow, granted)
            server_grants.change_status(session, row, GrantStatus.DISABLED, now=clock.now())
            session.flush()
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        undone()

    assert (send(), hook.receiver.events()) == (0, [])


@pytest.fixture
def write(app, clock):
    """Write an hour of usage of a Customer."""

    def writes(customer_id, value="1.5"):
        with app.app_context(), transaction() as session:
            row = customer_data.series(session, f"{customer_id}-meter", customer_id)
            put_readings(session, row, customer_data.Readings.written(START, 3600, [value]), at=clock.now())

    return writes


def test_new_data_is_told_once_for_each_grant_it_belongs_to(*, app, hook, send, granted, clock, write):
    """However often it was written since the last look; what changes nothing is no news."""

    def look():
        with app.app_context():
            return webhook_events.tell_of_arrivals(clock=clock)

    with app.app_context(), transaction() as session:
        owner = str(session.get_one(GrantRow, granted).customer_id)
        session.add(customer_data.customer("stranger"))
    write(owner)
    write(owner, "2.5")
    write("stranger")

    assert look() == 1
    assert send() == 1
    write(owner, "2.5")
    assert look() == 0
    (event,) = hook.receiver.events()
    assert (event["type"], event["data"]["grant_id"]) == ("data.arrived", granted)
    assert set(event["data"]) == {"grant_id", "uri"}


def test_new_objects_are_told_too(app, hook, send, granted, clock):
    with app.app_context():
        with transaction() as session:
            owner = str(session.get_one(GrantRow, granted).customer_id)
            session.add(customer_data.account("another", owner))
        webhook_events.tell_of_arrivals(clock=clock)
    send()

    assert [each["type"] for each in hook.receiver.events()] == ["data.arrived"]


@pytest.mark.slow
@judged_before_storage
def test_a_worker_that_is_killed_in_the_middle_loses_nothing(*, hook, send, tell, clock, settings, tmp_path):
    """Some events come twice, with the same id; each comes at least once."""
    for n in range(100):
        tell(f"g{n}")
    variables = {
        "CDSC_DATABASE_URL": settings.database_url,
        "CDSC_KEY_FILE": settings.key_file,
        "CDSC_JOBS_URL": f"sqlite:///{tmp_path / 'jobs.sqlite'}",
        "CDSC_DEMO": "yes",
    }
    worker = subprocess.Popen([sys.executable, "-m", "cdsc_server.cli", "worker"], env={**os.environ, **variables})

    # Its timetable goes by the hour of the day, and may tell of Messages too.
    def told():
        return hook.receiver.events("grant.changed")

    def killing(_):
        # Several calls may arrive at once.
        if len(told()) >= 40:
            worker.send_signal(signal.SIGKILL)

    hook.receiver.answer = killing
    assert worker.wait(timeout=120) == -signal.SIGKILL
    hook.receiver.answer = lambda _: None
    before = len(told())
    clock.set(datetime.now(UTC) + CLAIM)
    send()

    assert 40 <= before < 100
    assert {each["data"]["grant_id"] for each in told()} == {f"g{n}" for n in range(100)}
    ids = {each.headers["webhook-id"] for each in hook.receiver.calls if each.event in told()}
    assert len(ids) == 100
