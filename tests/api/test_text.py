"""U+0000, a character of JSON and of queries that PostgreSQL's text cannot hold."""

import io

import pytest


@pytest.mark.parametrize("address", ["/coverage?ids=a%00b", "/coverage?a%00b=1", "/openapi.json?a=%00"])
def test_nul_in_a_query_is_refused(client, address):
    """Even in a parameter nobody reads: it is no address of ours."""
    answer = client.get(address)

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_nul_in_a_path_leads_nowhere(client):
    """As any other id that does not exist."""
    assert client.get("/clients/a%00b").status_code == 404


def test_nul_in_a_form_is_refused(client):
    """In the form of OAuth refusals, before anything is looked up."""
    answer = client.post("/oauth/token", data={"grant_type": "client_credentials", "scope": "a\0b"})

    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_request"


@pytest.mark.parametrize("member", [{"client_name": "a\0b"}, {"contacts": ["a\0b"]}, {"a\0b": {"c": 1}}])
def test_nul_in_a_json_body_is_refused(app, client, member):
    """At any depth, in names too; and nobody is registered."""
    answer = client.post("/oauth/register", json={"scope": "cds_client_admin", **member})

    assert answer.status_code == 400
    assert b"client_secret" not in answer.data


def test_the_six_characters_that_spell_nul_are_text(client):
    """A backslash, a u and four digits are not U+0000."""
    answer = client.post("/oauth/register", json={"scope": "cds_client_admin", "client_name": "a\\u0000b"})

    assert answer.status_code == 201
    assert answer.get_json()["client_name"] == "a\\u0000b"


@pytest.mark.parametrize("body", [b"grant_type=a\0b", b"grant_type=%00", b"a%00=b"])
def test_nul_is_found_in_a_form_however_it_is_written(client, body):
    """As it is or percent-coded, in a name or a value."""
    answer = client.post("/oauth/token", data=body, content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.get_json()["error_description"]) == (400, "a parameter holds U+0000")


def test_a_form_must_be_utf_8(client):
    """Nothing in it is guessed at."""
    answer = client.post("/oauth/token", data=b"grant_type=\xff", content_type="application/x-www-form-urlencoded")

    assert (answer.status_code, answer.get_json()["error_description"]) == (400, "the body is not UTF-8")


def test_nul_in_a_form_with_files_is_refused(client):
    """Its parts are read before they are judged."""
    answer = client.post("/sign-in", data={"username": "a\0b", "file": (io.BytesIO(b"a\0b"), "a.bin")})

    assert answer.status_code == 400
