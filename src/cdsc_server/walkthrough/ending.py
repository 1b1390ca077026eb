"""Tokens are looked at and renewed, until the Customer ends it all (RFC 7662, RFC 6749 6, CDS-WG1-02 8)."""

from __future__ import annotations

from cdsc_server.walkthrough.browser import Browser, found, page_of
from cdsc_server.walkthrough.client import Client
from cdsc_server.walkthrough.report import Report


def introspect_and_refresh(report: Report, client: Client) -> None:
    """Ask about a token, be refused without one, get another."""
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


def revoke(report: Report, client: Client, browser: Browser) -> None:
    """The Customer stops sharing."""
    grant_id = client.token["cds_grant_ids"][0]
    with report.step('Look at "who has my data" as the Customer'):
        page = page_of(browser.open(f"{client.base_url}/my-data"), "the list of those who read")
        report.check("it lists us", "Walkthrough" in page.text, seen=page.text[:300])
        page = page_of(browser.open(f"{client.base_url}/my-data/{grant_id}"), "the page of our Grant")
        stop = page.button("stop")
        report.check("it offers to stop", stop is not None, seen=page.text[:300])
    with report.step("Stop sharing"):
        form, button = found(stop, "stop", page)
        page = page_of(browser.press(page, form, button), "a page that says it has ended")
        report.check("the page answers", page.status == 200, seen=page.status)


def find_it_shut(report: Report, client: Client) -> None:
    """From then on nothing opens any more."""
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
