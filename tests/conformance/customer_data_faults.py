"""Faults in what a token of a Customer's Grant reads (CDS-WG3-01 6, 7, 10)."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from tests.conformance.faults import (
    ADMIN,
    GRANT_ADMIN,
    OAUTH,
    USAGE,
    Fault,
    answering,
    asking,
    each,
    instead,
    media_type,
    member,
    responding,
    status,
    within,
    without,
)

ACCOUNTS, BILLS, CHARGES = "account_list", "bill_statements", "service_bills"
SUPPLY, METERS, MIX = "supply_details", "distribution_details", "generation_mix"
AUTHORIZE = "/oauth/authorize"


def _only(*scopes):
    """Offer no other scopes: the kit agrees to each that there is, and that takes its time."""
    kept = {ADMIN, GRANT_ADMIN, *scopes}

    def change(body):
        described = body["cds_scope_descriptions"]
        body["cds_scope_descriptions"] = {name: each for name, each in described.items() if name in kept}

    return answering(OAUTH, change)


def _fault(name, row, wrap, *scopes, plan="data"):
    narrowed = _only(*scopes) if scopes else lambda app: app
    return Fault(name, row, plan, lambda app: narrowed(wrap(app)))


def _listed(kind, change):
    """Change every object of a listing."""
    return answering(f"/cds/{kind}", each(kind, change))


def _body(kind, change):
    """Change a listing as a whole."""
    return answering(f"/cds/{kind}", change)


def _has(name, value):
    """Give a member another value where it is there."""
    return lambda thing: thing.update({name: value}) if name in thing else None


def _inner(name, change):
    """Change everything in a list of an object."""

    def all_of_them(thing):
        for one in thing.get(name) or []:
            change(one)

    return all_of_them


def _cells(change):
    """Change the rows of values of a segment that has some."""
    return lambda segment: change(segment["values"]) if segment["values"] else None


def _unasked(*names):
    """Lose fields of authorization_details on the way in."""

    def change(form):
        if "authorization_details" in form:
            entries = json.loads(form["authorization_details"])
            form["authorization_details"] = json.dumps(
                [{name: value for name, value in entry.items() if name not in names} for entry in entries]
            )

    return asking(AUTHORIZE, change)


def _all_of(name):
    """Offer everything for a choice of one (CDS-WG3-01 7.1.3)."""

    def change(form):
        entries = json.loads(form.get("authorization_details", "[]"))
        for entry in entries:
            if name in entry:
                entry[name] = ["_all"]
        if entries:
            form["authorization_details"] = json.dumps(entries)

    return asking(AUTHORIZE, change)


def _in_two(request, response):
    """A short list with an empty part after it."""
    if not request.query_string and response.is_json:
        body = response.get_json()
        body["next"] = f"{request.url}?cds_servicepoint_ids=none"
        response.set_data(json.dumps(body))


def _twice(body):
    body["service_contracts"] += body["service_contracts"][:1]


def _without_second_filter(query):
    if len(query) > 1:
        query.pop(sorted(query)[-1])


def _hidden_account(thing):
    thing.setdefault("account_number", "A-a1")


def _no_hidden_bill(thing):
    for charge in thing.get("new_charges") or []:
        charge["related_billsections"] = ["s1"]


def _shown_to_all(request, response):
    """A file that nobody has to show a token for."""
    if response.status_code == 401 and request.path.endswith("/file"):
        return Response(b"%PDF", mimetype="application/pdf")
    return None


def _old(body):
    for entry in body.get("authorization_details") or []:
        if "statement_date_start" in entry:
            entry["statement_date_start"] = "2000-01-01"


def _entries(change):
    """Change every entry of authorization_details."""
    return _inner("authorization_details", change)


def _kept(entry):
    entry["account_numbers"] = ["A-a1"]


def _another_error(request, response):
    if "error=access_denied" in response.headers.get("Location", ""):
        response.headers["Location"] = response.headers["Location"].replace("access_denied", "server_error")


def _sent_on(request, response):
    """Back to wherever the request says."""
    if response.status_code == 400 and "redirect_uri" in request.args:
        return Response(status=302, headers={"Location": request.args["redirect_uri"] + "?error=invalid_request"})
    return None


def _on_a_page(request, response):
    if "error=invalid_scope" in response.headers.get("Location", ""):
        return Response("<title>Sorry</title>", status=400, mimetype="text/html")
    return None


def _written(path, old, new):
    """Pages at a path and below with other words."""

    def change(_request, response):
        if response.mimetype == "text/html":
            response.set_data(response.get_data(as_text=True).replace(old, new))

    return responding(path, change)


def _searchable(_request, response):
    if response.mimetype == "text/html":
        response.headers.pop("X-Robots-Tag", None)
        response.set_data(response.get_data(as_text=True).replace("noindex", "index"))


def _unsent(path):
    """Forms at a path and below do nothing."""

    def wrap(app):
        def faulty(environ, start_response):
            if environ["PATH_INFO"].startswith(path):
                environ["REQUEST_METHOD"] = "GET"
            return app(environ, start_response)

        return faulty

    return wrap


def _denied(query):
    query["error"] = "access_denied"
    query.pop("error_description", None)


def _another_entity(thing):
    if thing.get("supply_entity"):
        thing["supply_entity"] = {**thing["supply_entity"], "entity_name": "Somebody Else"}


CUSTOMER_DATA_FAULTS = [
    _fault("no next", "WG3-01-10.1.10-02", _body("accounts", without("next")), ACCOUNTS),
    _fault("meters are nowhere", "WG3-01-10.4.5-01", responding("/cds/meter_devices", status(404)), METERS),
    _fault("a contract twice", "WG3-01-10.2.7-07", _body("service_contracts", _twice), SUPPLY),
    _fault("short list in parts", "WG3-01-10.3.5-06", responding("/cds/service_points", _in_two), METERS),
    _fault(
        "something before the first",
        "WG3-01-10.1.10-08",
        _body("accounts", member("previous", "https://x.example/")),
        ACCOUNTS,
    ),
    _fault(
        "contracts for everybody",
        "WG3-01-10.2.7-03",
        responding(
            "/cds/service_contracts",
            instead(
                "GET", 403, {"service_contracts": [{"cds_servicecontract_id": "x"}], "next": None, "previous": None}
            ),
        ),
        ACCOUNTS,
    ),
    _fault(
        "accounts without a token",
        "WG3-01-10-04",
        responding("/cds/accounts", instead("GET", 401, {"accounts": [], "next": None, "previous": None})),
        ACCOUNTS,
    ),
    _fault(
        "contract_numbers ignored",
        "WG3-01-10.2.7-12",
        asking("/cds/service_contracts", lambda query: query.pop("contract_numbers", None)),
        SUPPLY,
    ),
    _fault(
        "before ignored",
        "WG3-01-10.6.9-11",
        asking("/cds/bill_sections", lambda query: query.pop("before", None)),
        CHARGES,
    ),
    _fault(
        "numbers of contracts ignored",
        "WG3-01-10.8.8-16",
        asking("/cds/usage_segments", lambda query: query.pop("contract_numbers", None)),
        USAGE,
    ),
    _fault("one filter of two", "WG3-01-10.2.7-09", asking("/cds/service_contracts", _without_second_filter), SUPPLY),
    _fault(
        "q finds nothing",
        "WG3-01-10.1.10-15",
        asking("/cds/accounts", lambda query: query.update(q="zzz") if "q" in query else None),
        ACCOUNTS,
    ),
    _fault(
        "q finds what is hidden",
        "WG3-01-10.1.10-16",
        asking("/cds/accounts", lambda query: query.pop("q", None)),
        ACCOUNTS,
    ),
    _fault(
        "first changed first", "WG3-01-10.1.10-25", _body("accounts", within("accounts", then=list.reverse)), ACCOUNTS
    ),
    _fault(
        "oldest bill first",
        "WG3-01-10.5.4-15",
        _body("bill_statements", within("bill_statements", then=list.reverse)),
        BILLS,
    ),
    _fault("no parent", "WG3-01-10.1.1-05", _listed("accounts", without("cds_account_parent")), ACCOUNTS),
    _fault(
        "contract end as a time",
        "WG3-01-10.2.1-12",
        _listed("service_contracts", _has("contract_start", "2026-01-01T00:00:00Z")),
        SUPPLY,
    ),
    _fault(
        "null for no page",
        "WG3-01-10.1.8-15",
        _listed("accounts", _inner("account_programs", member("more_info", None))),
        ACCOUNTS,
    ),
    _fault(
        "undefined service",
        "WG3-01-10.2.4-01",
        _listed("service_contracts", member("service_types", ["power"])),
        SUPPLY,
    ),
    _fault("number not opened", "WG3-01-7.2.1.1-05", _listed("accounts", without("account_number")), ACCOUNTS),
    _fault("scope opens less", "WG3-01-6.1.4-17", _listed("accounts", without("account_name")), ACCOUNTS),
    _fault("number of an account leaks", "WG3-01-7.2.1-08", _listed("accounts", _hidden_account), ACCOUNTS),
    _fault(
        "optional member of a contract leaks",
        "WG3-01-7.2.2-10",
        _listed("service_contracts", lambda thing: thing.setdefault("rateplan_name", "R")),
        SUPPLY,
    ),
    _fault("amount in quotes", "WG3-01-2-03", _listed("bill_statements", member("amount_due", "109.90")), BILLS),
    _fault(
        "number of another entity",
        "WG3-01-10.1.4-07",
        answering("/coverage", each("coverage_entries", member("entity_number", "X"))),
        ACCOUNTS,
    ),
    _fault(
        "phone number with blanks",
        "WG3-01-10.1.6-06",
        _listed("accounts", _inner("account_contacts", _has("value", "555 01 00"))),
        ACCOUNTS,
    ),
    _fault(
        "balance without currency",
        "WG3-01-10.1.9-04",
        _listed("accounts", _inner("account_programs", without("currency"))),
        ACCOUNTS,
    ),
    _fault("accounts of a list are shut", "WG3-01-6.1.4-15", responding("/cds/accounts", status(403)), ACCOUNTS),
    _fault(
        "numbers of charged contracts lost",
        "WG3-01-6.1.8-19",
        _listed("service_contracts", without("contract_number")),
        CHARGES,
    ),
    _fault("choice ignored", "WG3-01-6.1.5-20", _all_of("contract_numbers"), SUPPLY),
    _fault("usage beside the choice", "WG3-01-6.1.9-22", _all_of("contract_numbers"), USAGE),
    _fault(
        "point nobody sees",
        "WG3-01-10.4.1-11",
        _listed("meter_devices", member("current_servicepoints", ["hidden"])),
        METERS,
    ),
    _fault("account of a bill is missing", "WG3-01-7.2.1-04", _body("accounts", member("accounts", [])), BILLS),
    _fault(
        "points between are missing", "WG3-01-7.2.2-09", _body("service_points", member("service_points", [])), METERS
    ),
    _fault("section nobody sees", "WG3-01-10.5.2-09", _listed("bill_statements", _no_hidden_bill), BILLS),
    _fault("start of bills ignored", "WG3-01-7.3.2-04", _unasked("statement_date_start"), BILLS),
    _fault("end of sections ignored", "WG3-01-7.3.5-04", _unasked("end_date"), CHARGES),
    _fault("segments never cut", "WG3-01-7.3.6-07", _unasked("segment_start"), USAGE),
    _fault("whole segment stays", "WG3-01-7.3.7-08", _unasked("segment_end"), USAGE),
    _fault("limits of usage ignored", "WG3-01-6.1.9-26", _unasked("segment_start"), USAGE),
    _fault("bills since ever", "WG3-01-7.3.2-05", answering("/oauth/token", _old, "POST"), BILLS),
    _fault(
        "formats all the same",
        "WG3-01-7.2.8.1-06",
        _listed("usage_segments", lambda thing: thing["formats"].append({"id": "x", "type": "cost"})),
        USAGE,
    ),
    _fault(
        "value nobody chose",
        "WG3-01-7.2.8.1-07",
        _listed("usage_segments", _inner("formats", _has("units", "MWh"))),
        USAGE,
    ),
    _fault("listing called text", "WG3-01-7.4.6-07", responding("/cds/accounts", media_type("text/plain")), ACCOUNTS),
    _fault("Grant listed later", "WG3-01-6-02", answering("/grants", member("grants", [])), ACCOUNTS),
    _fault(
        "a cell too many",
        "WG3-01-10.8.3-02",
        _listed("usage_segments", _cells(lambda rows: rows[0].append(None))),
        USAGE,
    ),
    _fault(
        "end too late",
        "WG3-01-10.8.1-16",
        _listed("usage_segments", member("segment_end", "2999-01-01T00:00:00Z")),
        USAGE,
    ),
    _fault(
        "energy in quotes",
        "WG3-01-10.8.5.1.2-01",
        _listed("usage_segments", _cells(lambda rows: rows[0][0].update(eu="1") if rows[0][0] else None)),
        USAGE,
    ),
    _fault(
        "energy in miles",
        "WG3-01-10.8.5.1.1-10",
        _listed(
            "usage_segments",
            _inner("formats", lambda found: found.update(units="miles") if found["type"] == "electric_usage" else None),
        ),
        USAGE,
    ),
    _fault(
        "quality null",
        "WG3-01-10.8.5.1.1-19",
        _listed("usage_segments", _inner("formats", member("quality", None))),
        USAGE,
    ),
    _fault(
        "more than the whole",
        "WG3-01-10.8.5.3.2-04",
        _listed(
            "usage_segments", _cells(lambda rows: [cell.update(sm=1.5) for cell in rows[0] if cell and "sm" in cell])
        ),
        MIX,
    ),
    _fault("due and lines differ", "WG3-01-10.5.1-27", _listed("bill_statements", member("amount_due", 1)), BILLS),
    _fault("file for everybody", "WG3-01-10.5.1-24", responding("/cds/bill_statements/", _shown_to_all), BILLS),
    _fault(
        "file of another type",
        "WG3-01-10.5.1-26",
        _listed("bill_statements", _has("file_mimetype", "text/plain")),
        BILLS,
    ),
    _fault(
        "time of use lost",
        "WG3-01-10.6.4-13",
        _listed("bill_sections", _inner("usage_details", without("tou"))),
        CHARGES,
    ),
    _fault(
        "line without unit",
        "WG3-01-10.6.7-14",
        _listed("bill_sections", _inner("line_items", without("units"))),
        CHARGES,
    ),
    _fault("one entity, two names", "WG3-01-10.6.1-24", _listed("bill_sections", _another_entity), CHARGES),
    _fault(
        "preselection stays in the token",
        "WG3-01-6.1.4-18",
        answering("/oauth/token", _entries(_kept), "POST"),
        ACCOUNTS,
    ),
    _fault(
        "preselection stays in the Grant",
        "WG3-01-6.1.4-19",
        answering("/grants", each("grants", _entries(_kept))),
        ACCOUNTS,
    ),
    _fault(
        "default not told",
        "WG3-01-7-03",
        answering("/oauth/token", _entries(without("allow_scope_modifications")), "POST"),
        ACCOUNTS,
    ),
    _fault(
        "duration not counted",
        "WG3-01-7.3-02",
        answering("/oauth/token", _entries(_has("sync_until", "P1Y")), "POST"),
        ACCOUNTS,
    ),
    _fault("bills before the furthest", "WG3-01-7.3-04", answering("/oauth/token", _old, "POST"), BILLS),
    _fault(
        "one receipt for all",
        "WG3-01-9.4-04",
        answering("/grants", each("grants", member("receipt_confirmations", ["X"]))),
        ACCOUNTS,
    ),
    _fault("states ignored", "WG3-01-9.1.1-35", asking("/grants", lambda query: query.pop("states", None)), ACCOUNTS),
    _fault("a no is an error of the server", "WG3-01-9.1.1-25", responding("/consent", _another_error), ACCOUNTS),
    _fault("no program is taken for the default", "WG3-01-6.1.2-14", _unasked("account_programs"), plan="authorize"),
    _fault("merged with nobody", "WG3-01-7.4.2-06", _unasked("merge_selection_with"), plan="authorize"),
    _fault("sent to a stranger", "WG3-01-9.1.1-11", responding(AUTHORIZE, _sent_on), plan="authorize"),
    _fault("wrong scope told on a page", "WG3-01-9.1.1-04", responding(AUTHORIZE, _on_a_page), plan="authorize"),
    _fault("number fills in nothing", "WG3-01-7.1.3-09", _unasked("contract_numbers"), SUPPLY, plan="form"),
    _fault("number fills in all", "WG3-01-7.1.1-06", _all_of("account_numbers"), ACCOUNTS, plan="form"),
    _fault("all fills in nothing", "WG3-01-7.1.1-04", _unasked("account_numbers"), ACCOUNTS, plan="form"),
    _fault("one of two fields counts", "WG3-01-7.1-04", _unasked("service_types"), SUPPLY, plan="form"),
    _fault(
        "nobody asks", "WG3-01-9.2.1.2-01", _written("/consent", "Conformance kit", "Somebody"), ACCOUNTS, plan="form"
    ),
    _fault(
        "links in the same tab", "WG3-01-9.2-12", _written("/consent", 'target="_blank"', ""), ACCOUNTS, plan="form"
    ),
    _fault(
        "durations of machines", "WG3-01-9.2.2.2-01", _written("/consent", "</h1>", " P3Y</h1>"), ACCOUNTS, plan="form"
    ),
    _fault("accounts without numbers", "WG3-01-9.2.3.1-03", _written("/consent", "A-a", ""), ACCOUNTS, plan="form"),
    _fault("receipts can be searched", "WG3-01-9.4-09", responding("/receipt", _searchable), ACCOUNTS, plan="form"),
    _fault(
        "numbers for strangers", "WG3-01-9.4-32", _written("/receipt", "</main>", "A-a1</main>"), ACCOUNTS, plan="form"
    ),
    _fault("receipts stop nothing", "WG3-01-9.4-45", _unsent("/receipt/"), ACCOUNTS, plan="form"),
    _fault("every failure is a no", "WG3-01-9.3.3-04", asking("/receipt-redirect", _denied), ACCOUNTS, plan="form"),
    _fault("keys are not looked at", "WG3-01-7.4.6-10", _unasked("jwk"), plan="authorize"),
    _fault("answers without the key", "WG3-01-7.4.6-12", _unasked("jwk"), ACCOUNTS),
]
