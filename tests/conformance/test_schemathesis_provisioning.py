"""The provisioning API asked for what its document tells of, and for what it does not, by a back office."""

import json
import os
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings

from cdsc_server import exact_json
from cdsc_server.domain.operators import Role
from cdsc_server.services import service_accounts
from tests.api.provisioning.homes import HOME
from tests.api.provisioning.test_bills import BILL, CERTIFICATE
from tests.conformance.test_schemathesis import CHECKS, EXAMPLES, operations_of, requests_to, token
from tests.factories import tariffs
from tests.factories.delta_files import delta, quarters
from tests.factories.supply_mixes import supply_mix
from tests.support.oauth import judged_before_storage

DOCUMENT = "/provisioning/openapi.json"
KEPT = json.loads((Path(__file__).parents[2] / "openapi" / "provisioning.json").read_text(encoding="utf-8"))


def about(path):
    """What an address of the API is about, such as "users"."""
    return path.split("/")[2]


#: What it takes, by what it is about.
OPERATIONS = {
    noun: [(method.upper(), path) for path in paths for method in KEPT["paths"][path]]
    for noun, paths in groupby(sorted(KEPT["paths"]), about)
}
#: One record of each kind, in an order in which they can be handed in.
RECORDS = [
    *HOME,
    {"kind": "tariff", **tariffs.tariff()},
    {"kind": "contract_tariffs", "external_contract_id": "C-1", "tariffs": tariffs.on("C-1")["tariffs"]},
    {"kind": "supply_mix", **supply_mix()},
    BILL,
    {**CERTIFICATE, "eac_format": "dge_certificate"},
]
#: The id of that record, by what its address is about.
IDS = {
    "label-partners": "north",
    "users": "A-1",
    "installations": "I-1",
    "meters": "M-1",
    "occupancies": "O-1",
    "contracts": "C-1",
    "tariffs": "T-1",
    "contract-tariffs": "C-1",
    "supply-mixes": "MIX-1",
    "bills": "B-1",
    "certificates": "E-1",
}


@schemathesis.serializer("application/x-ndjson", "text/csv", "application/vnd.apache.parquet")
def as_it_is(_context, value):
    """What is drawn for a body that no schema tells of."""
    return value if isinstance(value, bytes) else exact_json.dumps(str(value))


@dataclass(frozen=True)
class Asked:
    """A record that is there, as `requests_to` wants it."""

    path: dict


@pytest.fixture
def headers(app, client, clock):
    """Of a service account that handed in a record of each kind, and a file that was applied."""
    with app.app_context():
        account = service_accounts.add_account("office", roles={Role.PROVISIONER}, actor="command line", clock=clock)
    bearer = token(client, (account.client_id, account.secret), scope="provisioning")
    # The client that carries requests inside the process does not unpack what is compressed.
    headers = {"Accept-Encoding": "identity", "Authorization": f"Bearer {bearer}"}
    lines = b"\n".join(map(exact_json.dumps, RECORDS))
    rows = delta(*quarters("0.5", "0.25", meter="M-1"))
    for path, body, form in (("records", lines, "application/x-ndjson"), ("files", rows, "text/csv")):
        done = client.post(f"/provisioning/{path}", data=body, headers={**headers, "Content-Type": form})
        assert done.status_code == 200, done.text
    return headers


@pytest.mark.slow
@judged_before_storage
@pytest.mark.parametrize("noun", OPERATIONS)
def test_whatever_is_asked_the_answer_is_one_the_document_tells_of(app, headers, noun):
    """No server error, and no status, content type or member that is not written down."""
    described = operations_of(app, at=DOCUMENT)
    for method, path in OPERATIONS[noun]:
        asked = requests_to(described[path][method], Asked({"external_id": IDS.get(noun)}))

        @hypothesis_settings(
            # Bodies of many members take long to draw.
            max_examples=EXAMPLES // 3,
            derandomize="CI" in os.environ,
            database=None,
            phases=[Phase.explicit, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=asked)
        def ask(case):
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()


def test_what_was_handed_in_is_told_as_the_document_says(app, headers):
    """With something of every kind there, so that the schemas are held to full answers; and not without a token."""
    described = operations_of(app, at=DOCUMENT)
    for path in (path for path, item in KEPT["paths"].items() if "get" in item):
        operation = described[path]["GET"]
        names = {parameter.name for parameter in operation.path_parameters}
        case = operation.Case(path_parameters=dict.fromkeys(names, IDS.get(about(path))))
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        refused = case.call_and_validate(headers={"Accept-Encoding": "identity"}, checks=CHECKS)

        assert (answer.status_code, refused.status_code) == (200, 401), path
        # An empty list conforms to anything.
        assert names or any(value for value in answer.json().values() if isinstance(value, list)), path
