"""Service accounts: how they come and go, what their tokens open, and what nobody else can have."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from cdsc_server.domain.catalogue import read_catalogue
from cdsc_server.domain.operators import Role
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.errors import Conflict, InvalidClient, InvalidConfiguration, InvalidRequest, NotFound
from cdsc_server.services import clean_up, service_accounts
from cdsc_server.storage.audit import AuditRow
from cdsc_server.storage.db import reading
from cdsc_server.storage.service_accounts import OperatorTokenRow, ServiceAccountRow
from tests.api.admin.conftest import token_of
from tests.factories.oauth import register
from tests.support import commands

ACTOR = {"actor": "command line"}


@pytest.fixture
def rows(app):
    def all_of(kind):
        with app.app_context(), reading() as session:
            return list(session.query(kind).all())

    return all_of


def test_a_service_account_gets_a_token_of_its_own_scope(employ, settings):
    answer = token_of(employ("reviewer").http, employ("support").account, scope="cdsc_operator")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert {**answer.json, "access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": settings.admin_token_seconds,
        "scope": "cdsc_operator",
    }


def test_neither_secret_nor_token_is_stored(employ, rows):
    program = employ("auditor")

    assert [row.secret_hash for row in rows(ServiceAccountRow)] == [secret_hash(program.account.secret)]
    assert [row.token_hash for row in rows(OperatorTokenRow)] == [secret_hash(program.token)]
    (entry,) = rows(AuditRow)
    assert (entry.actor, entry.action, entry.subject) == ("command line", "service_account.added", "service:auditor")
    assert entry.detail == {"client_id": program.account.client_id, "roles": ["auditor"]}


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"scope": "cds_client_admin"}, "invalid_scope"),
        ({"scope": "cdsc_operator usage_data"}, "invalid_scope"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_service_account_gets_nothing_else(employ, rows, form, code):
    program = employ("admin")
    answer = token_of(program.http, program.account, **form)

    assert (answer.status_code, answer.json["error"]) == (400, code)
    assert len(rows(OperatorTokenRow)) == 1


@pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token"])
def test_a_service_account_redeems_nothing_of_customers(employ, approval, grant_type):
    program = employ("admin")
    form = {**approval.form, "grant_type": grant_type, "refresh_token": "x"}
    answer = program.http.post("/oauth/token", data=form, headers=program.account.headers)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("wrong", ["secret", "client_id", "disabled"])
def test_who_cannot_prove_who_it_is_gets_no_token(app, clock, employ, rows, wrong):
    program, account = employ("admin"), employ("support").account
    given = {"secret": (account.client_id, program.account.secret), "client_id": ("operator-0", account.secret)}
    if wrong == "disabled":
        with app.app_context():
            service_accounts.disable_account("support", **ACTOR, clock=clock)
    answer = program.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=given.get(wrong, (account.client_id, account.secret)),
    )

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert len(rows(OperatorTokenRow)) == 2


@pytest.mark.parametrize("what", [service_accounts.disable_account, service_accounts.rotate_secret])
def test_disabling_and_a_new_secret_end_every_token(app, clock, employ, rows, what):
    program, other = employ("reviewer"), employ("auditor")
    assert program.ask("GET", "me").status_code == 200
    with app.app_context():
        what("reviewer", **ACTOR, clock=clock)

    assert program.ask("GET", "me").status_code == 401
    assert token_of(program.http, program.account).status_code == 401
    assert other.ask("GET", "me").status_code == 200
    assert [row.revoked is not None for row in rows(OperatorTokenRow)].count(True) == 1


def test_a_new_secret_works(app, clock, employ):
    program = employ("reviewer")
    with app.app_context():
        made = service_accounts.rotate_secret(" Reviewer ", **ACTOR, clock=clock)
    form = {"grant_type": "client_credentials"}

    assert made.client_id == program.account.client_id
    assert program.http.post("/oauth/token", data=form, auth=(made.client_id, made.secret)).status_code == 200


def test_a_token_ends_with_its_time(app, employ, clock, settings, rows):
    program = employ("reviewer")
    clock.advance(seconds=settings.admin_token_seconds)

    assert program.ask("GET", "me").status_code == 401
    clock.advance(days=2)
    with app.app_context():
        clean_up.remove_ended(clock=clock)
    assert rows(OperatorTokenRow) == []


def test_a_service_account_hands_its_token_back(employ):
    program, other = employ("reviewer"), employ("support")
    for token in (other.token, "unknown", program.token):
        answer = program.http.post("/oauth/revoke", data={"token": token}, headers=program.account.headers)
        assert answer.status_code == 200

    assert program.ask("GET", "me").status_code == 401
    assert other.ask("GET", "me").status_code == 200


def test_nobody_else_hands_it_back(employ, party):
    program = employ("reviewer")
    party.http.post("/oauth/revoke", data={"token": program.token}, headers=party.admin.headers)
    answer = program.http.post("/oauth/revoke", data={"token": program.token}, auth=(program.account.client_id, "x"))

    assert answer.status_code == 401
    assert program.ask("GET", "me").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda clock: service_accounts.add_account("Reviewer", roles={Role.ADMIN}, **ACTOR, clock=clock),
        lambda clock: service_accounts.disable_account("closed", **ACTOR, clock=clock),
        lambda clock: service_accounts.rotate_secret("closed", **ACTOR, clock=clock),
    ],
    ids=["same name", "disabled twice", "secret of a disabled one"],
)
def test_what_is_taken_or_closed_stays_as_it_is(app, clock, employ, trail, change):
    employ("reviewer")
    employ("support", name="closed")
    with app.app_context():
        service_accounts.disable_account("closed", **ACTOR, clock=clock)
        before = trail()
        with pytest.raises(Conflict):
            change(clock)

    assert trail() == before == [("command line", "service_account.disabled", "service:closed")]


@pytest.mark.parametrize("wrong", [{"name": "-x"}, {"name": "a b"}, {"name": "ä"}, {"name": ""}, {"roles": []}])
def test_an_account_that_lacks_something_is_not_made(app, clock, rows, wrong):
    with app.app_context(), pytest.raises(InvalidRequest):
        service_accounts.add_account(**{"name": "billing", "roles": {Role.SUPPORT}, **wrong}, **ACTOR, clock=clock)

    assert rows(ServiceAccountRow) == rows(AuditRow) == []


def test_an_unknown_account_is_not_found(app, clock):
    with app.app_context(), pytest.raises(NotFound):
        service_accounts.disable_account("nobody", **ACTOR, clock=clock)


def test_a_token_is_not_issued_past_the_end_of_its_account(app, clock, employ, rows, settings):
    """At once on both sides: whichever comes first, no live token is left."""
    account = employ("reviewer").account

    def issue():
        with app.app_context(), suppress(InvalidClient):
            service_accounts.issue_token(account.client_id, account.secret, scope=None, clock=clock, settings=settings)

    def disable():
        with app.app_context():
            service_accounts.disable_account("reviewer", **ACTOR, clock=clock)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(each) for each in (issue, issue, disable, issue)]:
            done.result()

    assert [row for row in rows(OperatorTokenRow) if row.revoked is None] == []


def test_no_client_can_register_the_scope(client):
    answer = client.post("/oauth/register", json={"scope": "cds_client_admin cdsc_operator"})

    assert answer.status_code == 400
    assert "cdsc_operator" in answer.get_data(as_text=True)


def test_no_client_gets_the_scope(client):
    party = register(client)
    for who in (party.admin, party.grant_admin):
        answer = token_of(client, who, scope="cdsc_operator")
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")
    sent = {**client.get(f"/clients/{party.admin.client_id}", headers=party.bearer).json, "scope": "cdsc_operator"}
    answer = client.put(f"/clients/{party.admin.client_id}", json=sent, headers=party.bearer)

    assert answer.status_code == 400
    asked = client.get("/oauth/authorize", query_string=party.asking(scope="cdsc_operator"))
    assert "error=invalid_scope" in asked.location


@pytest.mark.parametrize("where", ["scopes", "aliases"])
def test_no_catalogue_can_offer_the_scope(app, where):
    told = {"scopes": {"cdsc_operator": {"type": "cds_grant_admin"}}, "aliases": {"cdsc_operator": "usage_data"}}
    with pytest.raises(InvalidConfiguration) as refusal:
        read_catalogue({where: told[where]})

    assert any("service accounts" in fault for fault in refusal.value.faults)


@pytest.mark.parametrize(
    "path", ["/.well-known/cds-server-metadata.json", "/.well-known/oauth-authorization-server", "/openapi.json"]
)
def test_the_public_documents_do_not_name_the_scope(client, employ, path):
    employ("admin")

    assert "cdsc_operator" not in client.get(path).text


DOORS_OF_OTHERS = [
    "/clients",
    "/credentials",
    "/grants",
    "/messages",
    "/files",
    "/cds/accounts",
    "/cds/usage_segments",
    "/usage_data",
]


@pytest.mark.parametrize("path", DOORS_OF_OTHERS)
def test_the_token_opens_nothing_of_clients_and_customers(employ, path):
    answer = employ("admin").ask("GET", path)

    assert (answer.status_code, answer.json["code"]) == (401, "invalid_token")


def test_a_client_learns_nothing_of_the_token(employ, party):
    assert party.introspect(employ("admin").token, by=party.admin) == {"active": False}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_service_accounts_are_looked_after_on_the_command_line(settings, client):
    def run(*words):
        done = commands.run(settings, "operators", "service-account", *words)
        return done.returncode, done.stdout + done.stderr

    made = re.fullmatch(r"client_id +(\S+)\nclient_secret +(\S+)\n", run("add", "billing", "--role", "support")[1])
    renewed = re.fullmatch(r"client_id +(\S+)\nclient_secret +(\S+)\n", run("rotate", "billing")[1])
    form = {"grant_type": "client_credentials"}

    assert client.post("/oauth/token", data=form, auth=made.groups()).status_code == 401
    assert client.post("/oauth/token", data=form, auth=renewed.groups()).status_code == 200
    assert run("list") == (0, f"billing  {made[1]}  support  enabled\n")
    assert run("disable", "billing") == (0, "billing opens nothing any more.\n")
    assert client.post("/oauth/token", data=form, auth=renewed.groups()).status_code == 401
    assert run("disable", "billing")[0] == 1
