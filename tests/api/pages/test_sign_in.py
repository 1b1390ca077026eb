"""Signing in and out."""

from dataclasses import replace

import pytest

from cdsc_server.storage.customers import SessionRow
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow
from cdsc_server.storage.limits import LoginFailureRow
from tests.factories import people
from tests.support import requirement


@pytest.fixture
def ada(app, clock):
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())


@pytest.fixture
def settings(settings):
    return replace(settings, login_failures=3, login_wait_seconds=60)


def signed_in(stored):
    return [row for row in stored(SessionRow) if row.customer_id is not None]


@pytest.mark.usefixtures("ada")
def test_name_and_password_open_the_own_area(visitor):
    answer = visitor.sign_in()

    assert answer.location == "/my-data"
    assert "Who has my data" in visitor.text
    assert "Ada Lindqvist" in visitor.text


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(("name", "word"), [("ada@example.com", "wrong"), ("nobody@example.com", "correct horse")])
def test_a_wrong_name_and_a_wrong_password_look_the_same(visitor, stored, name, word):
    answer = visitor.sign_in(name, word)

    assert answer.status_code == 403
    assert "Email address or password: they do not fit" in answer.get_data(as_text=True)
    assert signed_in(stored) == []


@pytest.mark.usefixtures("ada")
def test_signing_in_changes_the_secret_of_the_session(visitor, stored, session_hash):
    """A secret planted before the sign-in must open nothing afterwards."""
    before = session_hash()
    visitor.sign_in()

    assert session_hash() != before
    assert before not in [row.session_hash for row in stored(SessionRow)]


@pytest.mark.usefixtures("ada")
def test_guessing_one_name_has_to_wait_and_the_wait_doubles(visitor, clock, stored):
    for _ in range(3):
        assert visitor.sign_in(password="wrong").status_code == 403
    locked = visitor.sign_in()
    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "60"
    clock.advance(seconds=60)
    visitor.load("/sign-in")
    assert visitor.sign_in(password="wrong").status_code == 403
    again = visitor.sign_in()

    assert again.headers["Retry-After"] == "120"
    assert signed_in(stored) == []


@pytest.mark.usefixtures("ada")
def test_a_sign_in_forgets_the_failures_before_it(visitor, clock, stored):
    visitor.sign_in(password="wrong")
    visitor.sign_in(password="wrong")
    assert visitor.sign_in().status_code == 303

    assert [row.failures for row in stored(LoginFailureRow) if row.key.startswith("name:")] == []


@pytest.mark.usefixtures("ada")
def test_failures_are_stored_without_name_or_address(visitor, stored):
    visitor.sign_in(password="wrong")

    keys = [row.key for row in stored(LoginFailureRow)]
    assert len(keys) == 2
    assert not any("ada" in key or "127.0.0.1" in key for key in keys)


@pytest.mark.usefixtures("ada")
@requirement("WG3-01-9.1.2-08")
def test_ten_minutes_without_a_page_end_the_sign_in_and_the_page_says_so(visitor, clock):
    visitor.sign_in()
    clock.advance(minutes=9, seconds=59)
    assert "Who has my data" in visitor.load("/my-data").get_data(as_text=True)
    clock.advance(minutes=11)
    visitor.load("/my-data")

    assert "You were away for more than 10 minutes" in visitor.text


@pytest.mark.usefixtures("ada")
@requirement("WG3-01-9.1.2-09")
def test_signing_out_ends_the_session_everywhere(visitor, stored):
    visitor.sign_in()
    cookie = visitor.client.get_cookie("cdsc_session").value
    visitor.press()
    visitor.client.set_cookie("cdsc_session", cookie)

    assert signed_in(stored) == []
    assert "Sign in" in visitor.load("/my-data").get_data(as_text=True)


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("away", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/%0d%0a\n", ""])
def test_the_way_on_stays_on_this_server(visitor, away):
    visitor.load("/sign-in", query_string={"next": away})

    assert visitor.sign_in().location in ("/my-data", "/%0d%0a")


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_another_site_cannot_send_the_form(visitor, stored, headers):
    form = visitor.form()
    fields = {**dict(form.sends), "username": "ada@example.com", "password": people.PASSWORD}
    answer = visitor.client.post("/sign-in", data=fields, headers=headers)

    assert answer.status_code == 403
    assert signed_in(stored) == []


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("token", ["", "x"])
def test_a_form_needs_the_secret_of_its_page(visitor, stored, token):
    answer = visitor.press(username="ada@example.com", password=people.PASSWORD, form_token=token)

    assert answer.status_code == 403
    assert signed_in(stored) == []


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(client):
    cookie = client.get("/sign-in").headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/",
        "/receipt/unknown",
        "/consent/unknown",
        "/receipt-redirect",
        "/oauth/authorize?client_id=unknown",
    ],
)
def test_pages_allow_no_script_no_frame_and_no_copy(client, path):
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")


class TestOverHttps:
    """A server with a public address."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, base_url="https://dge.example")

    def test_the_cookie_is_pinned_to_the_host_and_to_https(self, client):
        cookie = client.get("/sign-in", base_url="https://dge.example").headers["Set-Cookie"]

        assert cookie.startswith("__Host-cdsc=")
        assert "Secure" in cookie
        assert "Domain" not in cookie


@requirement("WG3-01-9.1.2-02")
def test_who_is_signed_in_goes_on_without_signing_in_again(ask, visitor):
    """Another request within the ten minutes meets the form at once."""
    ask("usage_data")
    visitor.load("/sign-in")
    visitor.sign_in()
    visitor.load(f"/consent/{ask('supply_details')}")

    assert "Do you want to share your data?" in visitor.text


@requirement("WG3-01-9.1.2-04", "WG3-01-9.1.2-05")
def test_who_cannot_sign_in_may_go_back_to_the_app(ask, visitor, stored):
    """The page has a way back, which the Client is told of as a no."""
    visitor.load(f"/consent/{ask('usage_data')}")
    answer = visitor.press("decline", n=1)

    assert answer.location.startswith("https://client.example/callback?error=access_denied")
    assert stored(GrantRow) == []
