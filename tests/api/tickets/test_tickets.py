"""Support requests become tickets once, and what agents answer becomes Messages once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cdsc_server.app import ticket_desk
from cdsc_server.connectors.mail_desk import MailDesk
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import MailFault
from cdsc_server.services import clean_up, outbox, tickets
from cdsc_server.settings import Settings
from cdsc_server.storage.db import reading
from cdsc_server.storage.messages import MessageRow
from cdsc_server.storage.outbox import OutboxRow
from cdsc_server.storage.tickets import TicketNewsRow
from tests.factories.messages import Box
from tests.factories.oauth import register
from tests.support import requirement
from tests.support.zendesk import SECRET, TOKEN, event, signed

MAKING = ["GET /api/v2/tickets.json", "POST /api/v2/tickets.json"]


@pytest.fixture
def settings(settings, zendesk, tmp_path):
    """Waits of a minute, doubled, and three attempts."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "secret").write_text(SECRET)
    return replace(
        settings,
        tickets_url=zendesk.url,
        tickets_token_file=str(tmp_path / "token"),
        tickets_secret_file=str(tmp_path / "secret"),
        mail_tries=3,
        registrations_per_hour=10_000,
    )


@pytest.fixture
def box(app, clock):
    return Box(app, register(app.test_client(), client_name="Bright Bills"), clock)


@pytest.fixture
def hand_on(app, ports, settings, clock):
    """One run of the job; gives how many were handed on."""

    def hands_on(desk=None):
        with app.app_context():
            return tickets.hand_on_due(desk=desk or ports.desk, settings=settings, clock=clock)

    return hands_on


@pytest.fixture
def row(app):
    """What the outbox has of a Message."""

    def of(message):
        with app.app_context(), reading() as session:
            return session.get(OutboxRow, message["message_id"])

    return of


@pytest.fixture
def call(client, clock):
    """Have Zendesk call; gives the status."""

    def calls(kind, told, *, ticket="35", invocation="inv-1", late=timedelta(), **more):
        body = event(kind, ticket, told)
        headers = signed(body, at=clock.now() - late, invocation=invocation, **more)
        return client.post("/tickets/webhook", data=body, headers=headers).status_code

    return calls


def comment(text, *, public=True, staff=True):
    return {"comment": {"id": "1", "body": text, "is_public": public, "author": {"id": "9", "is_staff": staff}}}


def messages_of(box):
    """Every Message of the Client, the latest first."""
    listing = box.listing()
    return {each["message_id"]: each for part in ("outstanding", "unread", "read") for each in listing[part]}


def test_a_support_request_becomes_one_ticket(box, hand_on, zendesk, row):
    asked = box.posted("support_request", name="No readings", description="Since Monday nothing comes.")
    box.posted("private_message", description="Thank you.")

    assert (hand_on(), hand_on()) == (1, 0)
    (ticket,) = zendesk.tickets()
    assert ticket["external_id"] == f"cdsc-message-{asked['message_id']}"
    assert ticket["subject"] == "No readings"
    assert ticket["comment"]["body"].startswith("Since Monday nothing comes.\n\nFrom Bright Bills")
    assert f"/console/messages/{asked['message_id']}" in ticket["comment"]["body"]
    assert row(asked).status == "sent"


def test_what_amends_a_request_becomes_a_comment_once(box, hand_on, zendesk, clock):
    """Also when the first attempt dies after it made the comment."""
    asked = box.posted("support_request", description="Since Monday nothing comes.")
    assert hand_on() == 1
    box.posted("support_request", description="Tuesday neither.", previous_uri=asked["uri"])
    zendesk.hang_up_after(1)
    assert hand_on() == 0
    clock.advance(minutes=2)
    assert hand_on() == 1

    (ticket,) = zendesk.tickets()
    assert [each["body"].partition("\n")[0] for each in ticket["comments"]] == [
        "Since Monday nothing comes.",
        "Tuesday neither.",
    ]


def test_an_attempt_that_died_after_it_made_the_ticket_makes_no_second_one(box, hand_on, zendesk, row, clock):
    asked = box.posted("support_request")
    zendesk.hang_up_after(1)

    assert hand_on() == 0
    assert row(asked).fault == "Zendesk does not answer: ConnectionError"
    clock.advance(minutes=2)
    assert hand_on() == 1
    assert len(zendesk.tickets()) == 1
    assert zendesk.calls() == [*MAKING, "GET /api/v2/tickets.json"]


def test_a_worker_that_died_is_replaced_when_its_claim_is_over(app, box, hand_on, zendesk, clock):
    box.posted("support_request")

    class Dies:
        def open(self, ticket):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hand_on(Dies())

    assert hand_on() == 0
    clock.advance(minutes=10)
    assert hand_on() == 1
    assert len(zendesk.tickets()) == 1


def test_zendesk_is_left_alone_for_as_long_as_it_asks(box, hand_on, zendesk, row, clock):
    asked = box.posted("support_request")
    zendesk.plan({"status": 429, "headers": {"Retry-After": "1800"}})
    hand_on()

    assert row(asked).due == clock.now() + timedelta(minutes=30)
    clock.advance(minutes=29)
    assert hand_on() == 0
    assert len(zendesk.calls()) == 1
    clock.advance(minutes=1)
    assert hand_on() == 1


@pytest.mark.parametrize(("status", "attempts"), [(503, 3), (401, 3), (422, 1)])
def test_what_cannot_be_handed_on_is_given_up(*, app, box, hand_on, zendesk, row, clock, status, attempts):
    """A refusal of the ticket itself at once, anything else after the last attempt; then an operator is needed."""
    asked = box.posted("support_request")
    zendesk.plan(*[{"status": status}] * 5)
    for _ in range(5):
        hand_on()
        clock.advance(hours=2)

    assert (row(asked).status, row(asked).attempts) == ("dead", attempts)
    assert f"Zendesk answered {status}" in row(asked).fault
    with app.app_context(), reading() as session:
        assert session.get(MessageRow, asked["message_id"]).status == "pending", "the console still has it"


def test_operators_have_it_tried_again(*, app, box, hand_on, zendesk, row, clock):
    asked = box.posted("support_request")
    zendesk.plan({"status": 422})
    hand_on()
    with app.app_context():
        assert [each.outbox_id for each in outbox.given_up().rows] == [asked["message_id"]]
        outbox.retry(None, actor="command line", clock=clock)

    assert hand_on() == 1
    assert row(asked).status == "sent"


def test_what_an_agent_answers_reaches_the_client_once(box, hand_on, call):
    asked = box.posted("support_request", name="No readings")
    hand_on()

    assert [call("comment_added", comment("We look into it.")) for _ in range(3)] == [204, 204, 204]
    (answer,) = [each for each in messages_of(box).values() if each["previous_uri"] == asked["uri"]]
    assert (answer["type"], answer["description"]) == ("private_message", "We look into it.")
    assert (answer["name"], answer["read"]) == ("Re: No readings", False)
    assert box.get(asked)["status"] == "pending"


@requirement("WG1-02-6.2-04")
def test_a_solved_ticket_completes_the_request_once(box, hand_on, call):
    """Zendesk closes a solved ticket after some days: that is nothing new."""
    asked = box.posted("support_request")
    hand_on()

    assert call("status_changed", {"current": "SOLVED", "previous": "OPEN"}) == 204
    assert call("status_changed", {"current": "CLOSED", "previous": "SOLVED"}, invocation="inv-2") == 204
    assert box.get(asked)["status"] == "complete"
    assert [each["type"] for each in messages_of(box).values() if each["previous_uri"] == asked["uri"]] == [
        "request_update"
    ]


@pytest.mark.parametrize(
    ("kind", "told", "ticket"),
    [
        ("comment_added", comment("Between us: they do not pay.", public=False), "35"),
        ("comment_added", comment("I wrote this myself.", staff=False), "35"),
        ("comment_added", comment("Words.\n[cdsc-message-0a]"), "35"),
        ("comment_added", comment("About something else."), "77"),
        ("status_changed", {"current": "PENDING", "previous": "OPEN"}, "35"),
        ("priority_changed", {"current": "HIGH", "previous": "LOW"}, "35"),
    ],
)
def test_what_is_not_for_the_client_changes_nothing(*, box, hand_on, call, kind, told, ticket):
    box.posted("support_request")
    hand_on()
    before = messages_of(box)

    assert call(kind, told, ticket=ticket) == 204
    assert messages_of(box) == before


@pytest.mark.parametrize(
    "more",
    [{"secret": "another"}, {"late": timedelta(minutes=6)}, {"late": timedelta(minutes=-6)}],
    ids=["secret", "old", "future"],
)
def test_a_call_that_is_not_zendesks_changes_nothing(box, hand_on, call, more):
    box.posted("support_request")
    hand_on()
    before = messages_of(box)

    assert call("comment_added", comment("Send us your password."), **more) == 403
    assert messages_of(box) == before


def test_a_body_that_was_changed_on_the_way_is_refused(box, hand_on, client, clock):
    box.posted("support_request")
    hand_on()
    before = messages_of(box)
    yes = event("comment_added", "35", comment("Yes."))

    def sent(body, of):
        headers = signed(of, at=clock.now(), invocation="inv-1")
        return client.post("/tickets/webhook", data=body, headers=headers).status_code

    assert sent(yes.replace(b"Yes", b"No!"), yes) == 403
    assert sent(b"{}", b"{}") == 403, "signed, but no event"
    assert sent(b"", b"") == 204, "what a trigger without words sends"
    assert messages_of(box) == before


def test_what_was_told_is_forgotten_long_after_it_could_be_told_again(app, box, hand_on, call, clock):
    box.posted("support_request")
    hand_on()
    call("comment_added", comment("Done."))
    clock.advance(days=2)
    with app.app_context():
        clean_up.remove_ended(clock=clock)
        with reading() as session:
            assert session.query(TicketNewsRow).all() == []


class Post:
    """Satisfies `ports.Mailer`."""

    def __init__(self, fault=None):
        self.mails, self.fault = [], fault

    def send(self, mail):
        if self.fault:
            raise self.fault
        self.mails.append(mail)


def test_a_desk_that_reads_mail_gets_mails(box, hand_on, row, clock):
    asked = box.posted("support_request", name="No readings", description="Since <Monday> nothing comes.")
    post = Post()

    assert hand_on(MailDesk("desk@dge.example", mailer=post)) == 1
    (mail,) = post.mails
    assert mail.recipient == "desk@dge.example"
    assert mail.subject == f"[cdsc-message-{asked['message_id']}] No readings"
    assert "Since &lt;Monday&gt; nothing comes." in mail.html
    assert row(asked).status == "sent"


def test_a_desk_whose_mail_is_refused_is_told_of(box, hand_on, row):
    asked = box.posted("support_request")
    hand_on(MailDesk("desk@dge.example", mailer=Post(MailFault("the recipient was refused", hopeless=True))))

    assert (row(asked).status, row(asked).fault) == ("dead", "the recipient was refused")


def test_a_token_that_is_not_there_is_told_at_start(settings, tmp_path):
    with pytest.raises(InvalidConfiguration):
        ticket_desk(replace(settings, tickets_token_file=str(tmp_path / "none")), None)
    with pytest.raises(InvalidConfiguration):
        Settings.for_tests(tickets_url="mailto:desk@dge.example")


class TestWithoutADesk:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, tickets_url="")

    def test_nothing_is_mirrored_and_nobody_calls(self, box, row, call):
        asked = box.posted("support_request")

        assert row(asked) is None
        assert call("comment_added", comment("Hello.")) == 404
