"""A third party registers, and finds the Client Object that asks Customers (CDS-WG1-02 4, 5, 7)."""

from __future__ import annotations

from typing import Final

from cdsc_server.walkthrough.client import Client
from cdsc_server.walkthrough.report import Report

SCOPES: Final = ("supply_details", "usage_data", "generation_mix")


def find_out(report: Report, client: Client) -> None:
    """Read the metadata that everything else follows from."""
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


def register(report: Report, client: Client) -> None:
    """Register, and take the token that the admin APIs want."""
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


def prepare_client(report: Report, client: Client) -> None:
    """Set the redirect URI of the Client Object that asks Customers, and read its secret."""
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
