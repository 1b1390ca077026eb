"""Grants whose data comes late: pending, opened part by part, settled at the end. CDS-WG3-01 6, CDS-WG1-02 8.2."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from cdsc_server import exact_json
from cdsc_server.cli_late import late
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import InvalidRequest, NotFound
from cdsc_server.services import late_data
from cdsc_server.services.granting import give
from cdsc_server.services.import_customers import import_customers
from cdsc_server.services.mails import Mailing
from cdsc_server.services.receipts import receipt_secret
from cdsc_server.storage.authorizations import TokenRow
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow, latest_receipt
from tests.api.customer_data.conftest import catalogue, get, home
from tests.factories import customer_documents
from tests.support import requirement

__all__ = ["catalogue", "get", "home"]

ETA = datetime(2026, 3, 20, 6, tzinfo=UTC)
SCOPES = ("supply_details", "usage_data")


@pytest.fixture
def waiting(app, catalogue, clock, home):
    """Tells what is late, or there; gives what the service gives."""
    common = {"actor": "test", "catalogue": catalogue, "clock": clock}

    def say(what, scope="usage_data", *more, customer_id="ada", **options):
        with app.app_context():
            return getattr(late_data, what)(customer_id, scope, *more, **options, **common)

    return say


@pytest.fixture
def agreed(app, party, catalogue, clock):
    """Has Ada agree to two scopes in one Grant, or to these entries, with a token for it; gives the Grant's id."""

    def agree(*entries):
        context = app.extensions["cdsc"]
        mailing = Mailing(catalogue.utility, context.settings, context.ports.keys)
        with app.app_context(), transaction() as session:
            client = session.get(ClientRow, party.app.client_id)
            grant_id = give(
                session,
                client,
                "",
                entries or [{"type": scope} for scope in SCOPES],
                customer_id="ada",
                catalogue=catalogue,
                mailing=mailing,
                now=clock.now(),
            )
            session.add(
                TokenRow(
                    token_hash=secret_hash("token"),
                    kind="access",
                    client_id=party.app.client_id,
                    registration_id=client.registration_id,
                    grant_id=grant_id,
                    scope=" ".join(SCOPES),
                    issued=clock.now(),
                    expires=clock.now() + timedelta(days=30),
                )
            )
        return grant_id

    return agree


@pytest.fixture
def grant(party):
    """A Grant as the Grants API shows it."""

    def shown(grant_id):
        token = party.token({"grant_type": "client_credentials"}, by=party.admin).json["access_token"]
        return party.http.get(f"/grants/{grant_id}", headers={"Authorization": f"Bearer {token}"}).json

    return shown


@requirement("WG3-01-6-06", "WG3-01-6-07", "WG3-01-6-08", "WG3-01-6-09", "WG3-01-6-02")
def test_a_grant_over_late_data_is_pending_and_opens_nothing(waiting, agreed, grant, get):
    waiting("announce", "usage_data", ETA)
    grant_id = agreed()

    shown = grant(grant_id)
    assert (shown["status"], shown["eta"]) == ("pending", "2026-03-20T06:00:00Z")
    assert (shown["enabled_scope"], shown["enabled_authorization_details"]) == ("", [])
    assert [entry["type"] for entry in shown["authorization_details"]] == list(SCOPES)
    get("/cds/service_contracts", status=403)
    get("/cds/usage_segments", status=403)


@pytest.fixture
def look(app, clock):
    """Does what the worker does every minute; gives how many Grants opened something."""

    def looked():
        with app.app_context():
            return late_data.open_what_is_there(clock=clock)

    return looked


@requirement("WG3-01-6-10")
def test_what_is_there_opens_before_the_rest(waiting, agreed, grant, get, look):
    """The data that is late stays shut."""
    waiting("announce", "usage_data", ETA)
    grant_id = agreed()
    assert [look(), look()] == [1, 0]

    shown = grant(grant_id)
    assert (shown["status"], shown["eta"]) == ("pending", "2026-03-20T06:00:00Z")
    assert shown["enabled_scope"] == "supply_details"
    assert shown["enabled_authorization_details"] == shown["authorization_details"][:1]
    assert len(get("/cds/service_contracts")["service_contracts"]) == 2
    get("/cds/usage_segments", status=403)


@requirement("WG3-01-6-12", "WG3-01-6-13")
def test_when_the_data_is_there_the_grant_is_what_was_agreed_to(waiting, agreed, grant, get):
    waiting("announce", "usage_data", ETA)
    grant_id = agreed()
    gone_on = waiting("arrived")

    shown = grant(grant_id)
    assert gone_on == [grant_id]
    assert (shown["status"], shown["eta"], shown["enabled_scope"]) == ("active", None, " ".join(SCOPES))
    assert shown["enabled_authorization_details"] == shown["authorization_details"]
    assert len(get("/cds/service_contracts")["service_contracts"]) == 2
    assert get("/cds/usage_segments")["usage_segments"] == []


@requirement("WG3-01-7.3.1-09")
def test_a_grant_that_froze_at_once_gets_what_its_source_had_by_then(app, waiting, agreed, get, clock):
    """The load ends after sync_until: the price plan of before is in it, and the plan of after is not."""
    instants = [clock.now(), clock.advance(days=1), clock.advance(days=1)]
    waiting("announce", "supply_details", ETA)
    agreed({"type": "supply_details", "sync_until": "PT0S", "include_rate_plans": True})
    clock.advance(days=2)
    for at, plan in ((instants[1], "E-2"), (clock.now(), "E-3")):
        contract = customer_documents.contract("C-house", account_number="A-home", rateplan_code=plan)
        customer = {"id": "ada", "name": "Ada", "service_contracts": [contract]}
        document = {"as_of": at.isoformat(), "customers": [customer]}
        with app.app_context():
            import_customers(exact_json.loads(exact_json.dumps(document)), clock=clock)
        clock.advance(hours=1)
    waiting("arrived", "supply_details")
    listed = get("/cds/service_contracts")["service_contracts"]

    (house,) = [each for each in listed if each["cds_servicecontract_id"] == "house"]
    assert (house["rateplan_code"], house["cds_synced"]) == ("E-2", f"{instants[1]:%Y-%m-%dT%H:%M:%SZ}")


@requirement("WG3-01-6-12", "WG3-01-6-13")
def test_data_that_never_comes_leaves_an_errored_grant(waiting, agreed, grant, get):
    """What it opens besides works."""
    waiting("announce", "usage_data", ETA)
    grant_id = agreed()
    waiting("arrived", complete=False)

    shown = grant(grant_id)
    assert (shown["status"], shown["eta"], shown["enabled_scope"]) == ("errored", None, "supply_details")
    assert shown["enabled_authorization_details"] == shown["authorization_details"][:1]
    assert len(get("/cds/service_contracts")["service_contracts"]) == 2
    get("/cds/usage_segments", status=403)


@requirement("WG3-01-6-11")
def test_another_estimate_moves_the_eta(waiting, agreed, grant, clock):
    """Of two things that are late the later one counts."""
    waiting("announce", "usage_data", ETA)
    waiting("announce", "supply_details", ETA - timedelta(days=1))
    grant_id = agreed()
    clock.advance(hours=1)
    waiting("announce", "usage_data", ETA + timedelta(days=3))

    later = grant(grant_id)
    waiting("arrived", "usage_data")
    sooner = grant(grant_id)
    assert (later["eta"], later["modified"]) == ("2026-03-23T06:00:00Z", sooner["modified"])
    assert (sooner["eta"], sooner["status"]) == ("2026-03-19T06:00:00Z", "pending")
    assert sooner["enabled_scope"] == "usage_data"


def test_a_grant_without_late_data_is_active_at_once(waiting, agreed, grant):
    """Late is what was said of this Customer and this scope, and nothing else."""
    waiting("announce", "generation_mix", ETA)
    waiting("announce", "usage_data", ETA, customer_id="bob")

    assert grant(agreed())["status"] == "active"


def test_what_was_open_stays_open_when_later_data_is_late(waiting, agreed, grant):
    grant_id = agreed()
    waiting("announce", "usage_data", ETA)

    assert (grant(grant_id)["status"], grant(grant_id)["enabled_scope"]) == ("active", " ".join(SCOPES))


def test_a_client_may_give_back_what_it_waits_for(waiting, agreed, grant, party, get):
    """Then nothing is left to wait for."""
    waiting("announce", "usage_data", ETA)
    grant_id = agreed()
    answer = party.http.patch(f"/grants/{grant_id}", json={"scope": "supply_details"}, headers=party.bearer)
    assert (answer.status_code, answer.json["status"], answer.json["enabled_scope"]) == (200, "pending", "")
    waiting("arrived")

    shown = grant(grant_id)
    assert (shown["status"], shown["scope"], shown["enabled_scope"]) == ("active", "supply_details", "supply_details")
    assert len(get("/cds/service_contracts")["service_contracts"]) == 2


@pytest.mark.parametrize("end", ["closed", "suspended"])
def test_a_grant_that_was_shut_meanwhile_stays_shut(app, waiting, agreed, grant, end):
    """A suspended one has what arrived the day it goes on."""
    waiting("announce", "usage_data", ETA)
    grant_id = agreed()
    with app.app_context(), transaction() as session:
        row = session.get(GrantRow, grant_id)
        row.status, row.status_before = end, "pending" if end == "suspended" else None
    waiting("arrived")

    assert (grant(grant_id)["status"], grant(grant_id)["enabled_scope"]) == (end, "")
    with app.app_context(), reading() as session:
        row = session.get(GrantRow, grant_id)
    assert row.status_before == ("active" if end == "suspended" else None)
    assert row.enabled_scope == (" ".join(SCOPES) if end == "suspended" else "")


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (("announce", "nothing", ETA), InvalidRequest),
        (("announce", "cds_client_admin", ETA), InvalidRequest),
        (("announce", "usage_data", datetime(2026, 1, 1, tzinfo=UTC)), InvalidRequest),
        (("arrived", "supply_details"), NotFound),
    ],
)
def test_what_makes_no_sense_changes_nothing(app, waiting, said, refusal):
    waiting("announce", "usage_data", ETA)
    with pytest.raises(refusal):
        waiting(*said)

    with app.app_context():
        assert [(row.customer_id, row.scope, row.eta) for row in late_data.list_late()] == [("ada", "usage_data", ETA)]


def test_the_receipt_says_when_the_data_is_expected(app, waiting, agreed, client, ports):
    """In the Customer's days, and only while it is late."""
    waiting("announce", "usage_data", ETA)
    grant_id = agreed()
    with app.app_context(), reading() as session:
        secret = receipt_secret(latest_receipt(session, grant_id), keys=ports.keys)
    before = client.get(f"/receipt/{secret}").get_data(as_text=True)
    waiting("arrived")
    after = client.get(f"/receipt/{secret}").get_data(as_text=True)

    assert "We expect it on 20 March 2026." in before
    assert "We expect it" not in after


@pytest.mark.usefixtures("home")
def test_an_importer_tells_it_on_a_terminal(settings, monkeypatch, agreed, grant):
    for name in ("database_url", "key_file", "blob_dir", "base_url"):
        monkeypatch.setenv(f"CDSC_{name.upper()}", getattr(settings, name))

    def cdsc(*arguments):
        return CliRunner().invoke(late, arguments, catch_exceptions=False).output

    assert cdsc("list") == "Nothing is late.\n"
    cdsc("announce", "ada", "usage_data", "2099-03-20T06:00:00Z")
    grant_id = agreed()
    assert cdsc("list") == "ada  usage_data  2099-03-20T06:00:00Z\n"
    assert grant(grant_id)["status"] == "pending"
    assert cdsc("arrived", "ada", "usage_data") == "1 Grants went on.\n"
    assert grant(grant_id)["status"] == "active"
