"""Operators say whose data a Client Object reads directly, by a program or at the console."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cdsc_server.cli_clients import client_commands
from cdsc_server.errors import NotFound
from tests.api.admin.conftest import employ, trail
from tests.api.console.conftest import hire

__all__ = ["employ", "hire", "trail"]

NOBODY = {"reach": "named", "named": []}


@pytest.fixture
def reads(get, direct):
    """The Accounts that a token of its own shows; none without a token."""

    def listed():
        answer = direct.ask({"type": "query_accounts"})
        if answer.status_code != 200:
            return answer.json["error"]
        accounts = get("/cds/accounts", answer.json["access_token"])["accounts"]
        return sorted(each["cds_account_id"] for each in accounts)

    return listed


def test_a_program_permits_and_takes_back(direct, employ, trail, reads):
    program, path = employ("reviewer"), f"clients/{direct.own.client_id}/direct-access"
    assert program.ask("GET", path).json == NOBODY

    def change(**asked):
        return program.ask("POST", path, {"reason": "Contract 7", **asked})

    permitted = change(step="permit", customer_id="ada", account_id="home").json
    assert [(each["customer_id"], each["account_id"]) for each in permitted["named"]] == [("ada", "home")]
    assert reads() == ["home"]
    assert change(step="reach", reach="test_customers").json["reach"] == "test_customers"
    assert reads() == ["bobs", "family", "home"]
    change(step="reach")
    assert change(step="forbid", customer_id="ada", account_id="home").json == NOBODY
    assert reads() == "unauthorized_client"
    subject = f"client:{direct.own.client_id}"
    done = ["client.permitted", "client.reach_set", "client.reach_set", "client.forbidden"]
    mine = [entry for entry in trail() if entry[2] == subject]
    assert sorted(mine) == sorted(("service:reviewer", each, subject) for each in done)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"step": "permit", "customer_id": "nobody"}, 400),
        ({"step": "permit", "customer_id": "ada", "account_id": "bobs"}, 400),
        ({"step": "forbid", "customer_id": "ada"}, 404),
    ],
)
def test_what_a_program_cannot_change_stays(direct, employ, trail, asked, status):
    program, path = employ("reviewer"), f"clients/{direct.own.client_id}/direct-access"

    assert program.ask("POST", path, {"reason": "Contract 7", **asked}).status_code == status
    assert program.ask("GET", path).json == NOBODY
    assert trail() == []


def test_a_reviewer_permits_and_takes_back_at_the_console(direct, hire, reads):
    desk, path = hire("reviewer"), f"/console/objects/{direct.own.client_id}/direct-access"
    desk.load(f"/console/objects/{direct.own.client_id}")
    assert path in desk.text
    desk.load(path)
    assert "Nobody is." in desk.text

    answer = desk.act(path, do="permit", customer_id="ada", account_id="", reason="Contract 7")
    desk.load(answer.location)
    assert "It may read this now." in desk.text
    assert "every one" in desk.text
    assert reads() == ["family", "home"]
    desk.act(path, do="reach", reach="test_customers", reason="Study")
    desk.load(path)
    assert "<strong>Every fictional Customer</strong>" in desk.text
    desk.act(path, do="reach", reach="named", reason="Study is over")
    desk.act(path, do="forbid", customer_id="ada", account_id="", reason="Contract ended")
    assert reads() == "unauthorized_client"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"do": "permit", "customer_id": "ada", "reason": " "}, 400),
        ({"do": "permit", "customer_id": "nobody", "reason": "Contract 7"}, 400),
        ({"do": "forbid", "customer_id": "ada", "reason": "Contract 7"}, 404),
        ({"do": "reach", "reach": "everybody", "reason": "Contract 7"}, 400),
        ({"reason": "Contract 7"}, 400),
    ],
)
def test_what_is_refused_at_the_console_changes_nothing(direct, hire, reads, fields, status):
    desk, path = hire("reviewer"), f"/console/objects/{direct.own.client_id}/direct-access"
    desk.load(path)

    assert desk.act(path, **fields).status_code == status
    assert reads() == "unauthorized_client"


def test_a_client_object_that_asks_customers_has_no_such_page_to_use(direct, hire):
    """It is told that it has no scope for it, and nothing can be permitted."""
    desk, path = hire("reviewer"), f"/console/objects/{direct.party.app.client_id}/direct-access"
    desk.load(path)
    assert "None of its scopes is for direct access." in desk.text

    assert desk.act(path, do="permit", customer_id="ada", reason="Why not").status_code == 409
    desk.load(path)
    assert "Nobody is." in desk.text


def test_an_operator_permits_on_a_terminal(direct, settings, monkeypatch, reads):
    for name in ("database_url", "key_file", "blob_dir", "base_url"):
        monkeypatch.setenv(f"CDSC_{name.upper()}", getattr(settings, name))
    client_id, why = direct.own.client_id, ("--reason", "Contract 7")

    def cdsc(*arguments):
        return CliRunner().invoke(client_commands, arguments)

    assert cdsc("permit", client_id, "--customer", "ada", "--account", "home", *why).exit_code == 0
    assert reads() == ["home"]
    assert cdsc("reach", client_id, "test_customers", *why).exit_code == 0
    assert reads() == ["bobs", "family", "home"]
    assert cdsc("reach", client_id, "named", *why).exit_code == 0
    assert cdsc("forbid", client_id, "--customer", "ada", "--account", "home", *why).exit_code == 0
    assert isinstance(cdsc("forbid", client_id, "--customer", "ada", *why).exception, NotFound)
    assert reads() == "unauthorized_client"
