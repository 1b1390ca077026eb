"""The OpenAPI document and its reader, as anybody may fetch them."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from openapi_spec_validator import OpenAPIV31SpecValidator

from cdsc_server import cli_openapi
from cdsc_server.cli import commands
from cdsc_server.web.describe import description_of, reason_of
from cdsc_server.web.problems import STYLE

KEPT = Path(__file__).parents[2] / "openapi"


@pytest.fixture
def document(client):
    return client.get("/openapi.json").get_json()


@pytest.fixture(params=[("admin", "cdsc_operator"), ("provisioning", "provisioning")], ids=lambda each: each[0])
def service_door(request):
    """A door of service accounts: its name, and the scope of its tokens."""
    return request.param


@pytest.fixture
def service_document(client, service_door):
    return client.get(f"/{service_door[0]}/openapi.json").get_json()


def test_the_document_is_valid_openapi(document):
    """References resolve, and every object has the shape OpenAPI 3.1 gives it."""
    # Through text, because our own reader gives Decimal where the validator wants float.
    OpenAPIV31SpecValidator(json.loads(json.dumps(document, default=float))).validate()

    assert document["openapi"].startswith("3.1.")


def test_documents_of_service_accounts_are_valid_openapi_too(service_document, service_door):
    """Each is a document of its own: a Client has no use for it."""
    OpenAPIV31SpecValidator(json.loads(json.dumps(service_document, default=float))).validate()

    assert service_document["info"]["title"].endswith(f"{service_door[0]} API")


def test_each_document_tells_of_its_own_operations_only(document, service_document, service_door):
    """What service accounts call, and what Clients and Customers call."""
    name, scope = service_door
    assert all(path.startswith(f"/{name}/") for path in service_document["paths"])
    assert not any(path.startswith(f"/{name}") for path in document["paths"])
    assert set(service_document["components"]["securitySchemes"]) == {"oauth2"}
    for item in service_document["paths"].values():
        for operation in item.values():
            assert operation["security"] == [{"oauth2": [scope]}]
            assert "of a service account with " in operation["description"]
            assert 0 < len(operation["summary"]) < 80


def test_every_parameter_of_service_accounts_is_explained(service_document):
    parameters = [
        parameter
        for item in service_document["paths"].values()
        for operation in item.values()
        for parameter in operation.get("parameters", ())
    ]

    assert len(parameters) > 4
    assert [each["name"] for each in parameters if not each.get("description")] == []


def test_every_door_of_service_accounts_has_a_reader(client, service_door):
    page = client.get(f"/{service_door[0]}/docs").text

    assert f'data-document="/{service_door[0]}/openapi.json"' in page
    assert f"{service_door[0].title()} API reference" in page


def test_every_api_route_is_described(app):
    """What is not in the document has a reason beside the view; pages for people are the reason themselves."""
    pages = {name for name, blueprint in app.blueprints.items() if getattr(blueprint, STYLE, "") == "page"}
    silent = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.rpartition(".")[0] not in pages
        and description_of(app.view_functions[rule.endpoint]) is None
        and reason_of(app.view_functions[rule.endpoint]) is None
    ]

    assert silent == []


def test_every_operation_says_what_it_does_and_implements(document):
    """A summary of one line, and the section of the standard."""
    operations = [operation for item in document["paths"].values() for operation in item.values()]

    assert len(operations) > 20
    for operation in operations:
        assert 0 < len(operation["summary"]) < 80, operation["operationId"]
        assert "Implements " in operation["description"]


def test_every_parameter_and_member_of_a_request_is_explained(document):
    """A name alone helps nobody who reads the page."""
    silent = [
        f"{operation['operationId']}.{parameter['name']}"
        for item in document["paths"].values()
        for operation in item.values()
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]

    assert silent == []


def test_the_document_names_this_server(settings, document):
    """A Client can use the addresses in it as they stand."""
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]

    assert document["servers"] == [{"url": settings.base_url}]
    assert flows["authorizationCode"]["authorizationUrl"] == f"{settings.base_url}/oauth/authorize"


def test_the_scopes_are_those_of_the_catalogue(app, document):
    """Those a Customer approves under one flow, those a Client gets by itself under the other."""
    flows = document["components"]["securitySchemes"]["oauth2"]["flows"]
    offered = app.extensions["cdsc"].catalogue.scopes

    assert {*flows["authorizationCode"]["scopes"], *flows["clientCredentials"]["scopes"]} == set(offered)
    assert "usage_data" in flows["authorizationCode"]["scopes"]
    assert "cds_client_admin" in flows["clientCredentials"]["scopes"]


def test_the_document_is_not_sent_twice(client):
    """A tool that polls gets 304 while nothing changed."""
    tag = client.get("/openapi.json").headers["ETag"]

    answer = client.get("/openapi.json", headers={"If-None-Match": tag})

    assert answer.status_code == 304
    assert answer.data == b""


def test_the_kept_documents_are_what_the_code_stands_for():
    """openapi/ is reviewed with the code that changes it; `make openapi` renews it."""
    assert cli_openapi.differing(KEPT, cli_openapi.rendered()) == []


def test_the_kept_documents_name_no_host():
    """They are the same wherever they were written."""
    for text in cli_openapi.rendered().values():
        assert not re.search(r"localhost|127\.0\.0\.1", text)
    assert json.loads(cli_openapi.rendered()["cdsc.json"])["servers"] == [{"url": "/"}]


def test_check_tells_a_stale_document(tmp_path):
    """The command that CI can run without git: silent when the same, exit status 1 when not."""
    CliRunner().invoke(commands, ["openapi", "--write", str(tmp_path)], catch_exceptions=False)
    same = CliRunner().invoke(commands, ["openapi", "--check", str(tmp_path)])
    (tmp_path / "cdsc.json").write_text("{}")
    stale = CliRunner().invoke(commands, ["openapi", "--check", str(tmp_path)])

    assert same.exit_code == 0
    assert stale.exit_code == 1
    assert "cdsc.json" in stale.output
    assert "cdsc.yaml" not in stale.output


def test_the_reader_may_ask_this_server_only(client):
    """Its policy refuses other hosts, and anything inline."""
    answer = client.get("/docs")
    policy = answer.headers["Content-Security-Policy"]

    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_files_of_the_reader_can_be_kept(client):
    """Their address holds a hash of their content."""
    address = re.search(r'src="([^"]+reader\.js)"', client.get("/docs").text).group(1)

    answer = client.get(address, buffered=True)

    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "address",
    ["/docs/static/0000000000000000/reader.js", "/docs/static/None/nothing.js", "/docs/static/None/../views.py"],
)
def test_there_are_no_other_files(client, address):
    """An old address, a name nobody knows, and a way out of the directory."""
    assert client.get(address).status_code == 404
