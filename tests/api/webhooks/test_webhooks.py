"""Clients look after their webhooks: none is called that did not show whose it is."""

from dataclasses import replace

import pytest

from cdsc_server.domain.webhooks import OFFERED
from tests.api.webhooks.conftest import Hook, asked
from tests.factories.oauth import register
from tests.support.oauth import judged_before_storage


def test_an_address_that_gives_the_challenge_back_is_used(pending, send, tell):
    """What happens meanwhile waits for it."""
    tell()
    assert pending.get()["status"] == "pending"
    assert send() == 2

    assert [call.event["type"] for call in pending.receiver.calls] == ["webhook.verification", "grant.changed"]
    assert pending.get() | {"created": "", "modified": "", "webhook_id": "", "uri": ""} == {
        "webhook_id": "",
        "uri": "",
        "url": pending.receiver.url,
        "events": [kind.value for kind in OFFERED],
        "status": "active",
        "fault": None,
        "failing_since": None,
        "former_secret_until": None,
        "created": "",
        "modified": "",
    }


@pytest.mark.parametrize("said", [b"", b"yes", b"[]", b'{"challenge": "another"}'])
def test_an_address_that_does_not_gets_no_event(pending, send, tell, said):
    """Somebody else's server answers 200 to much."""
    pending.receiver.answer = lambda _: (200, {}, said)
    tell()
    assert send() == 0

    assert pending.receiver.events() == []
    assert (pending.get()["status"], pending.get()["fault"]) == (
        "pending",
        "the address did not give back the challenge",
    )


def test_an_address_that_never_does_is_disabled(pending, send, settings, clock, party):
    """The Client reads why in a Message."""
    pending.receiver.answer = lambda _: (404, {}, b"")
    for _ in range(settings.webhook_tries):
        assert send() == 0
        clock.advance(hours=8)

    assert pending.get()["status"] == "disabled"
    unread = asked(party, "GET", "/messages").json["unread"]
    assert [each["name"] for each in unread if "Webhook" in each["name"]] == ["Webhook disabled"]


def test_another_address_has_to_show_it_too(hook, send, tell):
    """What waits goes to no address before."""
    there = hook.receiver.url + "/new"
    assert hook.call("PATCH", url=there).json["status"] == "pending"
    tell()
    hook.receiver.answer = lambda call: (500, {}, b"") if call.event["type"] == "webhook.verification" else None
    assert send() == 0

    assert [call.path for call in hook.receiver.calls] == ["/hook", "/hook/new"]
    assert hook.receiver.events() == []


@judged_before_storage
@pytest.mark.parametrize(
    "url",
    [
        "http://client.example/hook",
        "https://10.0.0.1/",
        "https://[::ffff:192.168.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://169.254.169.254/latest",
        "https://me:secret@client.example/",
        "https://client.example/#part",
        "ftp://client.example/",
        "https:///nowhere",
        "https://client.example:99999/",
        "not an address",
    ],
)
def test_addresses_inside_are_refused(party, url):
    refused = party.http.post("/webhooks", json={"url": url}, headers=party.bearer)

    assert (refused.status_code, refused.json["field"]) == (400, "url")
    assert party.http.get("/webhooks", headers=party.bearer).json == {"webhooks": []}


class TestInProduction:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, demo=False)

    def test_this_machine_is_refused_too(self, party, receiver):
        refused = party.http.post("/webhooks", json={"url": receiver.url}, headers=party.bearer)

        assert refused.status_code == 400
        assert party.http.get("/webhooks", headers=party.bearer).json == {"webhooks": []}


def test_there_is_a_limit_to_how_many_there_are(party):
    urls = [f"https://client.example/{n}" for n in range(11)]
    answers = [party.http.post("/webhooks", json={"url": url}, headers=party.bearer).status_code for url in urls]

    assert answers == [201] * 10 + [409]
    listed = party.http.get("/webhooks", headers=party.bearer).json["webhooks"]
    assert sorted(each["url"] for each in listed) == urls[:10]


def test_a_deleted_webhook_gets_nothing_more(hook, send, tell, outbox):
    tell()
    assert hook.call("DELETE").status_code == 204

    assert (send(), outbox()) == (0, [])
    assert hook.call("GET").status_code == 404


def test_webhooks_of_others_are_not_there(hook, client):
    """Not one of the ways to them says that they exist."""
    theirs = Hook(register(client), hook.receiver, hook.path, "")
    answers = [
        theirs.call("GET").status_code,
        theirs.call("PATCH", status="disabled").status_code,
        theirs.call("POST", "/secrets").status_code,
        theirs.call("GET", "/deliveries").status_code,
        theirs.call("POST", "/replays", since="2026-01-01T00:00:00Z").status_code,
        theirs.call("DELETE").status_code,
    ]

    assert answers == [404] * 6
    assert asked(theirs.party, "GET", "/webhooks").json == {"webhooks": []}
    assert hook.get()["status"] == "active"


def test_a_disabled_webhook_goes_on_after_it_was_asked_again(hook, send, tell):
    """What waited when it was disabled can be sent again."""
    tell("g1")
    assert hook.call("PATCH", status="disabled").json["status"] == "disabled"
    tell("g2")
    assert (send(), hook.receiver.events()) == (0, [])
    assert hook.call("POST", "/replays", since="2026-01-01T00:00:00Z").status_code == 409
    assert hook.call("PATCH", status="pending").status_code == 200
    assert send() == 1
    assert hook.call("POST", "/replays", since="2026-01-01T00:00:00Z").json == {"count": 1}
    assert send() == 1

    assert [each["data"]["grant_id"] for each in hook.receiver.events()] == ["g1"]
