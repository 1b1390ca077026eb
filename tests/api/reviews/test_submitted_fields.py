"""Registration fields in metadata, at registration, and in Client Objects: CDS-WG1-02 3.5 to 3.7, 4.1."""

import pytest
from sqlalchemy import func, select

from cdsc_server.storage.clients import RegistrationRow
from cdsc_server.storage.db import reading
from tests.factories.oauth import register
from tests.factories.registration_fields import (
    ALL_FORMATS,
    ALL_OPTIONAL,
    DEFAULTS,
    WRONG,
    b64,
    every_sound,
    formats,
    jpeg,
    png,
    sound,
)
from tests.support import requirement
from tests.support.oauth import judged_before_storage

FORMATS = formats()
WRONG_VALUES = [
    (form, value)
    for form in FORMATS
    for value in [*WRONG[form.removesuffix("_or_null")], *([] if form.endswith("_or_null") else [None])]
]


@pytest.fixture
def send(client):
    """The answer to a registration for every field, with these changes; ... leaves one out."""

    def sends(scope=ALL_FORMATS, **changes):
        body = {"scope": scope, **every_sound(), **changes}
        return client.post("/oauth/register", json={name: each for name, each in body.items() if each is not ...})

    return sends


@pytest.fixture
def registrations(app):
    def count():
        with app.app_context(), reading() as session:
            return session.scalar(select(func.count()).select_from(RegistrationRow))

    return count


@pytest.fixture
def described(client):
    return client.get("/.well-known/oauth-authorization-server").json


@requirement(
    "WG1-02-3.5-01",
    "WG1-02-3.5-02",
    "WG1-02-3.5-03",
    "WG1-02-3.5-04",
    "WG1-02-3.5-05",
    "WG1-02-3.6-03",
    "WG1-02-3.2-47",
    "WG1-02-3.4-10",
    "WG1-02-3.4-12",
)
@judged_before_storage
def test_metadata_describes_every_field_that_a_scope_names(described):
    fields = described["cds_registration_fields"]

    for field_id, field in fields.items():
        assert field["id"] == field_id
        assert isinstance(field["description"], str)
        assert field["documentation"].startswith("http")
    named = {
        name
        for scope in described["cds_scope_descriptions"].values()
        for name in scope["registration_requirements"] + scope["registration_optional"]
    }
    assert named == set(fields)
    assert {field["type"] for field in fields.values()} == {
        "registration_field",
        "internal_review",
        "payment_required",
        "email_verification",
        "sso_verification",
        "pdf_form",
        "online_form",
    }


@requirement(
    "WG1-02-3.5-06",
    "WG1-02-3.5-13",
    "WG1-02-3.5-14",
    "WG1-02-3.6-04",
    "WG1-02-3.6-05",
    "WG1-02-3.6-06",
    "WG1-02-3.7-01",
    "WG1-02-3.10-01",
    "WG1-02-3.10-02",
    "WG1-02-3.10-03",
    "WG1-02-3.10-04",
)
@judged_before_storage
def test_metadata_says_how_a_field_is_written(described):
    fields = [each for each in described["cds_registration_fields"].values() if each["type"] == "registration_field"]

    assert {each["format"] for each in fields} == set(FORMATS)
    for field in fields:
        assert field["field_name"].startswith("cds_")
        assert ("choices" in field) == field["format"].startswith("choice")
        for choice in field.get("choices", []):
            assert choice.keys() == {"id", "name", "description", "documentation"}
            assert choice["documentation"].startswith("http")
    optional = described["cds_scope_descriptions"]["every_optional"]["registration_optional"]
    assert all("default" in described["cds_registration_fields"][name] for name in optional)


@requirement("WG1-02-3.5-11", "WG1-02-3.5-12", "WG1-02-3.6-08", "WG1-02-2-04")
@judged_before_storage
def test_metadata_names_the_amount_with_its_digits(client):
    text = client.get("/.well-known/oauth-authorization-server").text

    assert '"amount":25.00,"currency":"USD"' in text


@requirement("WG1-02-4.1-04", "WG1-02-3.7-02", "WG1-02-3.7-03")
def test_every_field_is_taken_and_repeated_in_the_client_object_except_files(client):
    party = register(client, ALL_FORMATS, **every_sound())
    own = client.get(f"/clients/{party.app.client_id}", headers=party.bearer).json

    for form in FORMATS:
        name = f"cds_f_{form}"
        if form.startswith(("image", "pdf")):
            assert name not in own
        else:
            assert own[name] == sound(form)
    assert "cds_f_string" not in party.registration


@requirement(
    "WG1-02-3.5-07",
    "WG1-02-3.5-09",
    "WG1-02-3.5-10",
    "WG1-02-3.7-02",
    "WG1-02-3.7-03",
    "WG1-02-3.7-04",
    "WG1-02-3.7-05",
    "WG1-02-3.7-06",
    "WG1-02-3.7-07",
    "WG1-02-3.7-08",
    "WG1-02-3.7-09",
    "WG1-02-3.7-10",
    "WG1-02-3.7-11",
    "WG1-02-2-01",
)
@judged_before_storage
def test_a_value_that_breaks_its_format_is_refused_by_name(client, send, registrations):
    """RFC 7591 3.2.2; nothing is made. One server for all of them, because each is judged by itself."""
    for form, value in WRONG_VALUES:
        answer = send(**{f"cds_f_{form}": value})

        assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata"), (form, value)
        assert answer.json["error_description"].startswith(f"cds_f_{form}: must"), answer.json
    assert registrations() == 0


@requirement("WG3-01-3-03", "WG3-01-5.1-01", "WG3-01-5.1-04")
def test_purposes_that_come_with_a_registration_are_the_client_s(client):
    """Those of both fields, with ids of ours; null brings none."""
    party = register(client, ALL_FORMATS, **{**every_sound(), "cds_f_purposes_or_null": None})
    own = client.get(f"/clients/{party.app.client_id}", headers=party.bearer).json

    made = [each for each in own["cds_purposes"].values() if each["id"] != "service"]
    assert [(each["name"], each["content"]) for each in made] == [
        ("Advice", "We advise you."),
        ("Carbon", "We count.\n  Then we tell."),
    ]
    assert all(each["id"] and each["scopes_supported"] == ["every_format"] for each in made)


@requirement("WG1-02-3.7-11")
def test_null_is_a_value_where_the_format_says_so(client):
    nulls = {f"cds_f_{form}": None for form in FORMATS if form.endswith("_or_null")}
    party = register(client, ALL_FORMATS, **{**every_sound(), **nulls})
    own = client.get(f"/clients/{party.app.client_id}", headers=party.bearer).json

    assert {name: own[name] for name in nulls} == nulls


@requirement("WG1-02-3.7-07", "WG1-02-3.5-10")
@judged_before_storage
@pytest.mark.parametrize(
    ("data", "status"), [(jpeg(), 201), (png(100), 201), (png(padding=1900), 201), (png(padding=1950), 400)]
)
def test_an_image_is_measured_before_base64(send, data, status):
    """The limit is 2000 bytes; 1900 of them are more than 2500 characters."""
    assert send(cds_f_image=b64(data)).status_code == status


@requirement("WG1-02-3.6-01")
@judged_before_storage
@pytest.mark.parametrize("form", FORMATS)
def test_a_required_field_that_is_missing_is_refused(send, registrations, form):
    answer = send(**{f"cds_f_{form}": ...})

    assert answer.status_code == 400
    assert answer.json["error_description"] == f"cds_f_{form}: is required for scope every_format"
    assert registrations() == 0


@requirement("WG1-02-3.6-02", "WG1-02-3.5-08")
def test_a_default_holds_when_an_optional_field_is_left_out(client):
    party = register(client, ALL_OPTIONAL, cds_f_string="sent")
    own = client.get(f"/clients/{party.app.client_id}", headers=party.bearer).json

    assert own["cds_f_string"] == "sent"
    assert {f"cds_f_{form}": own[f"cds_f_{form}"] for form in DEFAULTS if form != "string"} == {
        f"cds_f_{form}": value for form, value in DEFAULTS.items() if form != "string"
    }
    assert own["cds_f_url_or_null"] is None


def test_fields_of_scopes_that_were_not_asked_for_are_ignored(client):
    """Unknown members are (RFC 7591 2), and so are wrong ones of other scopes."""
    party = register(client, "cds_client_admin usage_data", cds_f_string=7, cds_unheard_of=1)
    own = client.get(f"/clients/{party.app.client_id}", headers=party.bearer).json

    assert not {"cds_f_string", "cds_unheard_of"} & own.keys()


@requirement("WG1-02-5.5-32", "WG1-02-5.5-33")
def test_a_put_changes_fields_to_sound_values_only(client):
    """One left out goes back to its default; a required one keeps what was registered."""
    party = register(client, ALL_OPTIONAL, cds_f_string="first", cds_f_boolean=False)
    address = f"/clients/{party.app.client_id}"
    own = client.get(address, headers=party.bearer).json

    wrong = client.put(address, json={**own, "cds_f_string": 7}, headers=party.bearer)
    assert (wrong.status_code, client.get(address, headers=party.bearer).json) == (400, own)
    unknown = client.put(address, json={**own, "cds_f_image": b64(png())}, headers=party.bearer)
    assert unknown.status_code == 400

    del own["cds_f_boolean"]
    changed = client.put(address, json={**own, "cds_f_string": "second"}, headers=party.bearer)
    assert (changed.status_code, changed.json["cds_f_string"], changed.json["cds_f_boolean"]) == (200, "second", True)


def test_a_put_leaves_files_and_required_fields_alone(app, client):
    """Client Objects do not show files, so leaving one out says nothing."""
    from cdsc_server.storage.clients import find_client

    party = register(client, ALL_FORMATS, **every_sound())

    def stored():
        with app.app_context(), reading() as session:
            return find_client(session, party.app.client_id).registered_fields

    before = stored()
    own = client.get(f"/clients/{party.app.client_id}", headers=party.bearer).json
    del own["cds_f_string"]
    changed = client.put(f"/clients/{party.app.client_id}", json=own, headers=party.bearer)

    assert changed.status_code == 200
    assert changed.json["cds_f_string"] == before["cds_f_string"]
    assert stored() == before
    assert before["cds_f_pdf"]["mime_type"] == "application/pdf"
