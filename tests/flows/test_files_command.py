"""`cdsc files`: from the terminal to the Client."""

import json

import pytest
from click.testing import CliRunner

from cdsc_server.cli import commands
from cdsc_server.errors import NotFound
from tests.factories.oauth import register
from tests.support.oauth import judged_before_storage


@pytest.fixture
def run(settings, monkeypatch):
    """Runs the command over the database and the files of this test."""
    from cdsc_server.settings import Settings

    monkeypatch.setattr(Settings, "from_environment", lambda: settings)

    def runs(*arguments):
        return CliRunner().invoke(commands, ["files", *map(str, arguments)])

    return runs


@judged_before_storage
def test_a_file_is_shared_read_and_withdrawn(app, client, run, tmp_path):
    """Whoever runs the server types two commands; the Client does the rest by the API."""
    party = register(client, "cds_client_admin cds_server_provided_files")
    paper = tmp_path / "paper.txt"
    paper.write_text("Read me.")

    shared = run("share", party.admin.client_id, paper, "--name", "read-me.txt", "--description", "A paper.")
    told = dict(line.split()[:2] for line in shared.output.splitlines())
    entry = {"type": "cds_grant_admin", "client_id": told["client_id"], "grant_id": told["grant_id"]}
    form = {"grant_type": "client_credentials", "authorization_details": json.dumps([entry])}
    token = party.token(form, by=party.grant_admin).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    (file,) = client.get("/files", headers=headers).json["files"]
    read = client.get(f"/files/{told['file_id']}/download", headers=headers, buffered=True)
    withdrawn = run("withdraw", told["file_id"])

    assert (shared.exit_code, withdrawn.exit_code) == (0, 0)
    assert (file["name"], file["description"], file["mime_type"]) == ("read-me.txt", "A paper.", "text/plain")
    assert read.data == b"Read me."
    assert client.get("/files", headers=headers).status_code == 401


@judged_before_storage
def test_who_is_not_there_gets_nothing(app, run, tmp_path):
    """The command ends with a word, and not with a Grant."""
    paper = tmp_path / "paper.txt"
    paper.write_text("Read me.")

    assert isinstance(run("share", "unknown", paper).exception, NotFound)
    assert isinstance(run("withdraw", "unknown").exception, NotFound)
    assert run("share", "unknown", tmp_path / "none").exit_code == 2
