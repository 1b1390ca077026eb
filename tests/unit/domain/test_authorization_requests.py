"""Where the browser goes when a request is answered."""

from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from cdsc_server.domain.authorization_requests import AuthorizationRequest, answer_location, ascii_description
from cdsc_server.domain.details import RequestedEntry
from tests.support import requirement


def a_request(**changes):
    plain = {
        "redirect_uri": "https://client.example/callback?tenant=a%20b",
        "redirect_uri_sent": True,
        "state": "x&y=z",
        "code_challenge": "c" * 43,
        "scope": "usage_data",
        "entries": (RequestedEntry("usage_data", {"segment_start": "P3Y"}, frozenset({"segment_start"})),),
    }
    return AuthorizationRequest(**{**plain, **changes})


def test_a_stored_request_comes_back_as_it_was():
    """Between the link and the decision it lies in the database."""
    request = a_request(prompt="login", cds_grant_id="g", ui_locales="de en")

    assert AuthorizationRequest.from_stored(request.to_stored()) == request


@requirement("RFC6749-3.1.2", "RFC9207-2")
def test_the_query_of_a_redirect_uri_is_kept():
    """Code, state and iss come after it."""
    location = urlsplit(a_request().success_location("the code", "https://cds.example"))

    assert location._replace(query="").geturl() == "https://client.example/callback"
    assert parse_qsl(location.query) == [
        ("tenant", "a b"),
        ("code", "the code"),
        ("state", "x&y=z"),
        ("iss", "https://cds.example"),
    ]


def test_a_state_that_was_not_sent_is_not_sent_back():
    """RFC 6749 4.1.2.1."""
    location = a_request(state=None).error_location("access_denied", 'said "no" ü', "https://cds.example")

    assert dict(parse_qsl(urlsplit(location).query)) == {
        "tenant": "a b",
        "error": "access_denied",
        "error_description": "said 'no' ?",
        "iss": "https://cds.example",
    }


@given(st.text(), st.text(min_size=1))
def test_whatever_a_client_sends_as_state_comes_back_whole(value, state):
    """And an answer never breaks out of its parameter."""
    location = answer_location("https://client.example/", {"error": value}, state=state, iss="https://i")

    assert parse_qsl(urlsplit(location).query, keep_blank_values=True) == [
        ("error", value),
        ("state", state),
        ("iss", "https://i"),
    ]


@given(st.text())
def test_a_description_has_only_the_characters_the_rfc_allows(text):
    """RFC 6749 4.1.2.1: no quotation mark, no backslash, nothing outside printable ASCII."""
    assert all(
        character in " !" or "#" <= character <= "[" or "]" <= character <= "~" for character in ascii_description(text)
    )
