"""A third party registers, and looks at what came of it (CDS-WG1-02 3.6, 4, 5, 6, 7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from cdsc_server.walkthrough.browser import Browser, page_of
from cdsc_server.walkthrough.client import Client, first_line
from cdsc_server.walkthrough.people import Login
from cdsc_server.walkthrough.report import Report

#: What Customers are asked for.
SCOPES: Final = ("supply_details", "usage_data", "generation_mix")
#: Registered where it is offered, because production needs something for it.
_DEMANDING: Final = "rate_plan"

#: The Message that asks for a registration field of each type.
_ASKED_BY: Final = {
    "email_verification": "online_form_request",
    "online_form": "online_form_request",
    "sso_verification": "online_form_request",
    "pdf_form": "pdf_form_request",
    "payment_required": "payment_request",
    "internal_review": "private_message",
}

#: What is sent for a registration field of each format; files only where they must be sent.
_VALUES: Final[Mapping[str, Any]] = {
    "string": "Walkthrough",
    "string_list": ["Walkthrough"],
    "url": "https://walkthrough.example/",
    "email": "dev@walkthrough.example",
    "boolean": True,
}


def find_out(report: Report, client: Client) -> None:
    """Read the metadata that everything else follows from."""
    with report.step("Find out what the server offers"):
        cds = client.get("/.well-known/cds-server-metadata.json")
        where = f"is {client.base_url} the address of a CDS server, without a path?"
        report.check("the CDS server metadata is public", cds.status == 200, seen=cds.told, advice=where)
        report.check("it offers OAuth", "oauth" in cds.json.get("capabilities", []), seen=cds.told, advice=where)
        oauth = client.get(cds.json["oauth_metadata"])
        client.endpoints = oauth.json
        missing = [name for name in SCOPES if name not in oauth.json.get("cds_scope_descriptions", {})]
        report.check("it describes the scopes of this walk", not missing, seen=f"no {missing}")
        methods = oauth.json.get("code_challenge_methods_supported")
        report.check("PKCE is S256 and nothing else", methods == ["S256"], seen=methods)


def register(report: Report, client: Client) -> None:
    """Register with what the scopes want to know, and take the token that the admin APIs want."""
    sent = _registration_fields(client.endpoints)
    words = ", ".join(f"{name} = {value}" for name, value in sent.items()) or "no registration field, none is asked for"
    with report.step(f"Register as a Client, with {words}"):
        body = {
            "client_name": "Walkthrough",
            "contacts": ["dev@walkthrough.example"],
            "scope": " ".join(("cds_client_admin", *_scopes(client.endpoints))),
            **sent,
        }
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
        for each in clients:
            report.note(f"{each['client_id']} is in {each['cds_status']}, for {each['scope']}")
        asking = [
            each for each in clients if "code" in each["response_types"] and set(SCOPES) <= set(each["scope"].split())
        ]
        report.check("one Client Object asks for the three scopes", len(asking) == 1, seen=clients)
        ours = asking[0]
        report.check("it is a sandbox", ours["cds_status"] == "sandbox", seen=ours["cds_status"])
        sent = _registration_fields(client.endpoints)
        repeated = {name: ours.get(name) for name in sent}
        report.check("it repeats the registration fields we sent", repeated == sent, seen=repeated)
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


def read_first_messages(report: Report, client: Client) -> list[dict[str, Any]]:
    """The Messages that ask for what production will need; they came with the registration (CDS-WG1-02 3.6)."""
    with report.step("Read the Messages that came with the registration"):
        outstanding, unread = client.inbox("outstanding"), client.inbox("unread")
        asked = list({each["message_id"]: each for each in (*outstanding, *unread)}.values())
        for each in asked:
            report.note(f"{each['type']}, {each['status']}: {first_line(each)}")
        fields, needed = client.endpoints.get("cds_registration_fields", {}), _named(client.endpoints, required=True)
        wanted = Counter(_ASKED_BY[fields[name]["type"]] for name in needed if fields[name]["type"] in _ASKED_BY)
        lacking = wanted - Counter(each["type"] for each in asked)
        report.check(f"each of the {wanted.total()} things that production needs is asked for", not lacking, seen=asked)
        return asked


def meet_test_accounts(report: Report, client: Client, browser: Browser, customer: Login) -> None:
    """Who can be asked before production."""
    with report.step("Look up whom the sandbox may ask"):
        page = page_of(browser.open(client.endpoints["cds_test_accounts"]), "the page of the test accounts")
        named = customer.username in page.text
        report.check(f"{customer.username} is a test account", named, seen=page.text[:300], advice=customer.advice)


def _scopes(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    return (*SCOPES, _DEMANDING) if _DEMANDING in metadata["cds_scope_descriptions"] else SCOPES


def _named(metadata: Mapping[str, Any], *, required: bool) -> list[str]:
    """Ids of the registration fields that our scopes require, or may have."""
    member = "registration_requirements" if required else "registration_optional"
    described = metadata["cds_scope_descriptions"]
    return list(dict.fromkeys(name for word in _scopes(metadata) for name in described[word].get(member, ())))


def _registration_fields(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each registration field that is sent with a registration, by the name it is sent under."""
    fields, sent = metadata.get("cds_registration_fields", {}), {}
    for name in (*_named(metadata, required=True), *_named(metadata, required=False)):
        field = fields[name]
        if field["type"] != "registration_field":
            continue
        format = field["format"].removesuffix("_or_null")
        if format in ("choice", "choice_list"):
            first = field["choices"][0]["id"]
            sent[field["field_name"]] = first if format == "choice" else [first]
        elif format in _VALUES:
            sent[field["field_name"]] = _VALUES[format]
    return sent
