"""The faults, by plan; each names the row that must be reported."""

from __future__ import annotations

from tests.conformance.faults import (
    ADMIN,
    GRANT_ADMIN,
    METADATA,
    OAUTH,
    USAGE,
    Fault,
    answering,
    asking,
    challenged,
    details_without_values,
    each,
    field,
    from_the_query,
    html,
    instead,
    json_answer,
    media_type,
    member,
    only_described,
    overlay,
    refusing,
    registration_field,
    responding,
    scope,
    second_entry,
    sending,
    status,
    within,
    without,
)

FIELDS = "authorization_details_fields_supported"


def _metadata(name, row, change):
    return Fault(name, row, "metadata", answering(METADATA, change))


def _coverage(name, row, change):
    return Fault(name, row, "metadata", answering("/coverage", change))


def _entry(name, row, **members):
    return _coverage(name, row, within("coverage_entries", 0, then=lambda entry: entry.update(members)))


def _oauth(name, row, change):
    return Fault(name, row, "metadata", answering(OAUTH, change))


def _registered(name, row, change):
    return Fault(name, row, "registration", answering("/oauth/register", change, "POST"))


def _clients(name, row, change):
    return Fault(name, row, "clients", _both("clients", change))


def _credentials(name, row, change):
    return Fault(name, row, "credentials", _both("credentials", change))


def _grants(name, row, change):
    return Fault(name, row, "grants", _both("grants", change))


def _message_lists(name, row, change):
    return Fault(name, row, "messages", answering("/messages", lambda body: change(body) if "unread" in body else None))


def _all_unread(body):
    body["unread"] += body["read"]


def _all_outstanding(body):
    body["outstanding"] += body["read"]


def _only_of_clients(body):
    for name in ("outstanding", "unread", "read"):
        body[name] = [message for message in body[name] if message["creator"] is not None]


def _both(name, change):
    listed, alone = answering(f"/{name}", each(name, change)), answering(f"/{name}/", change)
    return lambda app: listed(alone(app))


def _another_address(body):
    body["cds_metadata_url"] = body["oauth_metadata"]


def _no_grant_admin(body):
    body["clients"] = [client for client in body["clients"] if client["scope"] != GRANT_ADMIN]


def _everything(query):
    query.clear()


def _unknown_grant(query):
    if "cds_grant_id" in query:
        query["cds_grant_id"] = "unknown"


def _empty_grant_ids(body):
    body.setdefault("cds_grant_ids", [])


def _drop(thing, *names):
    for name in names:
        thing.pop(name, None)


FAULTS = [
    _metadata("version v2", "WG1-01-3.2-01", member("cds_metadata_version", "v2")),
    _metadata("no name", "WG1-01-3.2-06", without("name")),
    _metadata("updated is a word", "WG1-01-3.2-04", member("updated", "yesterday")),
    _metadata("created without zone", "WG1-01-2-01", member("created", "2026-01-01T00:00:00")),
    _metadata("a capability of coverage is missing", "WG1-01-3.2-12", member("capabilities", ["coverage"])),
    _metadata("no oauth capability", "WG1-02-3.1-03", member("capabilities", ["coverage"])),
    _metadata("canonical address of another", "WG1-01-3.2-02", _another_address),
    _metadata("relative address", "WG1-01-2-02", member("website", "/about")),
    _metadata("coverage without address", "WG1-01-3.4-01", without("coverage")),
    Fault("POST answered 200", "WG1-01-3-05", "metadata", responding(METADATA, status(200, "POST"))),
    Fault("metadata behind a sign-in", "WG1-01-8.1-02", "metadata", responding(METADATA, json_answer({}, 401))),
    Fault("linked document shut", "WG1-01-8.1-03", "metadata", responding("/coverage", status(401))),
    _coverage("no next", "WG1-01-4.1-02", without("next")),
    _coverage("previous before the first page", "WG1-01-4.1-03", member("previous", "http://127.0.0.1/none")),
    _coverage("oldest entry first", "WG1-01-4.1-05", second_entry()),
    _coverage("two entries of one id", "WG1-01-4.3-01", second_entry(id="ashford_bay")),
    Fault("ids ignored", "WG1-01-4.2-01", "metadata", asking("/coverage", _everything)),
    _entry("country of three letters", "WG1-01-2-04", country="USA"),
    _entry("area without map", "WG1-01-4.3-22", type="geographic"),
    _entry("map without media type", "WG1-01-4.3-18", map_resource="https://utility.example/map.png"),
    _entry("entry claims coverage", "WG1-01-4.3-16", capabilities=["oauth", "coverage"]),
    _entry("undefined role", "WG1-01-4.5-01", role="owner"),
    _entry("updated is a day", "WG1-01-4.3-03", updated="2026-01-01"),
    _oauth("version as a number", "WG1-02-3.2-32", member("cds_oauth_version", 1)),
    _oauth("issuer with a query", "WG1-02-3-03", member("issuer", "https://utility.example/?tenant=1")),
    _oauth("scope not supported", "WG1-02-3.2-04", member("scopes_supported", [ADMIN])),
    _oauth("union too small", "WG1-02-3.2-27", member("grant_types_supported", ["client_credentials"])),
    _oauth("no PAR", "WG1-02-3.2-20", without("pushed_authorization_request_endpoint")),
    _oauth("undefined time zone", "WG1-02-3.2-35", member("cds_timezone", "Eastern")),
    _oauth("admin scope misspelt", "WG1-02-3.3.1-03", scope(ADMIN, member("name", "Client admin"))),
    _oauth("grant admin in own words", "WG1-02-3.3.2-06", scope(GRANT_ADMIN, member("description", "All Grants."))),
    _oauth(
        "limit as a string", "WG1-02-3.3.2-23", scope(GRANT_ADMIN, within(FIELDS, 0, then=member("maximum", "1000")))
    ),
    _oauth("grant admin fields swapped", "WG1-02-3.3.2-19", scope(GRANT_ADMIN, within(FIELDS, then=list.reverse))),
    _oauth("scope under another key", "WG1-02-3.4-02", scope(USAGE, member("id", "usage"))),
    _oauth(
        "plain PKCE offered",
        "WG1-02-3.4-19",
        scope(USAGE, member("code_challenge_methods_supported", ["S256", "plain"])),
    ),
    _oauth("grant admin nobody describes", "WG1-02-3.4-26", scope(USAGE, member("grant_admin_scope", "nobody"))),
    _oauth("coverage nobody lists", "WG1-02-3.4-24", scope(USAGE, member("coverages_supported", ["nowhere"]))),
    _oauth("types as a word", "WG1-02-3.4-27", scope(USAGE, member("authorization_details_types_supported", USAGE))),
    _oauth("maximum without minimum", "WG1-02-3.8-24", field("string_list_or_null", without("minimum"))),
    _oauth("type of another scope", "WG1-02-3.8-07", field("boolean", member("for_types", ["other"]))),
    _oauth("required with a default", "WG1-02-3.8-14", field("boolean", member("is_required", True))),
    _oauth("choice without name", "WG1-02-3.10-02", field("choice", within("choices", 0, then=without("name")))),
    _oauth(
        "nearest beyond furthest",
        "WG1-02-3.8-26",
        field("relative_or_absolute_datetime", lambda found: found.update(maximum="P1D", minimum="P1Y")),
    ),
    _oauth("field without documentation", "WG1-02-3.5-05", registration_field(documentation=None)),
    _oauth("field_name without cds_", "WG1-02-3.5-06", registration_field(field_name="company")),
    _oauth(
        "fee in euros and words",
        "WG1-02-3.5-11",
        registration_field(type="payment_required", amount="10.00", currency="EUR"),
    ),
    Fault(
        "metadata as text",
        "WG1-02-3-06",
        "metadata",
        responding(OAUTH, media_type("text/plain")),
    ),
    Fault(
        "registered with 200",
        "WG1-02-4.2-02",
        "registration",
        responding("/oauth/register", status(200, "POST", when=201)),
    ),
    Fault("captcha before registration", "WG1-02-11.4-01", "registration", responding("/oauth/register", html)),
    Fault("undescribed scope forgotten", "WG1-02-4.1-03", "registration", sending("/oauth/register", only_described)),
    _registered("expiry beside the secret", "WG1-02-5.1-13", member("client_secret_expires_at", 0)),
    _registered("every scope in the response", "WG1-02-4.2-05", member("scope", f"{ADMIN} {USAGE}")),
    _registered("no contacts", "WG1-02-4.2-04", without("contacts")),
    Fault(
        "Credential of another secret",
        "WG1-02-4.2-11",
        "registration",
        _both("credentials", member("client_secret", "x")),
    ),
    Fault(
        "no grant admin object",
        "WG1-02-4.2-17",
        "registration",
        answering("/clients", _no_grant_admin),
    ),
    _clients("secret in the Client Object", "WG1-02-5.1-12", member("client_secret", "leaked")),
    _clients("no contacts", "WG1-02-5.1-10", without("contacts")),
    _clients("no time of the last change", "WG1-02-5.1-16", without("cds_modified")),
    _clients("undefined status", "WG1-02-5.2-01", member("cds_status", "live")),
    Fault("listing under another name", "WG1-02-5.3-01", "clients", answering("/clients", without("clients"))),
    _clients("one address for all", "WG1-02-5.1-18", member("cds_client_uri", "http://127.0.0.1/clients")),
    _clients("admin may be disabled", "WG1-02-5.1-21", member("cds_status_options", ["production", "disabled"])),
    _clients(
        "sandbox and production", "WG1-02-4.2-25", member("cds_status_options", ["production", "sandbox", "disabled"])
    ),
    _clients("no default scope", "WG1-02-5.1-28", without("cds_default_scope")),
    Fault("no previous", "WG1-02-5.3-05", "clients", answering("/clients", without("previous"))),
    Fault(
        "first changed first", "WG1-02-5.3-08", "clients", answering("/clients", within("clients", then=list.reverse))
    ),
    Fault("client_ids ignored", "WG1-02-5.3-06", "clients", asking("/clients", _everything)),
    Fault(
        "open without a token", "WG1-02-5-02", "clients", responding("/clients", instead("GET", 401, {"clients": []}))
    ),
    Fault("token in the query", "WG1-02-11.2-06", "clients", from_the_query),
    Fault(
        "PUT merges",
        "WG1-02-5.5-33",
        "clients",
        sending("/clients/", lambda body: body.setdefault("client_uri", "https://kit.example/"), "PUT"),
    ),
    Fault("PUT forgets the name", "WG1-02-5.5-08", "clients", sending("/clients/", without("client_name"), "PUT")),
    Fault("any status", "WG1-02-5.5-16", "clients", sending("/clients/", without("cds_status"), "PUT")),
    Fault("grant types as wished", "WG1-02-5.5-24", "clients", overlay("grant_types")),
    Fault("another id taken", "WG1-02-5.5-04", "clients", sending("/clients/", without("client_id"), "PUT")),
    Fault("disabled still asks", "WG1-02-5.2-04", "clients", responding("/oauth/par", status(201, "POST", when=401))),
    _credentials("no secret", "WG1-02-7.1-07", without("client_secret")),
    _credentials("undefined type", "WG1-02-7.2-01", member("type", "password")),
    _credentials("expiry null", "WG1-02-7.1-09", member("client_secret_expires_at", None)),
    _credentials("one id for all", "WG1-02-7.1-01", member("credential_id", "one")),
    Fault("after ignored", "WG1-02-7.3-08", "credentials", asking("/credentials", lambda query: _drop(query, "after"))),
    Fault(
        "Credential for nobody",
        "WG1-02-7.5-02",
        "credentials",
        responding("/credentials", status(201, "POST", when=400)),
    ),
    Fault(
        "expiry moved back", "WG1-02-7.6-04", "credentials", responding("/credentials/", status(200, "PATCH", when=400))
    ),
    Fault(
        "strict PATCH",
        "WG1-02-7.6-07",
        "credentials",
        responding("/credentials/", refusing(b"kit-another")),
    ),
    Fault(
        "tokens outlive the secret",
        "WG1-02-7.6-10",
        "token",
        responding("/clients", instead("GET", 401, {"clients": []})),
    ),
    Fault(
        "ended secret works",
        "WG1-02-7.1-11",
        "token",
        responding("/oauth/token", instead("POST", 401, {"access_token": "x", "token_type": "Bearer"})),
    ),
    Fault(
        "revocation does nothing",
        "WG1-02-3.2-10",
        "token",
        asking("/oauth/revoke", lambda form: form.update(token="x")),
    ),
    Fault(
        "unknown token is active",
        "WG1-02-3.2-12",
        "token",
        answering("/oauth/introspect", member("active", True), "POST"),
    ),
    Fault(
        "grant admin for two",
        "WG1-02-3.3.2-30",
        "token",
        responding("/oauth/token", instead("POST", 400, {"access_token": "x"})),
    ),
    Fault("PAR answers 200", "WG1-02-3.2-21", "authorize", responding("/oauth/par", status(200, "POST", when=201))),
    Fault("plain PKCE taken", "WG1-02-3.4-20", "authorize", asking("/oauth/authorize", challenged)),
    Fault("no PKCE needed", "WG1-02-3.4-21", "authorize", asking("/oauth/par", challenged)),
    Fault("limits not kept", "WG1-02-3.8-23", "authorize", asking("/oauth/par", details_without_values)),
    Fault("formats not judged", "WG1-02-3.8-09", "authorize", asking("/oauth/par", details_without_values)),
    Fault(
        "cds_grant_id ignored",
        "WG1-02-8.3-03",
        "authorize",
        asking("/oauth/authorize", lambda query: _drop(query, "cds_grant_id")),
    ),
    Fault(
        "empty cds_grant_id counts",
        "WG1-02-8.3-05",
        "authorize",
        asking("/oauth/authorize", _unknown_grant),
    ),
    Fault(
        "redirect_uri must be named",
        "WG1-02-5.1-32",
        "authorize",
        asking("/oauth/authorize", lambda query: query.setdefault("redirect_uri", "https://none.example/")),
    ),
    _message_lists("unread holds what is read", "WG1-02-6.8-04", _all_unread),
    _message_lists("outstanding holds what is done", "WG1-02-6.8-02", _all_outstanding),
    _message_lists("no Message of the server", "WG1-02-5.3-11", _only_of_clients),
    _message_lists("first changed first", "WG1-02-6.8-13", within("read", then=list.reverse)),
    Fault("message_ids ignored", "WG1-02-6.8-09", "messages", asking("/messages", _everything)),
    Fault("unread when sent", "WG1-02-6.9-21", "messages", answering("/messages", member("read", False), "POST")),
    Fault("nobody sent it", "WG1-02-6.9-22", "messages", answering("/messages", member("creator", None), "POST")),
    Fault("subject lost", "WG1-02-6.9-08", "messages", answering("/messages", member("name", ""), "POST")),
    Fault("incomplete taken", "WG1-02-6.9-02", "messages", responding("/messages", status(201, "POST", when=400))),
    Fault("too large is 400", "WG1-02-6.9-17", "messages", responding("/messages", status(400, "POST", when=413))),
    Fault("files lost", "WG1-02-6.7-04", "messages", sending("/messages", without("attachments"))),
    Fault("read as a word", "WG1-02-6.11-06", "messages", responding("/messages/", status(200, "PATCH", when=400))),
    _grants("no not_after", "WG1-02-8.1-10", without("not_after")),
    _grants("state lost", "WG1-02-8.1-17", member("states", [])),
    _grants("no receipt code", "WG1-02-8.1-18", member("receipt_confirmations", [])),
    _grants("undefined status", "WG1-02-8.2-01", member("status", "ok")),
    Fault("states ignored", "WG1-02-8.5-11", "grants", asking("/grants", lambda query: _drop(query, "states"))),
    Fault("first changed first", "WG1-02-8.5-16", "grants", answering("/grants", within("grants", then=list.reverse))),
    Fault("any status", "WG1-02-8.7-03", "grants", responding("/grants/", status(200, "PATCH", when=400))),
    Fault(
        "closed keeps its scope",
        "WG1-02-8.2-10",
        "grants",
        answering("/grants/", member("enabled_scope", "x"), "PATCH"),
    ),
    Fault(
        "tokens outlive a closed Grant",
        "WG1-02-8.2-13",
        "grants",
        answering("/oauth/introspect", member("active", True), "POST"),
    ),
    Fault(
        "no cds_grant_ids", "WG1-02-8.4-01", "authorize", answering("/oauth/token", without("cds_grant_ids"), "POST")
    ),
    Fault("empty cds_grant_ids", "WG1-02-8.4-03", "authorize", answering("/oauth/token", _empty_grant_ids, "POST")),
    Fault(
        "details not returned",
        "WG1-02-3.2-17",
        "authorize",
        answering("/oauth/token", without("authorization_details"), "POST"),
    ),
    Fault(
        "prompt ignored", "WG1-02-8.3-07", "authorize", asking("/oauth/authorize", lambda query: _drop(query, "prompt"))
    ),
    Fault(
        "Grant of another owner",
        "WG1-02-3.3.2-32",
        "token",
        responding("/oauth/token", instead("POST", 400, {"access_token": "x"})),
    ),
]
