"""A secret is exchanged for a new one; what the old one had got dies with it (CDS-WG1-02 7.5, 7.6)."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime

from cdsc_server.walkthrough.client import Answer, Client
from cdsc_server.walkthrough.report import Report


def rotate(report: Report, client: Client) -> Client:
    """
    Add a Credential, go over to it, end the old one, and see what still works.

    Args:
        client: has tokens that it got with the old secret.

    Returns:
        The same Client Object with the new secret and a token that it got with that.
    """
    with report.step("Add a Credential"):
        old = _credentials(client)[0]
        made = client.send(
            "POST", client.endpoints["cds_credentials_api"], {"client_id": client.client_id}, client.admin_token
        )
        report.check("201 with another secret", made.status == 201, seen=made.told)
        report.check("both are listed", len(_credentials(client)) == 2, seen=len(_credentials(client)))
    fresh = replace(client, secret=made.json["client_secret"])
    with report.step("Take a token with the new secret"):
        given = fresh.form("token_endpoint", grant_type="refresh_token", refresh_token=client.token["refresh_token"])
        report.check("200 with an access token", given.status == 200, seen=given.told)
        fresh.token = {**client.token, **given.json}
        reads = _reads(client).status, _reads(fresh).status
        report.check("the old token and the new one both read", reads == (200, 200), seen=reads)
    with report.step("End the old Credential now"):
        # The server's own clock says when now is.
        now = int(parsedate_to_datetime(given.headers["Date"]).timestamp())
        ended = client.send("PATCH", old["uri"], {"client_secret_expires_at": now}, client.admin_token)
        report.check(f"200: it expires at {now}", ended.json.get("client_secret_expires_at") == now, seen=ended.told)
    with report.step("Read with both tokens, at once"):
        report.check(
            "401: the old one's token died in that request", _reads(client).status == 401, seen=_reads(client).told
        )
        report.check("200: the new one's token reads on", _reads(fresh).status == 200, seen=_reads(fresh).told)
    with report.step("Use the old secret once more"):
        refused = client.form("token_endpoint", grant_type="refresh_token", refresh_token=client.token["refresh_token"])
        wrong = refused.status, refused.json.get("error")
        report.check("401 invalid_client: nobody gets in with it", wrong == (401, "invalid_client"), seen=refused.told)
    with report.step("Read the Message about it"):
        told = [each for each in client.inbox("unread") if each.get("related_uri") == old["uri"]]
        report.check("the changelog tells of the end", bool(told), seen=client.inbox("unread")[:3])
        report.note(told[0]["description"])
    return fresh


def give_back(report: Report, client: Client) -> None:
    """End the Grant, so that the walk leaves nothing open behind it (CDS-WG1-02 8.7)."""
    with report.step("Give the Grant back"):
        address = f"{client.endpoints['cds_grants_api']}/{client.token['cds_grant_ids'][0]}"
        closed = client.send("PATCH", address, {"status": "closed"}, client.admin_token)
        report.check("200: it is closed", closed.json.get("status") == "closed", seen=closed.told)
        report.check("401: its token reads no more", _reads(client).status == 401, seen=_reads(client).told)


def _credentials(client: Client) -> list[dict[str, str]]:
    return client.listing(
        client.endpoints["cds_credentials_api"], "credentials", client.admin_token, client_ids=client.client_id
    )


def _reads(client: Client) -> Answer:
    return client.get("/supply_details", client.token["access_token"])
