"""`cdsc aggregations`: groups from a file."""

import json

import pytest
from click.testing import CliRunner

from cdsc_server.cli import commands
from cdsc_server.errors import Conflict, InvalidConfiguration
from cdsc_server.ports import SystemClock
from cdsc_server.services import aggregations
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow
from tests.factories import access, groups
from tests.support.oauth import judged_before_storage

FILE = """
[[aggregations]]
number = "B-17"
name = "Mill House"
types = ["confidential", "building", "premise_number"]
premise_numbers = ["17"]

[[aggregations]]
number = "R-1"
name = "Ashford Bay"
types = ["public", "region", "municipality"]
municipalities = ["Ashford Bay"]
regions = [{ id = "bay", name = "Ashford Bay", types = ["geographic"], geojson_file = "bay.geojson" }]
"""


@pytest.fixture
def run(settings, monkeypatch):
    """Runs the command over the database of this test."""
    from cdsc_server.settings import Settings

    monkeypatch.setattr(Settings, "from_environment", lambda: settings)

    def runs(*arguments):
        return CliRunner().invoke(commands, ["aggregations", *map(str, arguments)])

    return runs


@judged_before_storage
def test_groups_are_defined_opened_and_listed(app, clock, run, tmp_path):
    """An operator writes a file and types a few commands."""
    with app.app_context(), transaction() as session:
        session.add(access.registration(at=clock.now()))
        for name in ("ann", "ben"):
            groups.flat(session, name)
    (tmp_path / "bay.geojson").write_text(json.dumps({"type": "Point", "coordinates": [-71.1, 42.3]}))
    (tmp_path / "groups.toml").write_text(FILE)

    defined = run("define", "--fictional", tmp_path / "groups.toml")
    opened, again = run("open", "B-17", "reg"), run("open", "B-17", "reg")
    more = run("open", "B-17", "reg", "--members")
    closed, refreshed = run("close", "B-17", "reg"), run("refresh")
    listed = run("list")

    assert defined.output == "B-17  Mill House  2 customers\nR-1  Ashford Bay  2 customers\n"
    assert (opened.output, again.output) == ("B-17 is open for reg.\n", "They know of it already.\n")
    assert more.output == "B-17 is open for reg, with its members.\n"
    assert (closed.output, refreshed.output) == (
        "B-17 is closed for reg.\n",
        "0 groups have other members now.\n",
    )
    assert listed.output == defined.output


@judged_before_storage
@pytest.mark.parametrize("text", ["number = ", "number = 'B-17'", FILE.replace('premise_numbers = ["17"]', "")])
def test_a_file_with_faults_defines_nothing(app, run, tmp_path, text):
    """Not even the groups that are sound."""
    (tmp_path / "bay.geojson").write_text(json.dumps({"type": "Point", "coordinates": [-71.1, 42.3]}))
    (tmp_path / "groups.toml").write_text(text)

    assert isinstance(run("define", tmp_path / "groups.toml").exception, InvalidConfiguration)
    assert run("list").output == ""


@judged_before_storage
def test_a_map_that_cannot_be_read_is_told(app, run, tmp_path):
    """By the name of the file."""
    (tmp_path / "groups.toml").write_text(FILE)

    assert run("define", tmp_path / "groups.toml").exception.faults == ["bay.geojson cannot be read as JSON"]


@judged_before_storage
def test_a_paper_is_written_into_the_sub_grant_that_waits(app, clock, run):
    """Its time counts from then on; without a place where the form is filed, or twice, nothing is written."""
    with app.app_context():
        with transaction() as session:
            groups.flat(session, "ann")
            groups.waiting_for(session, "ann", at=clock.now())
        aggregations.define([groups.building()], is_test=True, country="US", actor="ops", clock=clock)

    unfiled = run("consent", "part-ann")
    written, again = (run("consent", "part-ann", "--reason", "Form 9") for _ in range(2))

    assert (unfiled.exit_code, written.output) == (2, "part-ann is agreed to.\n")
    assert type(again.exception) is Conflict
    with app.app_context(), reading() as session:
        whole, part = session.get_one(GrantRow, "whole"), session.get_one(GrantRow, "part-ann")
    assert (whole.status, part.status, part.enabled_scope) == ("active", "active", "aggregation_consent")
    assert len(part.selections[0]["ids"]) == 1
    assert part.expires.year == SystemClock().now().year + 1
