"""Events arrive at least once, signed, and nobody's trouble is another's."""

import asyncio
import base64
import hashlib
import hmac
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from cdsc_server.connectors.http_caller import HttpCaller
from cdsc_server.ports import CallFault
from cdsc_server.services import outbox as outbox_desk
from cdsc_server.services.webhook_sending import CLAIM
from tests.api.webhooks.conftest import asked
from tests.support.receiver import receiving


def signed_by(secret, call):
    """One signature as Standard Webhooks has it, made apart from the code under test."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_an_event_says_what_happened_to_what_and_where_to_read_it(hook, send, tell, settings, clock):
    """Nothing of a Customer is in it."""
    tell("g1")
    send()

    call = hook.receiver.calls[-1]
    assert call.event == {
        "type": "grant.changed",
        "timestamp": "2026-03-01T12:00:00Z",
        "data": {"grant_id": "g1", "uri": f"{settings.base_url}/grants/g1"},
    }
    assert call.headers["content-type"] == "application/json"
    assert call.headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
    assert call.headers["webhook-signature"] == signed_by(hook.secret, call)


def test_a_new_secret_and_the_one_before_sign_side_by_side_for_a_while(hook, send, tell, clock, settings):
    new = hook.call("POST", "/secrets").json
    tell()
    send()
    both = hook.receiver.calls[-1]
    clock.advance(hours=settings.webhook_overlap_hours)
    tell()
    send()
    later = hook.receiver.calls[-1]

    assert new["secret"] != hook.secret
    assert new["former_secret_until"] == "2026-03-02T12:00:00Z"
    assert both.headers["webhook-signature"].split() == [signed_by(new["secret"], both), signed_by(hook.secret, both)]
    assert later.headers["webhook-signature"] == signed_by(new["secret"], later)


def test_only_what_was_asked_for_is_sent(hook, send, tell):
    hook.call("PATCH", events=["grant.revoked"])
    tell()

    assert (send(), hook.receiver.events()) == (0, [])


def test_what_fails_comes_again_with_its_id_until_it_arrives(hook, send, tell, clock, outbox):
    hook.receiver.answer = lambda _: (500, {}, b"")
    tell()
    assert send() == 0
    failing = hook.get()
    assert send() == 0
    clock.advance(seconds=13)
    hook.receiver.answer = lambda _: None
    assert send() == 1

    assert failing["fault"] == "the address answered 500"
    assert failing["failing_since"] == "2026-03-01T12:00:00Z"
    assert (hook.get()["fault"], hook.get()["failing_since"]) == (None, None)
    assert len({call.headers["webhook-id"] for call in hook.receiver.calls[1:]}) == 1
    assert len({call.body for call in hook.receiver.calls[1:]}) == 1
    assert [(row.status, row.attempts) for row in outbox()] == [("sent", 2)]


@pytest.mark.parametrize("asked", ["3600", "Sun, 01 Mar 2026 13:00:00 GMT"])
def test_a_receiver_says_how_long_to_wait(*, hook, send, tell, clock, outbox, asked):
    hook.receiver.answer = lambda _: (429, {"Retry-After": asked}, b"")
    tell()
    send()

    assert outbox()[-1].due == clock.now() + timedelta(hours=1)


def test_a_redirect_is_not_followed(hook, send, tell):
    """It could lead where no Client may have this server call."""
    hook.receiver.answer = lambda _: (307, {"Location": hook.receiver.url + "/elsewhere"}, b"")
    tell()
    assert send() == 0

    assert [call.path for call in hook.receiver.calls] == ["/hook", "/hook"]
    assert hook.get()["fault"] == "the address answered 307"


@dataclass
class Hanging:
    """A caller for which one address answers only after as many calls to others have come to an end."""

    caller: HttpCaller
    hangs: str
    others: int

    @asynccontextmanager
    async def calling(self):
        free = asyncio.Event()
        async with self.caller.calling() as real:

            async def call(url, headers, body):
                if url == self.hangs:
                    async with asyncio.timeout(60):
                        await free.wait()
                    raise CallFault("no answer")
                answer = await real(url, headers, body)
                self.others -= 1
                if self.others == 0:
                    free.set()
                return answer

            yield call


def test_a_receiver_that_hangs_holds_up_nobody_else(hook, send, tell, party):
    """It fills its own lane: more calls than fit side by side, and the others arrive meanwhile."""
    with receiving() as other:
        party.http.post("/webhooks", json={"url": other.url}, headers=party.bearer)
        send()
        for n in range(20):
            tell(f"g{n}")

        assert send(Hanging(HttpCaller(seconds=30, local=True), hook.receiver.url, others=20)) == 20
        assert sorted(each["data"]["grant_id"] for each in other.events()) == sorted(f"g{n}" for n in range(20))
    assert hook.get()["fault"] == "no answer"


def test_a_webhook_that_fails_for_days_is_disabled_and_its_client_told(*, hook, send, tell, clock, settings):
    hook.receiver.answer = lambda _: (503, {}, b"")
    tell("g1")
    for _ in range(settings.webhook_failing_days * 3 + 1):
        send()
        clock.advance(hours=8)

    assert hook.get()["status"] == "disabled"
    unread = asked(hook.party, "GET", "/messages").json["unread"]
    assert [each["name"] for each in unread if "Webhook" in each["name"]] == ["Webhook disabled"]
    calls = len(hook.receiver.calls)
    tell("g2")
    assert (send(), len(hook.receiver.calls)) == (0, calls)


def test_an_address_that_is_gone_is_disabled_at_once(hook, send, tell):
    hook.receiver.answer = lambda _: (410, {}, b"")
    tell()
    send()

    assert hook.get()["status"] == "disabled"


def test_after_its_last_try_an_event_is_put_aside_and_can_be_sent_again(
    *, app, hook, send, tell, clock, outbox, settings
):
    """By its Client, or by an operator who dropped nothing else."""
    tell("g1")
    tell("g2")
    hook.receiver.answer = lambda call: (500, {}, b"") if call.event["data"].get("grant_id") == "g1" else None
    for _ in range(settings.webhook_tries):
        tell("g3")
        send()
        clock.advance(hours=8)
    (dead,) = [row for row in outbox() if row.status == "dead"]
    hook.receiver.answer = lambda _: None
    with app.app_context():
        assert [each.outbox_id for each in outbox_desk.given_up().rows] == [dead.outbox_id]
        assert outbox_desk.retry([dead.outbox_id], actor="ops", clock=clock) == [dead.outbox_id]
    assert send() == 1

    assert dead.attempts == settings.webhook_tries
    assert hook.receiver.events()[-1]["data"]["grant_id"] == "g1"


def test_a_client_has_events_sent_again_since_an_instant(hook, send, tell, clock):
    tell("g1")
    send()
    clock.advance(minutes=5)
    tell("g2")
    send()
    since = clock.now().isoformat()

    assert hook.call("POST", "/replays", since=since).json == {"count": 1}
    assert send() == 1
    assert [each["data"]["grant_id"] for each in hook.receiver.events()] == ["g1", "g2", "g2"]
    assert hook.receiver.calls[-1].headers["webhook-id"] == hook.receiver.calls[-2].headers["webhook-id"]
    listed = hook.call("GET", "/deliveries?statuses=sent").json["deliveries"]
    assert sorted(each["type"] for each in listed) == ["grant.changed", "grant.changed", "webhook.verification"]


def test_what_a_dead_worker_claimed_is_sent_by_another(*, hook, send, tell, clock, outbox):
    tell()

    class Dying:
        def calling(self):
            return self

        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            return None

        async def __call__(self, *_):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(Dying())
    assert send() == 0
    clock.advance(CLAIM)
    assert send() == 1

    assert (outbox()[-1].status, outbox()[-1].attempts) == ("sent", 2)
