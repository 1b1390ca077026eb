"""The admin API asked for what its document tells of, and for what it does not, by a program that may do everything."""

import io
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings

from cdsc_server.domain.operators import Role
from cdsc_server.services import files, operators, service_accounts
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from tests.conformance.test_schemathesis import (
    CHECKS,
    EXAMPLES,
    basic,
    operation_of,
    requests_to,
    store_customer,
    token,
)
from tests.factories import groups
from tests.factories.access import unidentified_grant
from tests.factories.messages import Box, attachment
from tests.factories.oauth import ALL_SCOPES, register

DOCUMENT = "/admin/openapi.json"
KEPT = json.loads((Path(__file__).parents[2] / "openapi" / "admin.json").read_text(encoding="utf-8"))
OPERATIONS = [(method, path) for path, item in KEPT["paths"].items() for method in item]
READ = [path for method, path in OPERATIONS if method == "get"]
LISTINGS = [path for path in READ if KEPT["paths"][path]["get"]["operationId"].startswith("admin_list")]


@dataclass(frozen=True)
class Held:
    """A token that opens everything, and an object of each kind."""

    headers: dict
    path: dict


@pytest.fixture
def settings(settings):
    return replace(settings, registrations_per_hour=100_000)


@pytest.fixture
def held(app, client, clock):
    """A Client that has asked for something, and has something of everything."""
    context = app.extensions["cdsc"]
    box = Box(app, register(client, f"{ALL_SCOPES} cds_server_provided_files"), clock)
    message = box.posted("support_request", attachments=[attachment()])
    with app.app_context(), transaction() as session:
        store_customer(session)
        asking = session.get_one(ClientRow, box.party.app.client_id)
        unidentified_grant(session, asking, ["40-1111"], at=clock.now())
        by = {"registration_id": asking.registration_id, "client_id": asking.client_id}
        groups.waiting_for(session, "ada", number="R-1", at=clock.now(), **by)
    with app.app_context(), reading() as session:
        receiver = session.query(ClientRow).filter_by(scope="cds_server_provided_files").one().client_id
    with app.app_context():
        shared = files.share_file(
            receiver,
            io.BytesIO(b"Readings of the north."),
            name="north.txt",
            catalogue=context.catalogue,
            clock=clock,
            blobs=context.ports.blobs,
        )
        account = service_accounts.add_account("all", roles=set(Role), actor="command line", clock=clock)
        operators.add_operator(
            "olga@dge.example",
            display_name="Olga",
            roles={Role.SUPPORT},
            password="correct horse battery",
            actor="command line",
            clock=clock,
        )
    bearer = token(client, (account.client_id, account.secret))
    return Held(
        # The client that carries requests inside the process does not unpack what is compressed.
        headers={"Accept-Encoding": "identity", "Authorization": f"Bearer {bearer}"},
        path={
            "registration_id": box.registration_id,
            "client_id": box.party.app.client_id,
            "message_id": message["message_id"],
            "position": "0",
            "grant_id": shared.grant_id,
            "file_id": shared.file_id,
            "aggregation_id": "bay",
            "username": "olga@dge.example",
            "scope": "usage_data",
            "field": "segment_end",
        },
    )


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_is_asked_the_answer_is_one_the_document_tells_of(app, held, method, path):
    """No server error, and no status, content type or member that is not written down."""
    operation = operation_of(app, method, path, at=DOCUMENT)

    @hypothesis_settings(
        max_examples=EXAMPLES,
        derandomize="CI" in os.environ,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests_to(operation, held))
    def ask(case):
        case.call_and_validate(headers=held.headers, checks=CHECKS)

    ask()


@pytest.mark.parametrize("path", READ)
def test_a_right_request_is_answered_as_the_document_says(app, held, path):
    """With something of every kind there, so that the schemas are held to full answers."""
    operation = operation_of(app, "get", path, at=DOCUMENT)
    names = {parameter.name for parameter in operation.path_parameters}

    case = operation.Case(path_parameters={name: held.path[name] for name in names})
    answer = case.call_and_validate(headers=held.headers, checks=CHECKS)

    assert answer.status_code == 200
    # An empty list conforms to anything.
    assert path not in LISTINGS or any(value for value in answer.json().values() if isinstance(value, list))


@pytest.mark.parametrize("path", READ)
def test_without_a_token_nothing_is_told(app, held, path):
    operation = operation_of(app, "get", path, at=DOCUMENT)
    names = {parameter.name for parameter in operation.path_parameters}
    for headers in ({}, basic("operator-x", "y")):
        case = operation.Case(path_parameters={name: held.path[name] for name in names})
        answer = case.call_and_validate(headers={"Accept-Encoding": "identity", **headers}, checks=CHECKS)

        assert answer.status_code == 401
