"""The steps of the walk, in order; each does one thing and checks what a Client relies on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cdsc_server.walkthrough.browser import Away, Browser, Button, Form, Page
from cdsc_server.walkthrough.client import Client
from cdsc_server.walkthrough.report import Report, WrongAnswer

SCOPES: Final = ("supply_details", "usage_data", "generation_mix")

#: Asked for: one entry in the words of the early draft, two in those of the standard.
DETAILS: Final[list[dict[str, Any]]] = [
    {"type": "supply_details", "contract_numbers": ["_all"]},
    {"type": "usage_data", "start": "-30d", "end": "now", "services": "all"},
    {"type": "generation_mix", "contract_numbers": ["_all"], "segment_start": "P70D", "segment_end": "PT0S"},
]

#: Fields that nobody asked for, so nobody may see them.
_HIDDEN: Final = ("account_number", "service_programs")
_DAYS: Final = 30


def walk(base_url: str, username: str, password: str, redirect_uri: str, tell: Callable[[str], None]) -> int:
    """
    Go the whole path once.

    Args:
        redirect_uri: where the Customer would come back to; it is read from the redirect and never opened.

    Returns:
        How many steps were made.

    Raises:
        WrongAnswer: at the first answer that is not as it should be.
        requests.RequestException: the server does not answer at all.
    """
    report, client, browser = Report(tell), Client(base_url, redirect_uri), Browser(base_url)
    _find_out(report, client)
    _register(report, client)
    _prepare_client(report, client)
    _push(report, client)
    arrived = _approve(report, client, browser, username, password)
    _return(report, client, arrived)
    _exchange(report, client)
    _read_supply(report, client)
    _read_usage(report, client)
    _read_mix(report, client)
    _introspect_and_refresh(report, client)
    _revoke(report, client, browser)
    _find_it_shut(report, client)
    return report.steps


def _find_out(report: Report, client: Client) -> None:
    with report.step("Find out what the server offers"):
        cds = client.get("/.well-known/cds-server-metadata.json")
        report.check("the CDS server metadata is public", cds.status == 200, seen=cds.told)
        report.check("it offers OAuth", "oauth" in cds.json.get("capabilities", []), seen=cds.told)
        oauth = client.get(cds.json["oauth_metadata"])
        client.endpoints = oauth.json
        missing = [name for name in SCOPES if name not in oauth.json.get("cds_scope_descriptions", {})]
        report.check("it describes the scopes of this walk", not missing, seen=f"no {missing}")
        methods = oauth.json.get("code_challenge_methods_supported")
        report.check("PKCE is S256 and nothing else", methods == ["S256"], seen=methods)


def _register(report: Report, client: Client) -> None:
    with report.step("Register as a Client"):
        body = {"client_name": "Walkthrough", "scope": " ".join(("cds_client_admin", *SCOPES))}
        made = client.send("POST", client.endpoints["registration_endpoint"], body)
        advice = "429 means that this address has registered too often: wait, or raise CDSC_REGISTRATIONS_PER_HOUR"
        report.check("201 with an admin Client Object", made.status == 201, seen=made.told, advice=advice)
        report.check("it may do nothing else", made.json.get("scope") == "cds_client_admin", seen=made.told)
        client.admin_id, client.admin_secret = made.json["client_id"], made.json["client_secret"]
    with report.step("Take an admin token"):
        token = client.form("token_endpoint", admin=True, grant_type="client_credentials", scope="cds_client_admin")
        report.check("client_credentials gives a Bearer token", token.status == 200, seen=token.told)
        client.admin_token = token.json["access_token"]
        report.check("nobody may store it", token.headers.get("Cache-Control") == "no-store", seen=dict(token.headers))


def _prepare_client(report: Report, client: Client) -> None:
    with report.step("Find the Client Object that asks Customers, and set its redirect URI"):
        clients = client.listing(client.endpoints["cds_clients_api"], "clients", client.admin_token)
        asking = [
            each for each in clients if "code" in each["response_types"] and set(SCOPES) <= set(each["scope"].split())
        ]
        report.check("one Client Object holds the three scopes", len(asking) == 1, seen=clients)
        ours = asking[0]
        report.check("it is a sandbox", ours["cds_status"] == "sandbox", seen=ours["cds_status"])
        change = {**ours, "redirect_uris": [client.redirect_uri], "cds_default_redirect_uri": client.redirect_uri}
        changed = client.send("PUT", ours["cds_client_uri"], change, client.admin_token)
        advice = "give one that the server takes with --redirect-uri; it is never opened"
        taken = changed.status == 200 and changed.json.get("redirect_uris") == [client.redirect_uri]
        report.check(f"it now sends people back to {client.redirect_uri}", taken, seen=changed.told, advice=advice)
        client.client_id = ours["client_id"]
    with report.step("Read its Credential"):
        credentials = client.listing(
            client.endpoints["cds_credentials_api"], "credentials", client.admin_token, client_ids=client.client_id
        )
        report.check("there is one", len(credentials) == 1, seen=len(credentials))
        client.secret = credentials[0]["client_secret"]


def _push(report: Report, client: Client) -> None:
    with report.step("Push the authorization request"):
        pushed = client.form(
            "pushed_authorization_request_endpoint",
            response_type="code",
            client_id=client.client_id,
            redirect_uri=client.redirect_uri,
            state=client.state,
            code_challenge=client.challenge,
            code_challenge_method="S256",
            authorization_details=json.dumps(DETAILS),
        )
        report.check("201 with a request_uri", pushed.status == 201, seen=pushed.told)
        client.request_uri = pushed.json["request_uri"]


def _approve(report: Report, client: Client, browser: Browser, username: str, password: str) -> str:
    with report.step("Open it as the Customer"):
        page = _page(browser.open(client.authorize_url), "the sign-in page")
        sign_in = page.button("sign-in")
        report.check("a sign-in page comes first", sign_in is not None, seen=page.text[:300])
    with report.step(f"Sign in as {username}"):
        form, button = _found(sign_in, "sign-in", page)
        answer = browser.press(page, form, button, username=username, password=password)
        advice = "is this a test customer of the server? Give another one with --username and --password"
        page = _page(answer, "the consent page", advice)
        asked = page.button("approve"), page.button("decline")
        report.check("the consent page offers both answers", all(asked), seen=page.text[:300], advice=advice)
        report.check("it names the Client", "Walkthrough" in page.text, seen=page.text[:300])
    with report.step("Approve"):
        form, button = _found(asked[0], "approve", page)
        answer = browser.press(page, form, button)
        if not isinstance(answer, Away):
            raise WrongAnswer(
                "approving leads back to the Client", f"{answer.status} {answer.url}: {answer.text[:300]}"
            )
        report.check("it leads to our redirect URI", answer.url.startswith(client.redirect_uri), seen=answer.url)
    return answer.url


def _return(report: Report, client: Client, arrived: str) -> None:
    with report.step("Come back to the Client"):
        query = parse_qs(urlsplit(arrived).query)
        report.check("state is ours", query.get("state") == [client.state], seen=query.get("state"))
        report.check("iss is the server (RFC 9207)", query.get("iss") == [client.endpoints["issuer"]], seen=query)
        report.check("there is a code", len(query.get("code", [])) == 1, seen=sorted(query))
        client.code = query["code"][0]


def _exchange(report: Report, client: Client) -> None:
    with report.step("Exchange the code"):
        given = client.form(
            "token_endpoint",
            grant_type="authorization_code",
            code=client.code,
            redirect_uri=client.redirect_uri,
            code_verifier=client.verifier,
        )
        report.check("200 with tokens", given.status == 200 and "refresh_token" in given.json, seen=given.told)
        types = [each.get("type") for each in given.json.get("authorization_details", [])]
        report.check("authorization_details repeat what was approved", types == list(SCOPES), seen=types)
        usage = given.json["authorization_details"][1]
        start, end = _instant(usage["segment_start"]), _instant(usage["segment_end"])
        asked = timedelta(days=_DAYS)
        near = abs(end - start - asked) < timedelta(hours=2) and abs(datetime.now(UTC) - end) < timedelta(minutes=10)
        report.check(
            "its dates are absolute and 30 days apart", near, seen=(usage["segment_start"], usage["segment_end"])
        )
        grants = given.json.get("cds_grant_ids", [])
        report.check("it names one new Grant", len(grants) == 1, seen=grants)
        client.token = given.json


def _read_supply(report: Report, client: Client) -> None:
    with report.step("Read /supply_details"):
        contracts = client.listing("/supply_details", "service_contracts", client.token["access_token"])
        report.check(
            f"{len(contracts)} contracts", bool(contracts), seen=contracts, advice="use a customer who has one"
        )
        open_fields = all("contract_number" in each and "rateplan_name" in each for each in contracts)
        report.check("they show number and price plan", open_fields, seen=contracts[0])
        leaked = [name for each in contracts for name in _HIDDEN if name in each]
        report.check(f"they do not show {' or '.join(_HIDDEN)}", not leaked, seen=leaked)


def _read_usage(report: Report, client: Client) -> None:
    with report.step("Read /usage_data"):
        usage = client.token["authorization_details"][1]
        start, end = _instant(usage["segment_start"]), _instant(usage["segment_end"])
        segments = client.listing("/usage_data", "usage_segments", client.token["access_token"])
        rows = sum(len(each["values"]) for each in segments)
        report.check(
            f"{len(segments)} segments with {rows:,} rows", rows > 0, seen=rows, advice="use a customer with usage"
        )
        outside = [
            each["cds_usagesegment_id"]
            for each in segments
            if _instant(each["segment_start"]) < start or _instant(each["segment_end"]) > end
        ]
        report.check("all of it inside the window that was approved", not outside, seen=outside)
        uneven = [each["cds_usagesegment_id"] for each in segments if not _is_even(each)]
        report.check("every row has its place and every column its value", not uneven, seen=uneven)
        values = [
            value for each in segments for row in each["values"] for cell in row if cell for value in cell.values()
        ]
        exact = all(isinstance(value, Decimal | int) for value in values)
        report.check(
            f"{len(values):,} numbers, each exact", exact, seen=[v for v in values if isinstance(v, float)][:3]
        )


def _read_mix(report: Report, client: Client) -> None:
    with report.step("Read /generation_mix"):
        segments = client.listing("/generation_mix", "usage_segments", client.token["access_token"])
        others = {each["type"] for segment in segments for each in segment["formats"]} - {"electric_supply_mix"}
        report.check("it shows supply mixes and nothing else", not others, seen=others)
        if not segments:
            report.check("this customer has none", True, seen=None)
            return
        rows, wrong = 0, []
        for segment in segments:
            for row in segment["values"]:
                sums: dict[str, Decimal] = {}
                for described, cell in zip(segment["formats"], row, strict=True):
                    share = cell["sm"] if cell else 0
                    sums[described["attribution"]] = sums.get(described["attribution"], Decimal(0)) + share
                rows += 1
                wrong += [(name, total) for name, total in sums.items() if total != 1]
        report.check(f"the shares of {rows:,} rows each make exactly one", rows > 0 and not wrong, seen=wrong[:3])


def _introspect_and_refresh(report: Report, client: Client) -> None:
    with report.step("Introspect the token"):
        seen = client.form("introspection_endpoint", token=client.token["access_token"])
        report.check("it is active", seen.json.get("active") is True, seen=seen.told)
        report.check("it is ours", seen.json.get("client_id") == client.client_id, seen=seen.told)
    with report.step("Read without a token"):
        refused = client.get("/usage_data")
        told = refused.headers.get("WWW-Authenticate", "")
        report.check("401, and why", refused.status == 401 and told.startswith("Bearer"), seen=refused.told)
    with report.step("Refresh the token"):
        fresh = client.form("token_endpoint", grant_type="refresh_token", refresh_token=client.token["refresh_token"])
        report.check("200 with another access token", fresh.status == 200, seen=fresh.told)
        report.check("it is a new one", fresh.json["access_token"] != client.token["access_token"], seen="the old one")
        client.token = {**client.token, **fresh.json}
        again = client.get("/supply_details", client.token["access_token"])
        report.check("it opens the same", again.status == 200, seen=again.told)


def _revoke(report: Report, client: Client, browser: Browser) -> None:
    grant_id = client.token["cds_grant_ids"][0]
    with report.step('Look at "who has my data" as the Customer'):
        page = _page(browser.open(f"{client.base_url}/my-data"), "the list of those who read")
        report.check("it lists us", "Walkthrough" in page.text, seen=page.text[:300])
        page = _page(browser.open(f"{client.base_url}/my-data/{grant_id}"), "the page of our Grant")
        stop = page.button("stop")
        report.check("it offers to stop", stop is not None, seen=page.text[:300])
    with report.step("Stop sharing"):
        form, button = _found(stop, "stop", page)
        page = _page(browser.press(page, form, button), "a page that says it has ended")
        report.check("the page answers", page.status == 200, seen=page.status)


def _find_it_shut(report: Report, client: Client) -> None:
    with report.step("Read again, at once"):
        refused = client.get("/usage_data", client.token["access_token"])
        report.check("401: the very next read is refused", refused.status == 401, seen=refused.told)
        wrong = refused.headers.get("WWW-Authenticate", "")
        report.check("as an invalid token", "invalid_token" in wrong, seen=wrong)
    with report.step("Introspect and refresh again"):
        seen = client.form("introspection_endpoint", token=client.token["access_token"])
        report.check("the token is no longer active", seen.json == {"active": False}, seen=seen.told)
        fresh = client.form("token_endpoint", grant_type="refresh_token", refresh_token=client.token["refresh_token"])
        refused_too = fresh.status == 400 and fresh.json.get("error") == "invalid_grant"
        report.check("the refresh token is refused", refused_too, seen=fresh.told)
    with report.step("Read the Grant"):
        grants = client.listing(
            client.endpoints["cds_grants_api"], "grants", client.admin_token, grant_ids=client.token["cds_grant_ids"][0]
        )
        status = [(each["status"], each["enabled_scope"]) for each in grants]
        report.check("it is revoked and opens nothing", status == [("revoked", "")], seen=status)


def _page(answer: Page | Away, expected: str, advice: str = "") -> Page:
    if isinstance(answer, Away):
        raise WrongAnswer(f"{expected} comes", f"a redirect to {answer.url}", advice)
    if answer.status != 200:
        raise WrongAnswer(f"{expected} comes", f"{answer.status} at {answer.url}: {answer.text[:600]}", advice)
    return answer


def _found(found: tuple[Form, Button] | None, button_id: str, page: Page) -> tuple[Form, Button]:
    if found is None:
        raise WrongAnswer(f"{page.url} has a button with the id {button_id}", page.text[:300])
    return found


def _is_even(segment: dict[str, Any]) -> bool:
    seconds = int(segment["interval"] * len(segment["values"]))
    length = _instant(segment["segment_end"]) - _instant(segment["segment_start"])
    columns = len(segment["formats"])
    return length == timedelta(seconds=seconds) and all(len(row) == columns for row in segment["values"])


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
