"""A Customer pauses a Grant, lets it go on, shares less, and shares for longer; each holds at the very next call."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cdsc_server import exact_json
from cdsc_server.exact_json import instant
from cdsc_server.services import late_data, loading, server_grants
from cdsc_server.services.grant_reads import Read, fold_hours, note_reads
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from cdsc_server.storage.messages import MessageRow
from cdsc_server.storage.outbox import OutboxRow
from tests.factories import access, people
from tests.support import requirement

ALL = {"contract_numbers": ["_all"]}
TOKEN = {"Authorization": "Bearer live"}


@pytest.fixture
def settings(settings):
    """Nothing is sent here, so nobody has to listen."""
    return replace(settings, mail_url="smtp://127.0.0.1:1?starttls=no", mail_from="no-reply@dge.example")


@pytest.fixture
def shared(app, ask, visitor, stored, clock):
    """Ada shares use and supply details of three shops, and her Client has a token for it; gives the Grant's id."""
    visitor.load(f"/consent/{ask(('usage_data', {**ALL, 'segment_start': 'P1Y'}), ('supply_details', ALL))}")
    with app.app_context(), transaction() as session:
        session.get_one(CustomerRow, "ada").email = "ada@ada.example"
    visitor.sign_in()
    visitor.press("approve")
    (grant,) = stored(GrantRow)
    with app.app_context(), transaction() as session:
        access.add_token(session, grant.grant_id, grant.scope, at=clock.now(), token="live")
    return grant.grant_id


@pytest.fixture
def contracts(client):
    """What the Client reads: the status of the answer, and the contracts in it."""

    def read():
        answer = client.get("/cds/service_contracts", headers=TOKEN)
        found = answer.json.get("service_contracts", [])
        return answer.status_code, sorted(each["cds_servicecontract_id"] for each in found)

    return read


@pytest.fixture
def press(shared, visitor):
    """Opens the page of the Grant and presses a button there; gives where it leads."""

    def presses(do, **more):
        visitor.load(f"/my-data/{shared}")
        return visitor.press(do, **more)

    return presses


@pytest.fixture
def subjects(stored, ports):
    """Subjects of the mails that wait, the oldest first."""

    def read():
        rows = sorted(stored(OutboxRow), key=lambda row: row.created)
        return [
            exact_json.loads(ports.keys.open(row.sealed, context="mail" + row.outbox_id))["subject"] for row in rows
        ]

    return read


EVERY = ["shop0001", "shop0002", "shop0003"]
LATER = datetime(2026, 3, 1, 13, tzinfo=UTC)


@requirement("WG1-02-8.2-13")
def test_a_pause_holds_at_the_very_next_call(press, contracts, stored, visitor, clock):
    before = contracts()
    clock.advance(seconds=1)
    answer = press("pause")

    assert (before, contracts()) == ((200, EVERY), (401, []))
    (grant,) = stored(GrantRow)
    assert (grant.status, grant.status_before, grant.paused) == ("suspended", "active", True)
    visitor.load(answer.location)
    assert "You paused it. Nothing can be read until you let it go on." in visitor.text


def test_a_pause_ends_when_its_customer_says_so(press, contracts, stored, subjects, clock):
    press("pause")
    clock.advance(seconds=1)
    press("go-on")

    assert contracts() == (200, EVERY)
    (grant,) = stored(GrantRow)
    assert (grant.status, grant.paused) == ("active", False)
    assert subjects()[1:] == [
        "Kestrel Carbon cannot read your data while you pause",
        "Kestrel Carbon can read your data again",
    ]


def test_the_client_is_told_who_paused_it(press, stored):
    press("pause")

    told = [row.description for row in stored(MessageRow)]
    assert any("is suspended. Its Customer paused it." in each for each in told)


def test_what_an_operator_suspended_stays_so(app, shared, visitor, contracts, stored):
    with app.app_context(), transaction() as session:
        server_grants.suspend(session, session.get_one(GrantRow, shared), now=LATER)
    page = visitor.load(f"/my-data/{shared}").get_data(as_text=True)
    token = visitor.form().values("form_token")[0]
    visitor.client.post(f"/my-data/{shared}", data={"do": "go-on", "form_token": token})

    assert "We paused it" in page
    assert 'value="go-on"' not in page
    assert contracts() == (401, [])
    assert stored(GrantRow)[0].status == "suspended"


def test_an_operator_may_hold_what_is_paused(app, press, visitor, contracts, stored):
    """Then its Customer alone cannot let it go on any more."""
    press("pause")
    shared = stored(GrantRow)[0].grant_id
    with app.app_context(), transaction() as session:
        server_grants.suspend(session, session.get_one(GrantRow, shared), now=LATER)
    token = visitor.form().values("form_token")[0]
    visitor.client.post(f"/my-data/{shared}", data={"do": "go-on", "form_token": token})

    (grant,) = stored(GrantRow)
    assert (grant.status, grant.status_before, grant.paused) == ("suspended", "active", False)
    assert contracts() == (401, [])


def test_less_is_shared_at_the_very_next_call(press, contracts, stored, subjects, visitor):
    """A shop less in both parts, and the other part until a day."""
    answer = press("less", untick=(("p0", "shop0001"), ("p1", "shop0001")), p0_end="2026-03-05", p0_start="2026-01-01")

    assert contracts() == (200, EVERY[1:])
    (grant,) = stored(GrantRow)
    usage = grant.enabled_authorization_details[0]
    assert grant.enabled_authorization_details == grant.authorization_details
    assert (usage["segment_start"], usage["segment_end"]) == ("2026-01-01T05:00:00Z", "2026-03-06T05:00:00Z")
    assert [each["ids"] for each in grant.selections] == [EVERY[1:], EVERY[1:]]
    assert subjects()[1:] == ["You share less with Kestrel Carbon"]
    visitor.load(answer.location)
    assert "From 1 January 2026 until 6 March 2026." in visitor.text
    assert "Shop 0001" not in visitor.text


def test_a_part_can_be_left_out(press, stored):
    press("less", tick=(("leave_out", "0"),))

    (grant,) = stored(GrantRow)
    assert (grant.scope, grant.enabled_scope) == ("supply_details", "supply_details")
    assert len(grant.authorization_details) == len(grant.selections) == 1


def test_a_form_sent_as_it_was_loaded_changes_nothing(press, stored, subjects):
    before = stored(GrantRow)[0].modified
    answer = press("less")

    assert "done" not in answer.location
    assert stored(GrantRow)[0].modified == before
    assert len(subjects()) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"leave_out": ["0", "1"]},
        {"p0": [], "p1": []},
        {"p0-start": "2026-02-02", "p0-end": "2026-02-01", "p0": EVERY},
        {"p0-end": "soon", "p0": EVERY},
    ],
)
def test_nothing_changes_when_nothing_sensible_would_be_left(shared, visitor, stored, contracts, sent):
    visitor.load(f"/my-data/{shared}")
    token = visitor.form().values("form_token")[0]
    before = stored(GrantRow)[0].modified
    answer = visitor.client.post(
        f"/my-data/{shared}", data={"do": "less", "form_token": token, "part": ["0", "1"], **sent}
    )

    assert answer.status_code == 400
    assert "Nothing" in answer.get_data(as_text=True)
    assert stored(GrantRow)[0].modified == before
    assert contracts() == (200, EVERY)


@pytest.fixture
def late(app, catalogue, clock, shared):
    """The Grant waits for use, the first of its two parts, and opens the other one."""
    common = {"actor": "test", "catalogue": catalogue, "clock": clock}
    with app.app_context():
        for scope in ("usage_data", "supply_details"):
            late_data.announce("ada", scope, clock.now() + timedelta(days=19), **common)
        with transaction() as session:
            row = session.get_one(GrantRow, shared)
            row.status = "active"
            loading.wait_for(session, row)
        late_data.arrived("ada", "supply_details", **common)

    def arrives():
        with app.app_context():
            late_data.arrived("ada", "usage_data", **common)

    return arrives


def kept(stored):
    """What a Grant opens, and what it waits for: each with the number of things ticked."""
    (grant,) = stored(GrantRow)
    works = zip(grant.enabled_authorization_details, grant.selections, strict=True)
    return (
        grant.status,
        [(entry["type"], len(selection["ids"])) for entry, selection in works],
        [(each["entry"]["type"], len(each["selection"]["ids"])) for each in grant.loading or ()],
    )


def test_what_is_waited_for_is_told_and_can_be_lessened(press, late, stored, visitor, shared):
    """It opens what is left once it is there, and nothing sooner."""
    visitor.load(f"/my-data/{shared}")
    assert "Still to come: Energy use. We expect it on 20 March 2026." in visitor.text
    assert kept(stored) == ("pending", [("supply_details", 3)], [("usage_data", 3)])
    press("less", untick=(("p0", "shop0002"), ("p1", "shop0001")))

    assert kept(stored) == ("pending", [("supply_details", 2)], [("usage_data", 2)])
    late()
    assert kept(stored) == ("active", [("usage_data", 2), ("supply_details", 2)], [])


def test_leaving_out_all_that_is_waited_for_ends_the_wait(press, late, stored, subjects):
    press("less", tick=(("leave_out", "0"),))

    assert kept(stored) == ("active", [("supply_details", 3)], [])
    (grant,) = stored(GrantRow)
    assert (grant.scope, grant.enabled_scope, grant.eta) == ("supply_details", "supply_details", None)
    assert subjects()[-1] == "You share less with Kestrel Carbon"


def test_leaving_out_what_is_there_goes_on_waiting_for_the_rest(press, late, stored, visitor):
    press("less", tick=(("leave_out", "1"),))
    visitor.load("/my-data")

    assert kept(stored) == ("pending", [], [("usage_data", 3)])
    assert "Energy use, for 3 services. Still to come: Energy use." in visitor.text


def test_what_is_waited_for_can_not_be_added_to(late, shared, visitor, stored):
    visitor.load(f"/my-data/{shared}")
    before = kept(stored)
    visitor.press("less", tick=(("p0", "nobodys"), ("p0", "shop0009")))

    assert kept(stored) == before


def test_nothing_can_be_added_by_sharing_less(app, shared, visitor, stored, contracts):
    """A shop that is not shared, more days, and a part there is none of."""
    with app.app_context(), transaction() as session:
        row = session.get_one(GrantRow, shared)
        row.selections = [{**each, "ids": EVERY[:1]} for each in row.selections]
    visitor.load(f"/my-data/{shared}")
    token = visitor.form().values("form_token")[0]
    before = stored(GrantRow)[0].authorization_details
    boxes = {"p0": EVERY, "p1": EVERY, "p7": EVERY, "p0-start": "2001-01-01", "p0-future": "on"}
    sent = {"part": ["0", "1", "7"], **boxes}
    visitor.client.post(f"/my-data/{shared}", data={"do": "less", "form_token": token, **sent})

    assert contracts() == (200, EVERY[:1])
    assert stored(GrantRow)[0].authorization_details == before
    assert [each["include_future"] for each in stored(GrantRow)[0].selections] == [False, False]


@pytest.fixture
def asks_for_longer(app, shared, clock):
    """The Client of the Grant asks for other days of use, and for whatever else `fields` say."""

    def asks(**fields):
        with app.app_context(), transaction() as session:
            row = session.get_one(GrantRow, shared)
            usage, supply = row.authorization_details
            row.authorization_details = [{**usage, "segment_start": "2020-01-01T05:00:00Z", **fields}, supply]
            row.status = "needs_authorization"
        clock.advance(seconds=1)

    return asks


def test_another_time_is_shared_when_the_customer_says_so(asks_for_longer, press, stored, visitor, subjects):
    asks_for_longer()
    answer = press("longer")

    (grant,) = stored(GrantRow)
    assert grant.status == "active"
    assert grant.enabled_authorization_details == grant.authorization_details
    assert grant.enabled_authorization_details[0]["segment_start"] == "2020-01-01T05:00:00Z"
    assert len(grant.receipt_confirmations) == len(stored(ReceiptRow)) == 2
    newest = max(stored(ReceiptRow), key=lambda row: row.created).form
    assert newest["sections"][0]["periods"][0]["says"] == "From 1 January 2020 until you stop it."
    assert [each["id"] for each in newest["sections"][0]["items"]] == EVERY
    visitor.load(answer.location)
    assert "You share for the new time from now on." in visitor.text
    assert subjects()[-1].startswith("You share data with Kestrel Carbon: ")


def test_who_asks_for_more_than_time_has_to_ask_on_the_form(asks_for_longer, shared, visitor, stored):
    asks_for_longer(include_meter_numbers=not stored(GrantRow)[0].authorization_details[0]["include_meter_numbers"])
    before = stored(GrantRow)[0]
    page = visitor.load(f"/my-data/{shared}").get_data(as_text=True)
    token = visitor.form().values("form_token")[0]
    visitor.client.post(f"/my-data/{shared}", data={"do": "longer", "form_token": token})

    (after,) = stored(GrantRow)
    assert "asks for another time" not in page
    assert after.enabled_authorization_details == before.enabled_authorization_details
    assert len(after.receipt_confirmations) == 1


@pytest.fixture
def as_bo(app, shared, visitor, clock):
    """Somebody else signs in; gives the secret of the forms."""
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), customer_id="bo", contracts=1)
    visitor.load("/sign-in")
    visitor.sign_in("bo@example.com")
    return visitor.form().values("form_token")[0]


@pytest.mark.parametrize("do", ["pause", "go-on", "less", "longer"])
def test_somebody_else_changes_nothing(shared, as_bo, visitor, stored, do):
    before = stored(GrantRow)[0].modified
    sent = {"do": do, "form_token": as_bo, "part": "0", "leave_out": "0"}
    answer = visitor.client.post(f"/my-data/{shared}", data=sent)

    assert answer.status_code == 404
    assert (stored(GrantRow)[0].modified, stored(GrantRow)[0].status) == (before, "active")


def test_all_that_was_read_can_be_taken_along(shared, client, visitor, clock):
    client.get("/cds/service_contracts", headers=TOKEN).close()
    visitor.load(f"/my-data/{shared}/reads.csv")

    hour = clock.now().replace(minute=0, second=0, microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")
    head, line = visitor.text.splitlines()
    assert head == "span,from,listing,answers,objects,earliest,latest,last"
    assert line.startswith(f"hour,{hour},service_contracts,1,3,,,")
    assert visitor.page.mimetype == "text/csv"


def test_what_was_read_long_ago_is_told_by_the_day(app, shared, visitor, clock, catalogue):
    """From the first hour in which something was read to the last read."""
    at = clock.now()
    with app.app_context():
        for hours in (0, 2):
            note_reads(shared, [Read("accounts", 3)], at=at + timedelta(hours=hours))
        clock.advance(days=100)
        fold_hours(days=92, zone=catalogue.utility.timezone, clock=clock)
    visitor.load("/sign-in")
    visitor.sign_in()
    visitor.load(f"/my-data/{shared}/reads.csv")

    first, last = (instant(each) for each in (at.replace(minute=0, second=0), at + timedelta(hours=2)))
    assert visitor.text.splitlines()[1:] == [f"day,{first},accounts,2,6,,,{last}"]
    visitor.load(f"/my-data/{shared}")
    assert "It last read on 1 March 2026, 9:00." in visitor.text


def test_what_was_read_is_plotted_and_told(shared, client, visitor):
    client.get("/cds/service_contracts", headers=TOKEN).close()
    visitor.load(f"/my-data/{shared}")

    assert 'aria-label="Read once a day at most, on 1 of the past 30 days; the first was 1 March 2026"' in visitor.text
    assert visitor.text.count('<rect class="p1"') == 30
    assert "3 services" in visitor.text


def test_the_log_of_somebody_else_is_not_there(shared, as_bo, visitor):
    assert visitor.load(f"/my-data/{shared}/reads.csv").status_code == 404
