"""
Requests made up from the OpenAPI document, sensible and senseless, against the application in this process.

Whatever is asked, the answer is one the document tells of, and never a fault of the server.
"""

import io
import json
import os
from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.direct_access import Reach
from cdsc_server.domain.grants import Selection
from cdsc_server.services import direct_access, files
from cdsc_server.services.import_tariffs import import_tariffs
from cdsc_server.storage import aggregations
from cdsc_server.storage.db import transaction
from tests.factories import access, customer_data, tariffs
from tests.factories.catalogues import changed_catalogue

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

#: The kept document only names the tests; each asks the application for the document it is judged by.
KEPT = json.loads((Path(__file__).parents[2] / "openapi" / "cdsc.json").read_text(encoding="utf-8"))
OPERATIONS = [(method, path) for path, item in KEPT["paths"].items() for method in item]

#: What can be read without saying anything in the query.
PLAIN = [
    path
    for method, path in OPERATIONS
    if method == "get"
    and not any(
        parameter["required"] and parameter["in"] == "query"
        for parameter in KEPT["paths"][path]["get"].get("parameters", ())
    )
]

#: What a Client that comes for itself lists.
DIRECTLY = [path for path in PLAIN if path.startswith("/cds/") and "{" not in path]

#: Few locally, so that nobody waits; the long profile of Hypothesis makes it many.
EXAMPLES = 12 if hypothesis_settings().max_examples <= 100 else 300

SCOPES = (
    "account_list supply_details distribution_details bill_statements service_bills usage_data generation_mix "
    "account_programs service_programs"
)
#: For a Client that comes for itself; usage of groups takes time to add up, and has tests of its own.
DIRECT = (
    "query_accounts query_service_contracts query_service_points query_meter_devices query_bill_statements "
    "query_bill_sections query_usage query_aggregations"
)
FILES = "cds_server_provided_files"

#: An area with a map, which the catalogue that ships has none of.
AREA = """
[coverage.north]
entity_name = "Demo Gas & Electric"
country = "US"
name = "North of the river"
type = "geographic"
role = "authoritative"
infrastructure_types = []
commodity_types = []
capabilities = []
geojson_file = "north.geojson"
"""


@dataclass(frozen=True)
class Known:
    """What a Client that did everything right holds."""

    admin_id: str
    admin_secret: str
    admin_token: str
    data_token: str
    direct_token: str
    files_token: str
    path: dict

    def headers(self, operation, *, direct=False):
        """What this operation asks a caller to show; of data of Customers, that they agreed to or an operator did."""
        # The client that carries requests inside the process does not unpack what is compressed.
        plain = {"Accept-Encoding": "identity"}
        security = operation.definition.raw.get("security") or [{}]
        if "client_secret" in security[0]:
            return {**plain, **basic(self.admin_id, self.admin_secret)}
        if "oauth2" in security[0]:
            shared = self.direct_token if direct else self.data_token
            shared = self.files_token if "Files" in operation.definition.raw["tags"] else shared
            token = self.admin_token if security[0]["oauth2"] else shared
            return {**plain, "Authorization": f"Bearer {token}"}
        return plain


def basic(name, secret):
    return {"Authorization": "Basic " + b64encode(f"{name}:{secret}".encode()).decode()}


@pytest.fixture
def settings(settings, tmp_path):
    point = '{"type": "Point", "coordinates": [-73.9, 41.2]}'
    (tmp_path / "north.geojson").write_text(point, encoding="utf-8")
    catalogue = changed_catalogue(
        tmp_path, lambda text: text.replace("[coverage.ashford_bay]", f"{AREA}\n[coverage.ashford_bay]")
    )
    return replace(settings, registrations_per_hour=100_000, catalogue_file=catalogue)


@pytest.fixture
def known(app, client, clock, ports):
    """A registered Client, and a Grant that opens everything Ada has."""
    catalogue = app.extensions["cdsc"].catalogue
    registered = client.post(
        "/oauth/register", json={"scope": f"cds_client_admin {SCOPES} {DIRECT} {FILES}"}
    ).get_json()
    admin = (registered["client_id"], registered["client_secret"])
    as_admin = {"Authorization": f"Bearer {token(client, admin, scope='cds_client_admin')}"}
    objects = client.get("/clients", headers=as_admin).get_json()["clients"]
    credentials = client.get("/credentials", headers=as_admin).get_json()["credentials"]
    hello = {"type": "private_message", "previous_uri": None, "name": "Hello", "description": "We have begun."}
    message = client.post("/messages", json=hello, headers=as_admin).get_json()
    hook = client.post("/webhooks", json={"url": "https://client.example/hook"}, headers=as_admin).get_json()
    consenting = next(each for each in objects if "usage_data" in each["scope"].split())
    ports.blobs.put([customer_data.FILE])
    with app.app_context(), transaction() as session:
        store_customer(session)
    with app.app_context():
        import_tariffs(tariffs.document(tariffs.tariff(), assignments=[tariffs.on("C-house")]), clock=clock)
    with app.app_context(), transaction() as session:
        everything = [
            access.entry(
                catalogue,
                scope_id,
                Selection("account_selection", frozenset({"home"}), include_future=True),
                at=clock.now(),
                **every_include(catalogue.scopes[scope_id]),
            )
            for scope_id in SCOPES.split()
        ]
        access.grant(
            session,
            everything,
            at=clock.now(),
            token="unused",
            client_id=consenting["client_id"],
            registration_id=session.get(access.ClientRow, admin[0]).registration_id,
            expires=clock.now() + timedelta(days=1),
        )
    keeper = next(each for each in objects if each["scope"] == "cds_grant_admin")
    secret = next(each["client_secret"] for each in credentials if each["client_id"] == keeper["client_id"])
    receiver = next(each for each in objects if each["scope"] == FILES)
    visitor = next(each["client_id"] for each in objects if each["scope"] == DIRECT)
    its_secret = next(each["client_secret"] for each in credentials if each["client_id"] == visitor)
    with app.app_context():
        direct_access.set_reach(
            visitor, Reach.TEST_CUSTOMERS, reason="Tests", actor="test", catalogue=catalogue, clock=clock
        )
    whole = [{"type": each, **every_include(catalogue.scopes[each])} for each in DIRECT.split()]
    next(each for each in whole if each["type"] == "query_aggregations")["include_usage_segments"] = False
    with app.app_context():
        shared = files.share_file(
            receiver["client_id"],
            io.BytesIO(b"Readings of the north."),
            name="north.txt",
            catalogue=catalogue,
            clock=clock,
            blobs=app.extensions["cdsc"].ports.blobs,
        )

    def opens(client_id, grant_id):
        details = [{"type": "cds_grant_admin", "client_id": client_id, "grant_id": grant_id}]
        form = {"scope": "cds_grant_admin", "authorization_details": json.dumps(details)}
        return token(client, (keeper["client_id"], secret), **form)

    return Known(
        admin_id=admin[0],
        admin_secret=admin[1],
        admin_token=as_admin["Authorization"].removeprefix("Bearer "),
        data_token=opens(consenting["client_id"], "grant-unused"),
        direct_token=token(client, (visitor, its_secret), authorization_details=json.dumps(whole)),
        files_token=opens(receiver["client_id"], shared.grant_id),
        path={
            "client_id": consenting["client_id"],
            "credential_id": credentials[0]["credential_id"],
            "grant_id": "grant-unused",
            "message_id": message["message_id"],
            "webhook_id": hook["webhook_id"],
            "file_id": shared.file_id,
            "statement_id": "bill",
            "eac_id": "certificate",
            "aggregation_id": "bay",
            "region_id": "north",
            "entry_id": "north",
            "kind": "geojson",
        },
    )


def every_include(scope):
    """The fields of a scope that are yes or no, all of them yes; save that all that is named has to be there."""
    yes = (name for name, offered in scope.fields.items() if offered.field.format == "boolean")
    return {name: name != "error_if_no_preselections" for name in yes}


def token(client, credentials, **form):
    """An access token by client_credentials."""
    answer = client.post("/oauth/token", data={"grant_type": "client_credentials", **form}, headers=basic(*credentials))
    assert answer.status_code == 200, answer.text
    return answer.get_json()["access_token"]


def store_customer(session):
    """Ada's home with one of everything, and two days of readings with a gap."""
    make = customer_data
    session.add(make.customer("ada"))
    session.flush()
    session.add_all(
        [
            make.account("home"),
            make.contract("house", "home"),
            make.service_point("house-sp"),
            make.served("house-sp", "house"),
            make.meter("m-house"),
            make.installed("m-house", "house-sp"),
            make.statement("bill", "home", date(2026, 1, 5)),
            make.section(
                "december",
                "home",
                date(2025, 12, 1),
                date(2025, 12, 31),
                bill_statement_id="bill",
                contracts=["house"],
                service_points=["house-sp"],
                meter_devices=["m-house"],
            ),
        ]
    )
    session.flush()
    session.add(
        aggregations.AggregationRow(
            aggregation_id="bay", aggregation_number="R-1", name="The Bay", types=["public", "region", "meter_type"],
            confidential=False, is_test=True, lists={"meter_type": ["electric_usage"]},
            published={"meter_types": ["electric_usage"]}, addresses=["1 Quay"],
            regions=[{"id": "north", "name": "North", "types": ["geographic"], "geojson": {"type": "Point",
                      "coordinates": [Decimal("-73.9"), Decimal("41.2")]}}],
            created=make.THEN, modified=make.THEN, synced=make.THEN,
        )
    )  # fmt: skip
    session.flush()
    members = [("ada", Kind.METER_DEVICE, "m-house"), ("ada", Kind.SERVICE_POINT, "house-sp")]
    aggregations.set_members(session, "bay", members, at=make.THEN)
    row = make.series(session, "energy", contract_id="house", meter_device_id="m-house")
    make.readings(session, row, make.THEN, ["1.50", "", "0.000", *["2.25"] * 45])
    make.eac(session, "certificate", "rateplan", "R-house")
    sources = {"type": "electric_supply_mix", "indexes": [], "attribution": "individual", "supply_type": "wind"}
    share = make.series(session, "mix", contract_id="house", value_format=sources)
    make.readings(session, share, make.THEN, ["0.25", "", "0.5"])


def operation_of(app, method, path, *, at="/openapi.json"):
    """The operation as the application describes it, with members no schema tells of forbidden."""
    return operations_of(app, at=at)[path][method.upper()]


def operations_of(app, *, at):
    """Those of a document, by path and method in capitals."""
    document = json.loads(app.test_client().get(at).data)
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    for each in [each for item in document["paths"].values() for each in item.values()]:
        drop_conditions(each.get("requestBody"))
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    return schema


def drop_conditions(schema):
    """Take `if` and `then` out of a body: more than can be drawn from, and what is drawn may be refused anyway."""
    for member in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        drop_conditions(member)
    if isinstance(schema, dict) and any("if" in each for each in schema.get("allOf", ())):
        del schema["allOf"]


def requests_to(operation, known):
    """Requests that fit the document and requests that do not, for known objects as well as for made-up ones."""
    kinds = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
    names = {parameter.name for parameter in operation.path_parameters}
    if names:
        path = {name: known.path[name] for name in names}
        kinds.append(operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=path))
    if operation.query or operation.body or names:
        kinds.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    return st.one_of(kinds)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_asked_the_answer_is_one_the_document_tells_of(app, known, method, path):
    """No server error, and no status, content type or member that is not written down."""
    operation = operation_of(app, method, path)

    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize="CI" in os.environ,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests_to(operation, known), direct=st.booleans())
    def ask(case, direct):
        case.call_and_validate(headers=known.headers(operation, direct=direct), checks=CHECKS)

    ask()


@pytest.mark.parametrize(("path", "direct"), [*((path, False) for path in PLAIN), *((path, True) for path in DIRECTLY)])
def test_a_right_request_is_answered_as_the_document_says(app, known, path, direct):
    """Objects with every optional member open, so that the schemas are held to full answers."""
    operation = operation_of(app, "get", path)
    names = {parameter.name for parameter in operation.path_parameters}

    case = operation.Case(path_parameters={name: known.path[name] for name in names})
    answer = case.call_and_validate(headers=known.headers(operation, direct=direct), checks=CHECKS)

    assert answer.status_code < 400
    # An empty list conforms to anything.
    listing = path.startswith(("/cds/", "/cost_estimates")) and not names
    assert not listing or any(value for value in answer.json().values() if isinstance(value, list))


def nul_requests():
    """Every parameter and every text in a body, one at a time, with U+0000 in it."""
    for method, path in OPERATIONS:
        operation = KEPT["paths"][path][method]
        for parameter in operation.get("parameters", ()):
            yield method, path, parameter["in"], parameter["name"]
        for content in operation.get("requestBody", {"content": {}})["content"].values():
            schema = KEPT["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
            for name, member in schema["properties"].items():
                if "string" in member["type"]:
                    yield method, path, "body", name


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_text_that_postgresql_cannot_hold_is_no_server_error(app, known, client):
    """U+0000 is a character of JSON and of queries, but not of PostgreSQL's text."""
    operations = {each: operation_of(app, *each) for each in OPERATIONS}
    for method, path, place, name in nul_requests():
        operation = operations[method, path]
        parts = {"path_parameters": {each.name: known.path[each.name] for each in operation.path_parameters}}
        if place == "path":
            parts["path_parameters"][name] = "a\0b"
        elif place == "query":
            parts["query"] = {name: "a\0b"}
        else:
            parts["body"] = {name: "a\0b"}
            parts["media_type"] = next(iter(operation.definition.raw["requestBody"]["content"]))
        case = operation.Case(**parts)

        case.call_and_validate(headers=known.headers(operation), checks=CHECKS)
