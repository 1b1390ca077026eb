"""Where browsers arrive: RFC 6749 4.1.1, RFC 7636, RFC 9126, RFC 9207, CDS-WG1-02 8.3, CDS-WG3-01 9.3.2."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories.oauth import CALLBACK, CHALLENGE, register
from tests.support import requirement
from tests.support.oauth import judged_before_storage


def details(*entries):
    return json.dumps(entries)


def refusal(answer):
    """What the Client is told, by the query of the redirect."""
    assert answer.status_code == 303, answer.text
    location = urlsplit(answer.headers["Location"])
    assert location._replace(query="").geturl() == CALLBACK
    return {name: values[0] for name, values in parse_qs(location.query).items()}


def form_path(answer):
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith("/consent/")
    return answer.headers["Location"]


def open_requests(app):
    from sqlalchemy import func, select

    from cdsc_server.storage.authorizations import AuthorizationRequestRow
    from cdsc_server.storage.db import reading

    with app.app_context(), reading() as session:
        return session.scalar(select(func.count()).select_from(AuthorizationRequestRow))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_sound_request_leads_to_the_form(party, method):
    """By link or by form (RFC 6749 3.1)."""
    place = "query_string" if method == "GET" else "data"

    answer = party.http.open("/oauth/authorize", method=method, **{place: party.asking()})

    assert form_path(answer)


@requirement("WG3-01-9.3.2-01")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None},
        {"client_id": "unknown"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK + "?a=b"},
        {"redirect_uri": "https://CLIENT.example/callback"},
        {"response_type": None},
        {"response_type": "token"},
        {"response_type": "code token"},
    ],
)
@judged_before_storage
def test_who_cannot_be_trusted_is_shown_a_page(app, party, changes):
    """Nobody is redirected, and nothing is kept."""
    answer = party.http.get("/oauth/authorize", query_string=party.asking(**changes))

    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert open_requests(app) == 0


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "response_type"])
@judged_before_storage
def test_a_repeated_address_is_shown_a_page(party, name):
    """Which of the two would be believed?"""
    asked = party.asking()

    answer = party.http.get("/oauth/authorize", query_string={**asked, name: [asked[name], asked[name]]})

    assert (answer.status_code, answer.mimetype) == (400, "text/html")


def test_an_admin_client_cannot_ask_customers(party):
    """It has no response types."""
    answer = party.http.get("/oauth/authorize", query_string=party.asking(client_id=party.admin.client_id))

    assert (answer.status_code, answer.mimetype) == (400, "text/html")


@requirement("WG1-02-5.2-04")
def test_a_disabled_client_cannot_ask_customers(party):
    """Its link leads to a page."""
    party.http.put(f"/clients/{party.app.client_id}", json={"cds_status": "disabled"}, headers=party.bearer)

    answer = party.http.get("/oauth/authorize", query_string=party.asking())

    assert (answer.status_code, answer.mimetype) == (400, "text/html")


@requirement("RFC9207-2", "WG3-01-9.1.1-04", "WG3-01-9.1.1-13")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "A"}, "invalid_request"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": "usage_data openid"}, "invalid_scope"),
        ({"scope": "cds_client_admin"}, "invalid_scope"),
        ({"scope": "usage_data  account_list"}, "invalid_scope"),
        ({"prompt": "none"}, "invalid_request"),
        ({"prompt": "login select_account"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "eyJ"}, "invalid_request"),
        ({"cds_grant_id": "unknown"}, "cds_grant_id_invalid_value"),
    ],
)
@judged_before_storage
def test_a_wrong_request_is_told_to_the_client(app, party, changes, error):
    """At its own redirect_uri, with its state and with who says so; nothing is kept."""
    told = refusal(party.http.get("/oauth/authorize", query_string=party.asking(**changes)))

    assert (told["error"], told["state"], told["iss"]) == (error, "xyz", "http://127.0.0.1:8000")
    assert told["error_description"]
    assert open_requests(app) == 0


@requirement("WG1-02-3.8-09", "WG1-02-3.8-23", "WG1-02-3.9-05", "WG1-02-3.9-06", "WG3-01-9.1.1-06")
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[", "authorization_details"),
        ("{}", "authorization_details"),
        ("[1]", "[0]"),
        (details({}), "type"),
        (details({"type": "cds_usage"}), "type"),
        (details({"type": "cds_client_admin"}), "type"),
        (details({"type": "usage_data", "colour": "red"}), "colour"),
        (details({"type": "usage_data", "include_accounts": "yes"}), "include_accounts"),
        (details({"type": "usage_data", "contract_numbers": []}), "contract_numbers"),
        (details({"type": "usage_data", "contract_numbers": [7]}), "contract_numbers"),
        (details({"type": "usage_data", "contract_numbers": ["x" * 10_001]}), "contract_numbers"),
        (details({"type": "usage_data", "service_types": ["steam"]}), "service_types"),
        (details({"type": "usage_data", "segment_start": "three years"}), "segment_start"),
        (details({"type": "usage_data", "segment_start": "-P3Y"}), "segment_start"),
        (details({"type": "usage_data", "segment_start": "P6Y"}), "segment_start"),
        (details({"type": "usage_data", "segment_start": "infinite"}), "segment_start"),
        (
            details(
                {"type": "usage_data", "segment_start": "2026-02-01T00:00:00Z", "segment_end": "2026-01-01T00:00:00Z"}
            ),
            "segment_end",
        ),
        (details({"type": "usage_data", "start": "-3y", "segment_end": "P1Y"}), "segment_end"),
        (details({"type": "usage_data", "start": "-6y"}), "segment_start"),
        (details({"type": "account_list", "start": "-3y"}), "start"),
        (details({"type": "usage_data"}, {"type": "bill_statements"}), "[1].type"),
    ],
)
@judged_before_storage
def test_details_out_of_bounds_are_told_to_the_client(app, party, text, names):
    """With the entry and the field to blame."""
    asked = party.asking(scope=None, authorization_details=text)

    told = refusal(party.http.get("/oauth/authorize", query_string=asked))

    assert told["error"] == "invalid_authorization_details"
    assert names in told["error_description"]
    assert open_requests(app) == 0


@pytest.mark.parametrize("name", ["scope", "state", "code_challenge", "authorization_details", "nonce"])
@judged_before_storage
def test_a_repeated_parameter_is_told_to_the_client(party, name):
    """RFC 6749 3.1; a repeated state is not sent back."""
    asked = {**party.asking(), name: ["a", "a"]}

    told = refusal(party.http.get("/oauth/authorize", query_string=asked))

    assert told["error"] == "invalid_request"
    assert ("state" in told) == (name != "state")


@requirement("WG1-02-8.3-05", "WG1-02-8.3-06")
@pytest.mark.parametrize(
    ("values", "error"),
    [([""], None), (["", ""], None), (["a", "b"], "invalid_request"), (["", "a"], "cds_grant_id_invalid_value")],
)
def test_only_the_grant_ids_that_say_something_are_counted(party, values, error):
    """An empty one is none, however often it stands there."""
    answer = party.http.get("/oauth/authorize", query_string={**party.asking(), "cds_grant_id": values})

    assert form_path(answer) if error is None else refusal(answer)["error"] == error


@requirement("WG1-02-8.3-04")
def test_a_grant_id_is_judged_last(party):
    """Whatever else is wrong is told first."""
    asked = party.asking(cds_grant_id="unknown", prompt="none")

    assert refusal(party.http.get("/oauth/authorize", query_string=asked))["error"] == "invalid_request"


@requirement("WG1-02-8.3-03")
def test_a_grant_that_waits_for_nobody_cannot_be_approved_again(party, approval):
    """It is not a request any more."""
    asked = party.asking(cds_grant_id=approval.grant_id)

    told = refusal(party.http.get("/oauth/authorize", query_string=asked))

    assert told["error"] == "cds_grant_id_invalid_value"


def stored(app, path):
    from cdsc_server.domain.authorization_requests import AuthorizationRequest
    from cdsc_server.storage.authorizations import AuthorizationRequestRow
    from cdsc_server.storage.db import reading

    with app.app_context(), reading() as session:
        row = session.get_one(AuthorizationRequestRow, path.removeprefix("/consent/"))
        return AuthorizationRequest.from_stored(row.parameters)


@requirement("WG1-02-5.1-29", "WG1-02-5.1-32", "WG3-01-9.1.1-05", "WG3-01-9.1.1-08")
def test_what_is_left_out_is_the_clients_default(app, party):
    """Scope and redirect_uri of the Client Object."""
    asked = party.asking(scope=None, redirect_uri=None)

    kept = stored(app, form_path(party.http.get("/oauth/authorize", query_string=asked)))

    assert (kept.redirect_uri, kept.redirect_uri_sent) == (CALLBACK, False)
    assert [entry.scope_id for entry in kept.entries] == [
        "account_list",
        "supply_details",
        "distribution_details",
        "usage_data",
        "generation_mix",
    ]


@requirement("WG1-02-5.1-35", "WG3-01-9.1.1-07")
def test_default_details_are_used_when_none_are_sent(app, party):
    """And only those of the scopes that are asked for."""
    default = [{"type": "usage_data", "segment_start": "P2Y"}, {"type": "supply_details"}]
    body = {"redirect_uris": [CALLBACK], "cds_default_authorization_details": default}
    assert party.http.put(f"/clients/{party.app.client_id}", json=body, headers=party.bearer).status_code == 200

    kept = stored(app, form_path(party.http.get("/oauth/authorize", query_string=party.asking())))

    assert [(entry.scope_id, entry.values["segment_start"]) for entry in kept.entries] == [("usage_data", "P2Y")]


def test_the_early_dialect_is_understood(app, party):
    """`-3y` and `all` become the standard's own words at the door."""
    text = details({"type": "usage_data", "start": "-3y", "end": "now", "services": "all"})
    asked = party.asking(scope=None, authorization_details=text)

    entry = stored(app, form_path(party.http.get("/oauth/authorize", query_string=asked))).entries[0]

    assert (entry.values["segment_start"], entry.values["segment_end"]) == ("P3Y", "PT0S")
    assert entry.values["contract_numbers"] == ["_all"]


def push(party, by=None, **changes):
    form = party.asking(**changes)
    return party.http.post("/oauth/par", data=form, headers=(by or party.app).headers)


def opening(party, pushed, **more):
    asked = {"client_id": party.app.client_id, "request_uri": pushed.json["request_uri"], **more}
    return party.http.get("/oauth/authorize", query_string=asked)


@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize(("wanted", "language"), [("xx fr-CA de", "fr"), ("xx", "de")])
def test_the_pages_are_in_a_language_the_client_asks_for(party, pushed, wanted, language):
    """Where we have none of them, in one the browser asks for."""
    if pushed:
        opening(party, push(party, ui_locales=wanted))
    else:
        party.http.get("/oauth/authorize", query_string=party.asking(ui_locales=wanted))

    page = party.http.get("/sign-in", headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert f'<html lang="{language}"' in page


@requirement("WG1-02-3.2-21", "RFC9126-2.2", "WG1-02-8.3-02")
def test_a_pushed_request_leads_to_the_form(app, party):
    """With everything that was pushed, and nothing that stands beside it in the link."""
    pushed = push(party, prompt="login")

    kept = stored(app, form_path(opening(party, pushed, state="other", scope="account_list", prompt="none")))

    assert pushed.status_code == 201
    assert (pushed.json["expires_in"], pushed.headers["Cache-Control"]) == (90, "no-store")
    assert (kept.state, kept.prompt, [entry.scope_id for entry in kept.entries]) == ("xyz", "login", ["usage_data"])


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"scope": "openid"}, 400, "invalid_scope"),
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"request_uri": "urn:x"}, 400, "invalid_request"),
        ({"client_id": "another"}, 401, "invalid_client"),
        ({"authorization_details": details({"type": "nothing"})}, 400, "invalid_authorization_details"),
        ({"cds_grant_id": "unknown"}, 400, "cds_grant_id_invalid_value"),
    ],
)
@judged_before_storage
def test_a_wrong_pushed_request_is_refused_at_once(app, party, changes, status, error):
    """RFC 9126 2.3: before a browser is bothered."""
    answer = push(party, **changes)

    assert (answer.status_code, answer.json["error"]) == (status, error)
    assert open_requests(app) == 0


def test_a_pushed_request_may_be_opened_again_by_the_same_browser(party):
    """Loading the page again is no attack."""
    pushed = push(party)

    assert form_path(opening(party, pushed)) == form_path(opening(party, pushed))


@requirement("WG3-01-9.1.1-09")
def test_a_pushed_request_belongs_to_the_browser_that_opened_it(party):
    """A stolen link opens nothing."""
    pushed = push(party)
    form_path(opening(party, pushed))
    asked = {"client_id": party.app.client_id, "request_uri": pushed.json["request_uri"]}

    party.http.delete_cookie("cdsc_session")
    stolen = party.http.get("/oauth/authorize", query_string=asked)

    assert (stolen.status_code, stolen.mimetype) == (400, "text/html")


@requirement("WG3-01-9.1.1-09")
def test_a_pushed_request_waits_only_so_long_for_a_browser(party, clock, settings):
    """Then the Client pushes another."""
    pushed = push(party)
    clock.advance(seconds=settings.pushed_request_seconds)

    answer = opening(party, pushed)

    assert (answer.status_code, answer.mimetype) == (400, "text/html")


@requirement("WG3-01-9.1.1-09")
def test_a_pushed_request_of_another_client_is_unknown(party, client):
    """RFC 9126 4: bound to who pushed it."""
    pushed = push(party)
    stranger = register(client)

    answer = opening(stranger, pushed)

    assert (answer.status_code, answer.mimetype) == (400, "text/html")


@pytest.mark.parametrize("more", [{"client_id": None}, {"request_uri": ["a", "b"]}, {"request_uri": "urn:unknown"}])
def test_a_pushed_request_needs_its_two_parameters(party, more):
    """One client_id, one request_uri."""
    asked = {"client_id": party.app.client_id, "request_uri": "urn:x", **more}

    answer = party.http.get(
        "/oauth/authorize", query_string={name: value for name, value in asked.items() if value is not None}
    )

    assert (answer.status_code, answer.mimetype) == (400, "text/html")
