"""Pages for people who register: CDS-WG1-02 3.2 (cds_human_registration, cds_test_accounts), 3.6 (documentation)."""

import io
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from cdsc_server.storage.clients import RegistrationRow
from cdsc_server.storage.db import reading, transaction
from tests.factories import people
from tests.factories.registration_fields import PDF, png
from tests.support import requirement
from tests.support.oauth import judged_before_storage
from tests.support.pages import Visitor

WHO = {"client_name": "Bright <Bills>", "contacts": "dev@client.example ops@client.example"}


@pytest.fixture
def visitor(client):
    """A browser at the form."""
    visitor = Visitor(client)
    assert visitor.load("/register").status_code == 200
    return visitor


@pytest.fixture
def send(visitor):
    """Fill in the form and send it; lists are boxes ticked, bytes are files."""

    def sends(**fields):
        token = visitor.form().values("form_token")
        data = {
            name: (io.BytesIO(value), f"{name}.bin") if isinstance(value, bytes) else value
            for name, value in {**WHO, "form_token": token, **fields}.items()
        }
        return visitor.client.post("/register", data=data, content_type="multipart/form-data")

    return sends


@pytest.fixture
def registrations(app):
    def rows():
        with app.app_context(), reading() as session:
            return session.scalar(select(func.count()).select_from(RegistrationRow))

    return rows


@requirement("WG1-02-3.2-33", "WG1-02-3.2-34")
def test_a_person_registers_and_sees_the_secret_once(client, send, visitor):
    address = client.get("/.well-known/oauth-authorization-server").json["cds_human_registration"]
    assert visitor.load(address.removeprefix("http://127.0.0.1:8000")).status_code == 200

    page = send(scope=["usage_data", "rate_plan"], cds_app_kind="advice", cds_square_logo=png())

    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert "Bright &lt;Bills&gt;" in page.text
    found = {name: page.text.split(f'id="client-{name}">')[1].split("<")[0] for name in ("id", "secret")}
    token = client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(found["id"], found["secret"]))
    bearer = {"Authorization": f"Bearer {token.json['access_token']}"}
    own = next(each for each in client.get("/clients", headers=bearer).json["clients"] if each["response_types"])
    assert set(own["scope"].split()) == {"usage_data", "rate_plan"}
    assert (own["cds_app_kind"], own["cds_company_number"]) == ("advice", None)
    assert own["contacts"] == ["dev@client.example", "ops@client.example"]
    assert len(client.get("/messages", headers=bearer).json["outstanding"]) == 5


@requirement("WG1-02-3.5-07")
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"client_name": "x" * 201}, "client_name"),
        ({"client_uri": "ftp://x"}, "client_uri"),
        ({"scope": "rate_plan", "cds_square_logo": PDF}, "cds_square_logo"),
        ({"scope": "rate_plan", "cds_app_kind": "weather"}, "cds_app_kind"),
        ({"scope": "every_format"}, "cds_f_string"),
        ({"contacts": "x" * 400}, "contacts"),
    ],
)
@judged_before_storage
def test_what_is_wrong_is_told_at_its_field_and_the_rest_is_kept(send, registrations, fields, wrong):
    page = send(**fields)

    assert page.status_code == 400
    assert f'<a href="#{wrong}">' in page.text
    assert f'id="{wrong}-error"' in page.text
    assert ("dev@client.example" in page.text) == (wrong != "contacts")
    assert registrations() == 0


@judged_before_storage
def test_a_form_that_another_site_sends_registers_nobody(client, registrations):
    assert client.post("/register", data={**WHO, "form_token": "guessed"}).status_code == 403
    assert registrations() == 0


def test_every_format_can_be_filled_in_by_hand(client, send):
    """As the form would send it: lines, ticks, files, and nothing for null."""
    plain = {
        "string": "x",
        "string_list": "one\r\n two \r\n\r\n",
        "url": "https://client.example/",
        "email": "a@client.example",
        "boolean": "false",
        "image": png(),
        "pdf": PDF,
        "choice": "carbon",
        "choice_list": ["advice", "carbon"],
        "purposes": "We count.\r\nOnce a year.",
    }
    page = send(scope="every_format", **{f"cds_f_{form}": value for form, value in plain.items()})

    assert page.status_code == 200
    found = {name: page.text.split(f'id="client-{name}">')[1].split("<")[0] for name in ("id", "secret")}
    token = client.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=(found["id"], found["secret"]))
    clients = client.get("/clients", headers={"Authorization": f"Bearer {token.json['access_token']}"}).json["clients"]
    own = next(each for each in clients if each["response_types"])
    assert own["cds_f_string_list"] == ["one", "two"]
    assert (own["cds_f_boolean"], own["cds_f_choice_list"]) == (False, ["advice", "carbon"])
    assert own["cds_f_string_or_null"] is None
    (purpose,) = own["cds_f_purposes"]
    assert purpose["content"] == "We count.\r\nOnce a year."
    assert purpose["content"] in [each["content"] for each in own["cds_purposes"].values()]


@requirement("WG1-02-3.6-09", "WG1-02-3.6-19", "WG1-02-3.6-27", "WG1-02-3.6-37", "WG1-02-3.6-46", "WG1-02-3.6-47")
@judged_before_storage
@pytest.mark.parametrize(
    ("field_id", "says"),
    [
        ("setup_fee", ["25.00 USD", "By card", "payment provider", "no fees"]),
        ("contact_email", ["name@mail.example", "8 digits", "15 minutes"]),
        ("business_account", ["only identity provider", "email address and password"]),
        ("data_agreement", ['href="/register/fields/data_agreement/form.pdf"', "client_submission"]),
        ("terms", ["Your name and position", "We agree to the terms"]),
        ("company_review", ["you do nothing"]),
        ("app_kind", ['id="choice-carbon"', "cds_app_kind"]),
    ],
)
def test_the_documentation_of_a_field_says_how_it_is_met(client, field_id, says):
    fields = client.get("/.well-known/oauth-authorization-server").json["cds_registration_fields"]
    page = client.get(fields[field_id]["documentation"].removeprefix("http://127.0.0.1:8000"))

    assert page.status_code == 200
    assert [words for words in says if words not in page.text] == []


@judged_before_storage
def test_pages_of_nothing_are_not_there(client):
    for path in ("/register/fields/none", "/register/fields/none/form.pdf", "/register/fields/terms/form.pdf"):
        assert client.get(path).status_code == 404


@requirement("WG1-02-3.2-42", "WG1-02-3.2-43")
@pytest.mark.parametrize("is_test", [True, False])
def test_test_accounts_are_shown_only_where_they_are_nobodys(client, app, clock, is_test):
    """A name in the catalogue that belongs to a real Customer here is never published."""
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now(), is_test=is_test)
    address = client.get("/.well-known/oauth-authorization-server").json["cds_test_accounts"]
    page = client.get(address.removeprefix("http://127.0.0.1:8000"))

    assert page.status_code == 200
    assert ("ada@example.com" in page.text) == is_test
    assert "ben@example.com" not in page.text


class TestLimit:
    """The form counts like the endpoint."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, registrations_per_hour=1)

    def test_nobody_registers_too_often_by_hand(self, send, registrations):
        assert [send().status_code for _ in range(2)] == [200, 429]
        assert registrations() == 1
