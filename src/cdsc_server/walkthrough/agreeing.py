"""A Client asks, a Customer agrees, and the Client gets its tokens (RFC 9126, RFC 6749 4.1, CDS-WG3-01 9)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cdsc_server.walkthrough.browser import Away, Browser, found, page_of
from cdsc_server.walkthrough.client import Client, instant_of
from cdsc_server.walkthrough.people import Login
from cdsc_server.walkthrough.registering import SCOPES
from cdsc_server.walkthrough.report import Report, WrongAnswer

#: Asked for: one entry in the words of the early draft, two in those of the standard.
DETAILS: Final[list[dict[str, Any]]] = [
    {"type": "supply_details", "contract_numbers": ["_all"]},
    {"type": "usage_data", "start": "-30d", "end": "now", "services": "all"},
    {"type": "generation_mix", "contract_numbers": ["_all"], "segment_start": "P70D", "segment_end": "PT0S"},
]
_DAYS: Final = 30


def push(report: Report, client: Client) -> None:
    """Hand the request to the server, away from the browser."""
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


def approve(report: Report, client: Client, browser: Browser, customer: Login) -> str:
    """Sign in and agree, as the Customer; gives the address the browser is sent back to."""
    with report.step("Open it as the Customer"):
        page = page_of(browser.open(client.authorize_url), "the sign-in page")
        sign_in = page.button("sign-in")
        report.check("a sign-in page comes first", sign_in is not None, seen=page.text[:300])
    with report.step(f"Sign in as {customer.username}"):
        form, button = found(sign_in, "sign-in", page)
        answer = browser.press(page, form, button, username=customer.username, password=customer.password)
        page = page_of(answer, "the consent page", customer.advice)
        asked = page.button("approve"), page.button("decline")
        report.check("the consent page offers both answers", all(asked), seen=page.text[:300], advice=customer.advice)
        report.check("it names the Client", "Walkthrough" in page.text, seen=page.text[:300])
    with report.step("Approve"):
        form, button = found(asked[0], "approve", page)
        answer = browser.press(page, form, button)
        if not isinstance(answer, Away):
            raise WrongAnswer(
                "approving leads back to the Client", f"{answer.status} {answer.url}: {answer.text[:300]}"
            )
        report.check("it leads to our redirect URI", answer.url.startswith(client.redirect_uri), seen=answer.url)
    return answer.url


def come_back(report: Report, client: Client, arrived: str) -> None:
    """Read what the browser brings back."""
    with report.step("Come back to the Client"):
        query = parse_qs(urlsplit(arrived).query)
        report.check("state is ours", query.get("state") == [client.state], seen=query.get("state"))
        report.check("iss is the server (RFC 9207)", query.get("iss") == [client.endpoints["issuer"]], seen=query)
        report.check("there is a code", len(query.get("code", [])) == 1, seen=sorted(query))
        client.code = query["code"][0]


def exchange(report: Report, client: Client) -> None:
    """Turn the code into tokens."""
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
        start, end = instant_of(usage["segment_start"]), instant_of(usage["segment_end"])
        asked = timedelta(days=_DAYS)
        near = abs(end - start - asked) < timedelta(hours=2) and abs(datetime.now(UTC) - end) < timedelta(minutes=10)
        report.check(
            "its dates are absolute and 30 days apart", near, seen=(usage["segment_start"], usage["segment_end"])
        )
        grants = given.json.get("cds_grant_ids", [])
        report.check("it names one new Grant", len(grants) == 1, seen=grants)
        client.token = given.json
