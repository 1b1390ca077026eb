import pytest

from cdsc_conformance.exchanges import MASK, masked
from tests.unit.conformance.support import exchange


@pytest.mark.parametrize(
    "text",
    [
        '{"client_secret": "s3cret"}',
        '{"access_token":"s3cret"}',
        "grant_type=authorization_code&code=s3cret&redirect_uri=https",
        "Location: https://client.example/cb?state=x&code=s3cret",
        "password=s3cret",
        "token=s3cret",
    ],
)
def test_secrets_are_masked_by_their_names(text):
    shown = masked(text)

    assert "s3cret" not in shown
    assert MASK in shown


def test_a_secret_the_session_knows_is_masked_wherever_it_stands():
    """A server that leaks a token in an odd place must not have the report leak it further."""
    shown = exchange(body=b'{"oddly": "tok-123"}', secrets={"tok-123"}).shown()

    assert "tok-123" not in shown


def test_headers_that_carry_secrets_are_masked():
    told = exchange(
        request_headers={"Authorization": "Bearer abc", "Cookie": "session=def"}, headers={"Set-Cookie": "session=ghi"}
    ).shown()

    assert not [each for each in ("abc", "def", "ghi") if each in told]


def test_other_members_stay_readable():
    told = exchange(body=b'{"client_id": "c1", "token_type": "Bearer", "error_code": 7}').shown()

    assert '"client_id": "c1"' in told
    assert '"token_type": "Bearer"' in told


def test_numbers_keep_their_digits():
    assert str(exchange(body=b'{"amount": 1.50}').object()["amount"]) == "1.50"


def test_an_answer_that_is_no_object_reads_as_an_empty_one():
    assert exchange(body=b"<html>").object() == exchange(body=b"[1]").object() == {}
