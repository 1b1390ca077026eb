"""Every page we serve can be used by everybody, on a telephone, a tablet and a desk; judged by axe-core in Chromium."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

import cdsc_server.web
from cdsc_server.app import system_ports
from cdsc_server.connectors.sandbox_payments import SandboxPayments, create_secret, read_secret
from cdsc_server.domain.grants import GrantStatus, Selection
from cdsc_server.domain.letters import Letter
from cdsc_server.domain.operators import Role
from cdsc_server.domain.secrets import secret_hash
from cdsc_server.services import aggregations, grant_reads, mails, own_downloads
from cdsc_server.services.grant_reads import Read
from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.services.mails import Mailing
from cdsc_server.services.operators import add_operator
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.deliveries import DeliveryRow
from cdsc_server.storage.delta_files import DeltaFeedRow
from cdsc_server.storage.devices import DevicePollRow, DeviceSiteRow, SiteDeviceRow
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.outbox import OutboxRow
from cdsc_server.storage.payments import PaymentRow
from cdsc_server.storage.permissions import EVERY, PermittedAccountRow
from cdsc_server.storage.reviews import RequirementRow
from tests.factories import customer_data, groups, people, provisioned, supply_mixes, tariffs
from tests.factories.access import client_object, entry, grant, unidentified_grant
from tests.factories.messages import Box, attachment
from tests.factories.oauth import register
from tests.factories.registration_fields import catalogue_file
from tests.support.browser import tab_of
from tests.support.companions import catching
from tests.support.looks import Look
from tests.support.ports import free_port
from tests.support.tab import WIDTHS, follow

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PASSWORD = "correct horse battery"

#: Which test looks at the pages of a template.
TEMPLATES = {
    "pages/answered.html": "consent",
    "pages/arrived.html": "consent",
    "pages/consent.html": "consent",
    "pages/costs.html": "my data",
    "pages/contact-code.html": "without sign-in",
    "pages/download.html": "my data",
    "pages/front.html": "registration",
    "pages/grant.html": "my data",
    "pages/my-data.html": "my data",
    "pages/news.html": "my data",
    "pages/not-for-you.html": "consent",
    "pages/own-account.html": "own app",
    "pages/payment.html": "payment",
    "pages/preselection.html": "consent",
    "pages/receipt.html": "my data",
    "pages/register.html": "registration",
    "pages/registered.html": "registration",
    "pages/registration-field.html": "registration",
    "pages/requirement.html": "registration",
    "pages/sign-in.html": "consent",
    "pages/test-accounts.html": "registration",
    "pages/addresses.html": "registration",
    "pages/purposes.html": "registration",
    "problem.html": "consent",
    "reader.html": "reader",
    "console/audit.html": "reviews",
    "console/client-object.html": "looking after",
    "console/client.html": "looking after",
    "console/clients.html": "looking after",
    "console/device-site.html": "looking after",
    "console/devices.html": "looking after",
    "console/direct-access.html": "looking after",
    "console/files.html": "looking after",
    "console/giving-scope.html": "looking after",
    "console/giving.html": "looking after",
    "console/grant.html": "looking after",
    "console/group.html": "groups",
    "console/group-definition.html": "groups",
    "console/group-members.html": "groups",
    "console/groups.html": "groups",
    "console/imports.html": "looking after",
    "console/limits.html": "looking after",
    "console/listing.html": "looking after",
    "console/message.html": "reviews",
    "console/metrics.html": "looking after",
    "console/operator.html": "operators",
    "console/operators.html": "operators",
    "console/outbox.html": "looking after",
    "console/own-account.html": "operators",
    "console/problem.html": "reviews",
    "console/queue.html": "reviews",
    "console/shown-once.html": "operators",
    "console/sign-in.html": "reviews",
    "console/unidentified.html": "looking after",
}


def of(test: str) -> set[str]:
    """The templates that a test looks at."""
    return {template for template, where in TEMPLATES.items() if where == test}


def test_every_template_of_a_page_is_looked_at():
    """A new page gets its place in one of the tests below."""
    web = Path(cdsc_server.web.__file__).parent
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for folder in (web / "templates", web / "docs" / "templates")
        for path in folder.rglob("*.html")
    }
    used = {name for text in texts.values() for name in re.findall(r'(?:extends|import|include) "([^"]+)"', text)}

    assert set(texts) - used == set(TEMPLATES)


@pytest.fixture
def settings(settings, tmp_path):
    """A catalogue with a registration field of every format, and a provider of payments."""
    create_secret(str(tmp_path / "payment.secret"))
    return replace(
        settings,
        catalogue_file=str(catalogue_file(tmp_path)),
        mail_url="smtp://127.0.0.1:1?starttls=no",
        mail_from="no-reply@dge.example",
        payment_url="http://127.0.0.1:1",
        payment_secret_file=str(tmp_path / "payment.secret"),
        registrations_per_hour=10_000,
        demo=True,
    )


@pytest.fixture
def change(live_server):
    """Writes columns of the rows of a table that have these values."""

    def changes(kind, values, **fields):
        with live_server.app.app_context(), transaction() as session:
            for row in session.query(kind).filter_by(**values):
                for name, value in fields.items():
                    setattr(row, name, value)

    return changes


@pytest.fixture
def ada(live_server, clock):
    """A Customer with 14 services and three days of readings, and a Client that may ask her."""
    with live_server.app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), contracts=14)
        people.requester(session, at=clock.now(), redirect_uris=[f"{live_server.url}/receipt-redirect"])
        series = customer_data.series(session, "s", contract_id="shop0001", meter_device_id="m1")
        customer_data.readings(session, series, clock.now().replace(hour=0), ["0.5", "1.25", "2.125"] * 24)


@pytest.fixture
def asked(page, live_server, clock, ada):
    """Has the Client ask, in the browser of `page`, for scopes with values of their fields; gives the address."""

    def asks(*scopes):
        page.goto("/sign-in")
        cookie = next(each["value"] for each in page.context.cookies() if each["name"] == "cdsc_session")
        catalogue = live_server.app.extensions["cdsc"].catalogue
        with live_server.app.app_context(), transaction() as session:
            request_id = people.waiting(
                session,
                tuple(people.requested(catalogue, scope, **values) for scope, values in scopes),
                session_hash=secret_hash(cookie),
                at=clock.now(),
                redirect_uri=f"{live_server.url}/receipt-redirect",
            )
        return f"/consent/{request_id}"

    return asks


USAGE = ("usage_data", {"contract_numbers": ["C-shop0001", "C-shop0003"], "segment_start": "P3Y"})
#: A brand with colours and a mark of its own.
NORTH = {"label_partner": "north", "name": "North Power", "colour": "#7a1f5c", "colour_dark": "#f0a8d6", "mark": "N"}
#: What a Client reads that no Customer is asked for.
CLEARED = "query_accounts query_meter_devices query_usage"
SUPPLY = ("supply_details", {"account_numbers": ["_all"], "sync_until": "P3Y",
                             "authorization_form_selection_type": "account_selection"})  # fmt: skip
MIX = ("generation_mix", {"contract_numbers": ["C-shop0001"], "segment_start": "P1Y", "segment_end": "PT0S",
                          "allow_scope_modifications": False})  # fmt: skip


def sign_in(page, password=people.PASSWORD, username="ada@example.com"):
    page.fill("#username", username)
    page.fill("#password", password)
    follow(page, "#sign-in")


@ONCE
def test_a_customer_who_is_asked(page, look, asked, change, clock):
    address = asked(USAGE, SUPPLY, MIX)
    look(page, "sign-in")
    page.goto(address)
    look(page, "sign-in for an app")
    sign_in(page, password="wrong")
    look(page, "sign-in, wrong password")
    sign_in(page)
    look(page, "consent")
    for words in ("shop 0014", "nowhere"):
        page.fill("#s1-find", words)
        follow(page, "button[value=update-1]")
        look(page, f"consent, looking for {words}")
    page.fill("#s1-find", "")
    follow(page, "button[value=none-1]")
    page.check("#leave-2")
    look(page, "consent, one left out")
    follow(page, "#approve")
    look(page, "consent, nothing ticked")
    clock.advance(minutes=11)
    page.reload()
    look(page, "sign-in after a while")
    sign_in(page)
    follow(page, "#decline")
    look(page, "said no")
    clock.advance(minutes=5)
    page.goto(address)
    look(page, "answered before")

    page.goto(asked(("usage_data", {"contract_numbers": ["C-nowhere"], "error_if_no_preselections": True})))
    look(page, "asked for what is not there")
    change(ClientRow, {"client_id": "app"}, status="production")
    page.goto(asked(USAGE))
    look(page, "asked by an app for others")
    for query in ("", "?error=invalid_scope&error_description=scope: no such scope"):
        page.goto(f"/receipt-redirect{query}")
        look(page, f"arrived with {query or 'nothing'}".partition("=")[0])
    for problem in ("/consent/nobody", "/oauth/authorize?client_id=nobody"):
        page.goto(problem)
        look(page, f"problem at {problem.split('/')[1]}")

    assert look.found == ""
    assert look.templates == of("consent")


class TestWithoutSignIn:
    """A person who agrees by number and mail address."""

    @pytest.fixture
    def settings(self, settings, tmp_path):
        catalogue = Path(settings.catalogue_file)
        scope = "[scopes.usage_data]\n"
        text = catalogue.read_text(encoding="utf-8").replace(scope, f"{scope}without_sign_in = true\n")
        catalogue.write_text(text, encoding="utf-8")
        return settings

    @ONCE
    def test_a_person_who_does_not_sign_in(self, page, look, asked):
        page.goto(asked(("usage_data", {"contract_numbers": ["40-1111", "_all"]})))
        look(page, "consent without sign-in")
        follow(page, "#approve")
        look(page, "consent without sign-in, no address")
        page.fill("#contact", "somebody@mail.example")
        page.fill("#s1-added", "40-2222\n40-3333")
        follow(page, "#approve")
        look(page, "code")
        page.fill("#code", "0000 0000")
        follow(page, "#prove")
        look(page, "code, wrong")

        assert look.found == ""
        assert look.templates == of("without sign-in") | {"pages/consent.html"}


@ONCE
def test_a_customer_who_looks_after_what_is_shared(*, page, look, live_server, asked, change, clock):
    page.goto(asked(USAGE, SUPPLY))
    sign_in(page)
    page.goto("/my-data")
    look(page, "my data, nothing shared")
    with live_server.app.app_context():
        import_tariffs(tariffs.document(tariffs.tariff(), assignments=[tariffs.on("C-shop0001")]), clock=clock)
    page.goto("/my-data/costs")
    look(page, "my costs")
    page.goto(asked(USAGE, SUPPLY))
    follow(page, "#approve")
    look(page, "receipt")
    receipt = page.url
    catalogue = live_server.app.extensions["cdsc"].catalogue
    with live_server.app.app_context(), transaction() as session:
        some = entry(catalogue, "usage_data", Selection("service_contract_selection", frozenset({"shop0001"})),
                     at=clock.now(), include_contract_numbers=True, allow_scope_modifications=True)  # fmt: skip
        for status in GrantStatus:
            grant(session, [some], at=clock.now(), token=status, status=status)
        session.add(client_object("adviser", at=clock.now(), client_name="Harbour Advice", scope=CLEARED))
        session.flush()
        session.add(PermittedAccountRow(client_id="adviser", customer_id="ada", account_id=EVERY, created=clock.now(),
                                        reason="Advice on saving energy, for the city"))  # fmt: skip
        home = {"household_size": 3, "dwelling_type": "terraced", "heating": "heat_pump", "pool": True}
        provisioned.stay(session, "ada", "Rue du Petit-Chêne", at=clock.now(), since="2020-01-01T00:00:00Z", **home)
        supply_mixes.store(session, supply_mixes.supply_mix(), at=clock.now())
    page.goto("/my-data")
    page.get_by_text("house in a row").wait_for()
    page.get_by_text("70% wind").wait_for()
    look(page, "my data, some of it read by who was cleared, her home, and where its power comes from")
    follow(page, page.locator("a[href='/my-data/download']"))
    look(page, "download, never before")
    with live_server.app.app_context():
        for name, services in (("csv", None), ("green_button", frozenset({"shop0001"}))):
            choice = own_downloads.Choice(services, date(2026, 1, 1), None)
            own_downloads.note("ada", choice, name, clock=clock)
    for box in page.locator("input[name=service]").all():
        box.uncheck()
    follow(page, "#download")
    look(page, "download, refused, after two others")
    page.goto("/my-data/grant-active")
    look(page, "shared")
    with live_server.app.app_context():
        for hours in range(0, 700, 31):
            at = clock.now() - timedelta(hours=hours)
            grant_reads.note_reads("grant-active", [Read("usage_segments", 1 + hours % 5, at, at)], at=at)
    page.reload()
    follow(page, "#pause-yes")
    look(page, "paused, with reads")
    follow(page, page.locator("button[value=de]"))
    look(page, "paused, in German")
    follow(page, page.locator("button[value=en]"))
    page.goto("/my-data/news")
    look(page, "news")
    page.uncheck("input[value=began]")
    follow(page, "#save")
    look(page, "news, with another choice of mails")
    page.goto("/my-data/grant-revoked")
    look(page, "shared once")
    change(ClientRow, {"client_id": "app"}, client_name="Kestrel")
    page.goto(receipt)
    page.locator("summary", has_text="Stop sharing").click()
    follow(page, "#stop")
    look(page, "receipt, stopped")
    with live_server.app.app_context(), transaction() as session:
        provisioned.brand(session, NORTH, at=clock.now(), customer_id="ada")
    page.goto("/my-data")
    assert page.locator("link[href^='/brands/north.css']").count() == 1
    look(page, "my data, under a brand")
    follow(page, "#sign-out")
    look(page, "signed out")
    page.goto(receipt)
    look(page, "receipt under a brand, of a stranger")

    assert look.found == ""
    assert look.templates == of("my data") | {"pages/sign-in.html"}


@ONCE
@pytest.mark.usefixtures("ada")
def test_a_customer_whose_own_app_wants_to_read(page, look, live_server, change):
    """In every state of the step, and in German."""
    register(live_server.app.test_client(), "cds_client_admin query_accounts query_usage")
    with live_server.app.app_context(), reading() as session:
        link = session.query(RequirementRow).filter_by(field_id="own_account").one().link
    page.goto(f"/requirements/{link}")
    look(page, "own app, signed out")
    follow(page, "#sign-in")
    sign_in(page)
    look(page, "own app")
    follow(page, page.locator("button[value=de]"))
    look(page, "own app, in German")
    follow(page, "#decline")
    look(page, "own app, declined")
    follow(page, "#send")
    look(page, "own app, said yes")
    for status in ("accepted", "rejected"):
        change(RequirementRow, {"field_id": "own_account"}, status=status)
        page.goto(f"/requirements/{link}")
        look(page, f"own app, {status}")

    assert look.found == ""
    assert look.templates == of("own app")


@ONCE
@pytest.mark.usefixtures("ada")
def test_a_developer_who_registers(page, look, live_server, change):
    page.goto("/")
    look(page, "front page")
    page.goto("/test-accounts")
    look(page, "test accounts")
    page.goto("/purposes")
    look(page, "purposes")
    page.goto("/addresses")
    look(page, "addresses")
    for field in ("app_kind", "square_logo", "contact_email", "terms", "data_agreement", "business_account",
                  "setup_fee", "company_review"):  # fmt: skip
        page.goto(f"/register/fields/{field}")
        look(page, f"field {field}")
    page.goto("/register")
    look(page, "register")
    page.fill("#client_name", "Harbour Tariffs")
    page.check("input[value=every_format]")
    follow(page, "#register")
    look(page, "register, wrong")
    page.fill("#contacts", "dev@harbour.example")
    page.uncheck("input[value=every_format]")
    page.check("input[value=rate_plan]")
    follow(page, "#register")
    look(page, "registered")

    with live_server.app.app_context(), reading() as session:
        links = {row.field_id: row.link for row in session.query(RequirementRow) if row.link}
    for field in ("terms", "contact_email", "business_account"):
        page.goto(f"/requirements/{links[field]}")
        look(page, f"requirement {field}")
    page.goto(f"/requirements/{links['terms']}")
    follow(page, "#send")
    look(page, "requirement terms, wrong")
    page.goto(f"/requirements/{links['contact_email']}")
    follow(page, "#send-code")
    page.fill("#code", "1")
    follow(page, "#verify")
    look(page, "requirement contact_email, wrong")
    page.goto(f"/requirements/{links['business_account']}")
    follow(page, "#sign-in")
    sign_in(page)
    look(page, "requirement business_account, signed in")
    for status in ("submitted", "accepted", "rejected"):
        change(RequirementRow, {"field_id": "terms"}, status=status)
        page.goto(f"/requirements/{links['terms']}")
        look(page, f"requirement {status}")

    assert look.found == ""
    assert look.templates == of("registration")


@pytest.fixture
def provider(live_server, payment_sandbox, settings):
    """The payment sandbox beside the server, and the server told where it is."""
    with payment_sandbox(live_server.url, settings.payment_secret_file) as url:
        context = live_server.app.extensions["cdsc"]
        there = SandboxPayments(url, read_secret(settings.payment_secret_file))
        live_server.app.extensions["cdsc"] = replace(context, ports=replace(context.ports, payments=there))
        yield url


@ONCE
def test_a_payer(page, look, live_server, provider, change):
    for _ in range(2):
        register(live_server.app.test_client(), "cds_client_admin rate_plan")
    with live_server.app.app_context(), reading() as session:
        payments = [row.payment_id for row in session.query(PaymentRow)]
    for payment_id, button in zip(payments, ("#pay", "#refuse"), strict=True):
        page.goto(f"/payments/{payment_id}")
        look(page, "payment")
        follow(page, "#pay")
        look(page, "checkout")
        follow(page, button)
        look(page, f"provider after {button}")
    for status in ("submitted", "accepted", "rejected"):
        change(PaymentRow, {}, status=status, receipt_url=f"{provider}/receipt/1")
        page.goto(f"/payments/{payments[0]}")
        look(page, f"payment, {status}")

    assert look.found == ""
    assert look.templates == of("payment")


@pytest.fixture
def box(live_server, clock):
    """The Messages of a Client that wants to go to production, with two operators to decide."""
    app = live_server.app
    with app.app_context():
        for name, role in (("olga", Role.ADMIN), ("sam", Role.SUPPORT)):
            how = {"roles": {role}, "password": PASSWORD, "actor": "test", "clock": clock}
            add_operator(f"{name}@dge.example", display_name=name.title(), **how)
    return Box(app, register(app.test_client(), "cds_client_admin usage_data rate_plan"), clock)


def enter(page, password=PASSWORD, name="olga"):
    """The console, by its sign-in."""
    page.goto("/console")
    sign_in(page, password, f"{name}@dge.example")


@ONCE
def test_an_operator_who_reviews(page, look, live_server, box):
    page.goto("/console")
    look(page, "console, sign-in")
    enter(page, "wrong")
    look(page, "console, wrong password")
    own = {"related_uri": f"{live_server.url}/clients/{box.party.app.client_id}"}
    sent = {
        kind: box.posted(kind, name=f"About {kind}", **fields)["message_id"]
        for kind, fields in (("production_request", own), ("grant_request", own), ("support_request", {}))
    }
    sent["private_message"] = box.posted("private_message", attachments=[attachment()])["message_id"]
    asked = box.server("server_request")
    box.posted("client_submission", previous_uri=asked["uri"])
    sent |= {"server_request": asked["message_id"], "field_changes": box.server("field_changes")["message_id"]}
    with live_server.app.app_context(), reading() as session:
        sent |= {row.type: row.message_id for row in session.query(RequirementRow)}
    enter(page)
    look(page, "console, queue")
    for kind, message_id in sent.items():
        page.goto(f"/console/messages/{message_id}")
        look(page, f"console, {kind}")
    page.goto(f"/console/messages/{sent['production_request']}")
    page.check("input[value=reject]")
    follow(page, "#save")
    look(page, "console, refused")
    page.fill("#reason", "Your terms cannot be read.")
    follow(page, "#save")
    look(page, "console, decided")
    for path in ("audit", f"audit?subject=message:{sent['production_request']}", "messages/nobody"):
        page.goto(f"/console/{path}")
        look(page, f"console, {path.partition('=')[0]}")
    follow(page, "#sign-out")
    look(page, "console, signed out")
    enter(page, name="sam")
    for path in ("audit", f"messages/{sent['grant_request']}"):
        page.goto(f"/console/{path}")
        look(page, f"console of support, {path.split('/')[0]}")

    assert look.found == ""
    assert look.templates == of("reviews")


@pytest.fixture
def grants(live_server, clock, box, change):
    """31 Grants of the Client over Ada's data, one of them suspended and one revoked, and a file that was refused."""
    at = {"created": clock.now(), "modified": clock.now()}
    names = ["suspended", "revoked", *(str(n) for n in range(29))]
    opened = [{"type": "usage_data", "segment_start": "2026-01-01T00:00:00Z"}]
    plain = {"scope": "usage_data", "enabled_scope": "usage_data", "selections": [], "states": [],
             "authorization_details": opened, "enabled_authorization_details": opened}  # fmt: skip
    whose = {"registration_id": box.registration_id, "client_id": box.party.app.client_id, "customer_id": "ada"}
    with live_server.app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())
        for name in names:
            receipts = {"receipt_confirmations": ["DGE-7K4M-29QX"]}
            session.add(GrantRow(grant_id=f"grant-{name}", status="active", **whose, **plain, **receipts, **at))
        unidentified_grant(session, session.get_one(ClientRow, whose["client_id"]), ["C-shop0002"], at=clock.now())
        for mode, status in (("stage", "quarantined"), ("proxy", "active")):
            site = "site-aside" if mode == "stage" else "site-proxied"
            session.add(
                DeviceSiteRow(
                    customer_id="ada", site_id=site, label=f"Home of {mode}", platform="simulation", mode=mode,
                    account_key=site, sealed=b"", timezone="UTC", interval_seconds=900, meters={"meter": "m-1"},
                    created=clock.now(), due=clock.now(), read_through=clock.now(), status=status,
                    fault="auth_expired", reason="the account was refused (401)", measured=clock.now(),
                )
            )  # fmt: skip
        session.add(SiteDeviceRow(customer_id="ada", site_id="site-aside", device_id="M1", kind="meter", model="SIM"))
        poll = {"customer_id": "ada", "site_id": "site-aside", "asked": clock.now() - timedelta(hours=1)}
        session.add_all(DevicePollRow(number=n, round_trip=120 * n, readings=9 * n, **poll) for n in (1, 2))
        faults = ["bill_statements[0].amount_due is missing", "1 fault. Nothing of this file was stored."]
        session.add(
            OutboxRow(
                outbox_id="dead",
                channel="mail",
                kind="receipt",
                recipient="ada@mail.example",
                status="dead",
                created=clock.now(),
                due=clock.now(),
                attempts=11,
                fault="the recipient was refused: 550 no such person",
            )
        )
        session.add_all([DeltaFeedRow(feed="north", done=40, early=43), DeltaFeedRow(feed="south", done=7)])
        session.add(
            DeliveryRow(
                delivery_id="bills/may.json", name="may.json", outcome="refused", lines=faults, looked_at=clock.now()
            )
        )
    for status in ("suspended", "revoked"):
        change(GrantRow, {"grant_id": f"grant-{status}"}, status=status)


@ONCE
def test_an_operator_who_looks_after_clients_and_grants(page, look, box, grants):
    client_id, registration = box.party.app.client_id, f"clients/{box.registration_id}"
    enter(page)
    giving = f"{registration}/grants/new"
    for path, name in (
        ("clients", "clients"),
        ("clients?q=nobody", "no clients"),
        (registration, "client"),
        (f"{registration}/grants", "grants"),
        (f"{registration}/messages", "messages"),
        (f"{registration}/files", "files"),
        (f"objects/{client_id}", "client object"),
        (f"objects/{client_id}/limits", "limits"),
        (f"objects/{client_id}/direct-access", "direct access"),
        (giving, "make a grant"),
        (f"{giving}?client={client_id}&scope=usage_data", "make a grant of usage"),
        ("imports", "imports"),
        ("metrics", "metrics"),
        ("devices", "devices"),
        ("devices/site-aside", "site with devices"),
        ("devices/site-proxied", "site with devices, as it is now"),
        ("outbox", "outbox"),
        ("grants/grant-1", "grant"),
        ("grants/grant-suspended", "suspended grant"),
        ("grants/grant-revoked", "revoked grant"),
        ("unidentified", "whose data"),
        ("grants/grant-stated", "grant of somebody unknown"),
    ):
        page.goto(f"/console/{path}")
        look(page, f"console, {name}")
    for path, button in (("grants/grant-1", "#suspend"), (f"{giving}?client={client_id}&scope=usage_data", "#give")):
        page.goto(f"/console/{path}")
        follow(page, button)
        look(page, f"console, refused {button}")

    assert look.found == ""
    assert look.templates == of("looking after")


@ONCE
def test_an_operator_who_looks_after_groups(page, look, live_server, clock, box):
    """Of a house with a month of readings, some kept back, and a Grant that waits for consents."""
    flats = [f"t{number:02}" for number in range(30)]
    with live_server.app.app_context():
        with transaction() as session:
            for number, name in enumerate(flats):
                groups.flat(session, name)
                hours = [str(1 + hour % 24) for hour in range(400)]
                groups.hours(session, name, [*hours, *(["999"] * 24 if number == 0 else ["1"] * 24)])
            groups.waiting_for(session, *flats[:4], at=clock.now())
        house = groups.building(types=("confidential", "building", "premise_number"))
        (made,) = aggregations.define([house], is_test=True, country="US", actor="ops", clock=clock)
    enter(page)
    address = f"groups/{made.aggregation_id}"
    for path, name in (
        ("groups", "groups"),
        ("groups?q=nowhere", "no groups"),
        (f"{address}?month=2026-01", "group"),
        (f"{address}/members", "members of a group"),
        (f"{address}/members?q=nobody", "no members"),
        (f"{address}/definition", "definition of a group"),
        ("grants/part-t01", "grant that waits for a paper"),
    ):
        page.goto(f"/console/{path}")
        look(page, f"console, {name}")
    page.goto("/console/groups/new")
    follow(page, "#save")
    look(page, "console, new group, refused")
    page.goto(f"/console/{address}?month=2026-01")
    page.fill("#registration_id", box.registration_id)
    page.check("input[name=members]")
    follow(page, "#open")
    look(page, "console, opened group")

    assert look.found == ""
    assert look.templates == of("groups") | {"console/grant.html"}


@ONCE
def test_an_operator_who_looks_after_operators(page, look, box):
    enter(page)
    for path in ("operators", "operators/sam@dge.example", "account"):
        page.goto(f"/console/{path}")
        look(page, f"console, {path}")
    follow(page, "#change-password")
    look(page, "console, account, refused")
    page.goto("/console/operators")
    page.locator("summary", has_text="Add a program").click()
    follow(page, "#add-program")
    look(page, "console, operators, refused")
    page.fill("#program", "night-watch")
    page.locator("#program-roles input").first.check()
    follow(page, "#add-program")
    look(page, "console, shown once")

    assert look.found == ""
    assert look.templates == of("operators")


@ONCE
def test_a_reader_of_the_reference(page, look):
    for scheme in ("light", "dark"):
        # The script of the reference asks once which it is to be.
        page.emulate_media(color_scheme=scheme)
        page.goto("/docs")
        for method in ("get", "post", "put", "patch"):
            page.locator(f".opblock-{method} .opblock-summary-control").first.click()
            page.locator(f".opblock-{method} .responses-wrapper").first.wait_for()
        look(page, f"reference, {scheme}", widths=WIDTHS if scheme == "light" else WIDTHS[:1])

    assert look.found == ""
    assert look.templates == of("reader")


@ONCE
def test_a_reader_of_caught_mail(page, look, live_server, settings, ports):
    letter = Letter(
        "receipt", "You share data with Kestrel Carbon: DGE-7K4M-29QX", "Hello Ada,", ["You let Kestrel Carbon read:"],
        "Your receipt, where you can also stop:", "https://cds.example/receipt/Zz" + "x" * 60, ["Energy use."],
    )  # fmt: skip
    mailing = Mailing(live_server.app.extensions["cdsc"].catalogue.utility, settings, ports.keys)
    with catching(free_port()) as catcher:
        page.goto(catcher.url)
        look(page, "caught mail, none")
        told = replace(settings, mail_url=catcher.smtp_url)
        with live_server.app.app_context():
            with transaction() as session:
                mails.post(session, letter, to="ada@pages.example", mailing=mailing, now=ports.clock.now())
            mails.send_due(mailer=system_ports(told).mailer, keys=ports.keys, clock=ports.clock, settings=told)
        page.goto(catcher.url)
        look(page, "caught mail, a list")
        follow(page, f"text={letter.subject}")
        look(page, "caught mail, one")
        # Where it is shown no script may run, so a copy of it is judged.
        page.goto("about:blank")
        page.set_content(catcher.mails()[0]["html"])
        look(page, "caught mail, formatted")

    assert look.found == ""


@pytest.mark.xdist_group("demo")
def test_a_user_of_the_example_app(browser, demo):
    look = Look()
    with tab_of(browser) as page:
        page.goto(demo.example_url)
        look(page, "example app")
        follow(page, "#connect")
        sign_in(page, "demo-password", "ben@example.com")
        follow(page, "#decline")
        look(page, "example app, said no")
        follow(page, "#connect")
        follow(page, "#approve")
        for view in ("days", "day", "year"):
            page.goto(f"{demo.example_url}/energy?view={view}")
            look(page, f"example app, {view}")

    assert look.found == ""
