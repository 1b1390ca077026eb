"""How Clients prove who they are, and what a body may look like: RFC 6749 2.3.1, 3.2, 5.2."""

import base64

import pytest

from tests.factories.oauth import Authentication
from tests.support import requirement
from tests.support.oauth import judged_before_storage

ENDPOINTS = ("/oauth/token", "/oauth/par", "/oauth/introspect", "/oauth/revoke")
FORM = {"grant_type": "client_credentials", "token": "x"}


def header(text):
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@requirement("RFC6749-5.2")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_wrong_secret_is_refused_everywhere(party, endpoint):
    """With 401, and the scheme to use."""
    wrong = Authentication(party.app.client_id, "wrong")

    answer = party.http.post(endpoint, data=FORM, headers=wrong.headers)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer abc"},
        header("nobody:secret"),
        header("no-colon"),
        header(":"),
        header("\x00:\x00"),
    ],
)
@judged_before_storage
def test_an_unreadable_or_unknown_client_is_refused_the_same_way(party, headers):
    """Nobody learns which client ids exist."""
    answer = party.http.post("/oauth/token", data=FORM, headers=headers)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_a_secret_in_the_body_is_a_second_method(party):
    """RFC 6749 2.3: one method in each request."""
    form = {**FORM, "client_id": party.admin.client_id, "client_secret": party.admin.secret}

    answer = party.http.post("/oauth/token", data=form, headers=party.admin.headers)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_client_id_in_the_body_must_be_the_same(party):
    """Else one client could be authenticated and another believed."""
    answer = party.token({**FORM, "client_id": party.app.client_id}, by=party.admin)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_both_halves_of_the_header_are_form_decoded(party):
    """RFC 6749 2.3.1; libraries encode even what needs no encoding."""
    encoded = "".join(f"%{ord(character):02X}" for character in party.admin.secret)

    answer = party.http.post("/oauth/token", data=FORM, headers=header(f"{party.admin.client_id}:{encoded}"))

    assert answer.status_code == 200


@requirement("WG1-02-5.2-04")
def test_a_disabled_client_cannot_authenticate(party):
    """Its secrets end when it is disabled."""
    party.http.put(f"/clients/{party.app.client_id}", json={"cds_status": "disabled"}, headers=party.bearer)

    answer = party.http.post("/oauth/introspect", data=FORM, headers=party.app.headers)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", ["grant_type", "token", "anything"])
@judged_before_storage
def test_a_repeated_parameter_is_refused(party, endpoint, name):
    """Two readers could each believe another one (OAuth 2.1 3.2)."""
    answer = party.http.post(endpoint, data={name: ["a", "a"]}, headers=party.admin.headers)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@judged_before_storage
def test_only_forms_are_read(party, endpoint):
    """JSON is another endpoint's language."""
    answer = party.http.post(endpoint, json=FORM, headers=party.admin.headers)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@judged_before_storage
def test_an_oversized_body_is_refused(party, endpoint, settings):
    """Before anything of it is kept."""
    answer = party.http.post(
        endpoint, data={"grant_type": "x" * (settings.body_bytes + 1)}, headers=party.admin.headers
    )

    assert (answer.status_code, answer.json["error"]) == (413, "too_large")


@pytest.mark.parametrize(("grant_type", "error"), [("password", "unsupported_grant_type"), ("", "invalid_request")])
@judged_before_storage
def test_a_grant_type_we_do_not_have_is_refused(party, grant_type, error):
    """There is no other way to a token."""
    answer = party.token({"grant_type": grant_type}, by=party.admin)

    assert (answer.status_code, answer.json["error"]) == (400, error)
