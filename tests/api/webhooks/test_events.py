"""What happens is told in the transaction in which it happens; data by a look at what was written since."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from cdsc_server import exact_json
from cdsc_server.domain.grants import GrantStatus, Selection
from cdsc_server.services import server_grants, webhook_events
from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.services.provisioning.applying import Record, apply_records
from cdsc_server.services.webhook_sending import CLAIM
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.usage_blocks import put_readings
from tests.api.webhooks.conftest import asked
from tests.factories import access, customer_data, tariffs
from tests.factories.supply_mixes import supply_mix
from tests.support.oauth import judged_before_storage
from tests.support.waiting import SECONDS

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


@pytest.fixture
def look(app, clock):
    """Does what the worker does each minute; gives how many calls that makes."""

    def look():
        with app.app_context():
            return webhook_events.tell_of_arrivals(catalogue=app.extensions["cdsc"].catalogue, clock=clock)

    return look


def test_new_data_is_told_once_for_each_grant_it_belongs_to(*, app, hook, send, granted, look, write):
    """However often it was written since the last look; what changes nothing is no news."""

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


def test_new_objects_are_told_too(app, hook, send, granted, look):
    with app.app_context(), transaction() as session:
        owner = str(session.get_one(GrantRow, granted).customer_id)
        session.add(customer_data.account("another", owner))
    look()
    send()

    assert [each["type"] for each in hook.receiver.events()] == ["data.arrived"]


@pytest.fixture
def agreed(app, approve, clock):
    """Has Ada agree to a scope for her house; gives the id of the Grant."""
    catalogue = app.extensions["cdsc"].catalogue
    house = Selection("service_contract_selection", frozenset({"house"}))

    def agreed(scope, **values):
        details, selection = access.entry(catalogue, scope, house, at=clock.now(), **values)
        return approve(scopes=(scope,), enabled_authorization_details=[details], selections=[selection]).grant_id

    return agreed


@pytest.fixture
def hand_in(app, clock):
    """Hands in records as a program does."""

    def hand_in(kind, *bodies):
        context = app.extensions["cdsc"]
        with app.app_context():
            records = [Record(kind, each) for each in bodies]
            apply_records(records, subject="test", actor="office", catalogue=context.catalogue, clock=clock)

    return hand_in


PLACE = {"external_installation_id": "SP-house-sp", "postal_code": "1", "country_code": "BE", "grid_region": "NORTH"}
GRID = {"attribution": "base", "external_tariff_id": None}


def test_a_corrected_tariff_or_mix_is_told_to_who_may_see_it(*, app, hook, look, agreed, hand_in, outbox, clock):
    """Nobody hears of what their Grant does not open, nor of what came after it froze, nor of the same once more."""

    def told_of(kind, *bodies):
        before = {row.outbox_id for row in outbox()}
        hand_in(kind, *bodies)
        look()
        return {exact_json.loads(row.body)["data"]["grant_id"] for row in outbox() if row.outbox_id not in before}

    usage = agreed("usage_data", include_usage_segment_value_types=["electric_usage"])
    costs = agreed("usage_data", include_usage_segment_value_types=["electric_usage", "cost"])
    mixes = agreed("generation_mix")
    frozen = agreed("generation_mix", sync_until=clock.now().isoformat())
    with app.app_context(), transaction() as session:
        home = (customer_data.account("home"), customer_data.contract("house", "home"))
        session.add_all([*home, customer_data.service_point("house-sp"), customer_data.served("house-sp", "house")])
    everybody = {usage, costs, mixes, frozen}
    assert told_of("installation", PLACE) == everybody
    clock.advance(hours=1)
    with app.app_context():
        import_tariffs(tariffs.document(tariffs.tariff(), assignments=[tariffs.on("C-house")]), clock=clock)

    # That her house is on a tariff; nobody is on this one.
    assert told_of("tariff", tariffs.tariff("T-2")) == {costs}
    assert told_of("supply_mix", supply_mix(), supply_mix("SOUTH", grid_region="SOUTH", **GRID)) == {mixes}
    clock.advance(hours=1)
    assert told_of("tariff", tariffs.tariff("T-1", tariffs.flat("0.5"))) == {costs, mixes}
    assert told_of("tariff", tariffs.tariff("T-1", tariffs.flat("0.5"))) == set()
    assert told_of("supply_mix", supply_mix(of={"wind": "1"})) == {mixes}
    assert told_of("supply_mix", supply_mix("SOUTH", of={"wind": "1"}, grid_region="SOUTH", **GRID)) == set()
    assert told_of("supply_mix", supply_mix("NORTH", grid_region="NORTH", **GRID)) == {mixes}
    assert told_of("supply_mix", supply_mix("NONE", **GRID)) == set()


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
    assert worker.wait(SECONDS) == -signal.SIGKILL
    hook.receiver.answer = lambda _: None
    before = len(told())
    clock.set(datetime.now(UTC) + CLAIM)
    send()

    assert 40 <= before < 100
    assert {each["data"]["grant_id"] for each in told()} == {f"g{n}" for n in range(100)}
    ids = {each.headers["webhook-id"] for each in hook.receiver.calls if each.event in told()}
    assert len(ids) == 100
